"""Offload: weights wait in the system's memory and visit the card only while they are needed.

The same kernels work on the same numbers, so pixels stay as they are and nothing of it is in a key.
"""

from __future__ import annotations

from typing import Any

from animorch_diffusers.estimate import Offload

_ATTRIBUTE = "_animorch_offload"


def put_away(pipe: Any, offload: Offload, device: Any) -> None:
    """Let the pipeline's models, all in the system's memory, visit `device` when they work.

    model: one whole model at a time. sequential: one layer at a time, for the least memory and the longest
    time. group: one layer at a time, and the next is fetched while it works. Doing it again changes nothing.
    """
    if offload == "none" or vars(pipe).get(_ATTRIBUTE) == offload:
        return
    if offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    else:
        pipe.enable_group_offload(device, offload_type="leaf_level", use_stream=device.type == "cuda")
    setattr(pipe, _ATTRIBUTE, offload)
