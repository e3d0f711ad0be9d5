"""Motion: the module by its file's name, and what the extension fixes for every module of a kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from animorch import RenderSpec
from animorch_a1111.matching import base, candidates, option, stem
from animorch_a1111.windows import context

# Positions that the extension builds for a kind; a file with another count does not load.
_TABLES = {"v1": 24, "hotshot": 24, "v2": 32, "v3": 32, "sdxl": 32}
_MOST = 64  # AnimateLCM's, the longest
_ITSELF = {"v1": "clip", "hotshot": "clip", "v2": "frame", "v3": "frame", "sdxl": "frame"}  # GroupNorm


def motion_file(spec: RenderSpec, models: Mapping[str, str]) -> str:
    """The name that is sent: with its ending, as the extension asks.

    There is no list to look in, so it is what backend.models says, or the file that the spec names, or else
    `NAME.safetensors`; whether the server has it the reply tells.
    """
    motion = spec.motion
    if motion.name in models:
        return models[motion.name]
    named = (one for one in candidates(motion, models) if stem(base(one)) != base(one))
    return next(named, f"{motion.name}.safetensors")


def file_problems(spec: RenderSpec, models: Mapping[str, str]) -> Iterator[str]:
    """A server's name that cannot be a file's."""
    file = motion_file(spec, models)
    if stem(file) == file:
        yield (
            f"{option(spec.motion, file)} has no ending; write the file's whole name, as in "
            f"{option(spec.motion, f'{file}.safetensors')}"
        )


def motion_problems(spec: RenderSpec) -> Iterator[str]:
    """Fields of the module that the extension decides by itself."""
    motion = spec.motion
    if spec.motion_scale != 1.0:
        yield (
            f"motion_scale={spec.motion_scale} is something sd-webui-animatediff does not have; set it to 1, "
            "or use backend=diffusers or backend=comfyui"
        )
    fixed = ("scaled_linear", 0.00085, 0.02) if motion.family == "sdxl" else ("linear", 0.00085, 0.012)
    found = (motion.beta_schedule, motion.beta_start, motion.beta_end)
    if found != fixed:
        said = [f"{key}={value:g}" for key, value in zip(("beta_start", "beta_end"), fixed[1:], strict=True)]
        yield (
            f"motion={motion.name} was made for beta_schedule={found[0]} from {found[1]:g} to {found[2]:g}, "
            f"and the extension forces {fixed[0]} from {fixed[1]:g} to {fixed[2]:g} on it; set "
            f"motion.beta_schedule={fixed[0]} motion.{' motion.'.join(said)} to accept that"
        )
    yield from _table(spec)
    yield from _group_norm(spec)


def _table(spec: RenderSpec) -> Iterator[str]:
    motion = spec.motion
    most = _TABLES.get(motion.family, _MOST)
    if motion.table is not None and motion.table > most:
        yield (
            f"motion={motion.name} has {motion.table} positions and the extension builds {most} for family "
            f"{motion.family}, so it cannot load it; use backend=diffusers or backend=comfyui"
        )
    elif context(spec) > most:
        name = "window.length" if spec.window else "frames"
        yield (
            f"{name}={context(spec)} is more than the {most} frames that the extension takes at once with "
            f"motion={motion.name}; set window.length={min(most, motion.trained_frames)}"
        )


def _group_norm(spec: RenderSpec) -> Iterator[str]:
    itself = _ITSELF.get(spec.motion.family)
    if spec.group_norm is not None and spec.group_norm != itself:
        does = f"normalises by {itself} for family {spec.motion.family}" if itself else "decides by the file"
        yield (
            f"group_norm={spec.group_norm} cannot be chosen in sd-webui-animatediff, which {does}; set "
            f"group_norm={itself or 'null'}"
        )
