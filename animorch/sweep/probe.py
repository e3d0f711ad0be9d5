"""Probe: one small frame of an experiment, which shows that a backend really renders."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from animorch.errors import AnimorchError
from animorch.plugin import Backend, Finding
from animorch.spec.render import RenderSpec

_SMALL = {"frames": 1, "steps": 1, "width": 64, "height": 64}
# What one frame cannot have, or what says nothing about the models.
_LEFT_OUT: dict[str, Any] = {
    "prompt_travel": {},
    "negative_travel": {},
    "travel": None,
    "window": None,
    "freeinit": None,
    "freenoise": None,
    "init": None,
    "mask": None,
    "controlnets": (),
    "sparse_control": None,
    "regions": (),
}


def probe_of(spec: RenderSpec) -> RenderSpec:
    """The same models and words, in one frame of 64 x 64 and one step."""
    return spec.model_copy(update=_SMALL | _LEFT_OUT)


def probed(backend: Backend, spec: RenderSpec) -> Finding:
    """Render the probe and say how it went; whatever goes wrong is the finding."""
    start = perf_counter()
    try:
        clip = backend.render(probe_of(spec), lambda step, total: None)
    except AnimorchError as error:
        return Finding("probe", False, f"one frame could not be rendered: {error}")
    except Exception as error:
        return Finding("probe", False, f"one frame could not be rendered: {type(error).__name__}: {error}")
    seconds, frame = perf_counter() - start, clip.frames
    size = f"{clip.width}x{clip.height}"
    if frame.min() == frame.max():
        return Finding(
            "probe", False, f"one frame of {size} came back in a single colour", "look at the model"
        )
    return Finding("probe", True, f"one frame of {size} with one step was rendered in {seconds:.1f} s")
