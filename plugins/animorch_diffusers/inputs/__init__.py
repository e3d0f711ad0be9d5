"""Inputs: what a clip is made from besides words: pictures, masks, and networks that follow pictures.

`inputs_for` (inputs/inputs.py) gathers a spec's; the denoising loop asks it before, within and after a step
and never knows which there are. `loaded_key` and `put_on` are for what becomes part of the UNet.
"""

from animorch_diffusers.inputs.look import loaded_key, put_on

__all__ = ["loaded_key", "put_on"]
