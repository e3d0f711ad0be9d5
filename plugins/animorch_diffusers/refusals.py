"""Refusals: every reason, known before a render, why this backend cannot make a clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from animorch import RenderSpec, UsageError, WeightsError
from animorch_diffusers.checkpoint import config_folder, no_config
from animorch_diffusers.device import installed
from animorch_diffusers.layout import layout_of
from animorch_diffusers.sampling import sampling_problems
from animorch_diffusers.sources import hub_is_off, source_problems
from animorch_diffusers.tensors import shapes_in

_NEEDS = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors")


def library_problems() -> Iterator[str]:
    """A sentence for the libraries that are missing; without them nothing else can be said for sure."""
    missing = [package for package in _NEEDS if installed(package) is None]
    if missing:
        yield (
            f"backend=diffusers needs {', '.join(missing)}, not installed here; run: pip install "
            "'animorch[diffusers]', or try animorch without weights: backend=testcard"
        )


def format_problems(device: str, dtype: str) -> Iterator[str]:
    """A sentence for a number format that the device cannot carry."""
    if device == "cpu" and dtype == "fp16":
        yield (
            "backend.dtype=fp16 on the CPU is about 60 times slower than fp32; set backend.dtype=auto, "
            "fp32 or bf16"
        )


def spec_problems(spec: RenderSpec, offline: bool) -> Iterator[str]:
    """A sentence for each field of the spec that cannot be honoured."""
    yield from _fields(spec)
    yield from sampling_problems(spec)
    yield from source_problems(spec.checkpoint, "checkpoint", offline)
    yield from _configs(spec, offline)
    yield from source_problems(spec.motion, "motion", offline)
    yield from _module(spec)
    for kind in ("loras", "motion_loras"):
        for place, lora in enumerate(getattr(spec, kind)):
            yield from source_problems(lora, f"{kind}[{place}]", offline)


def _fields(spec: RenderSpec) -> Iterator[str]:
    if spec.motion.base == "sdxl" or spec.motion.family in ("sdxl", "hotshot"):
        yield (
            f"motion={spec.motion.name} is of the family {spec.motion.family} for {spec.motion.base}, "
            "which the diffusers backend does not render yet; choose an sd15 module (v1, v2, v3)"
        )
    if spec.window is not None:
        yield (
            "window is not honoured by the diffusers backend yet; take window out and keep frames within "
            "the module's table, or choose backend=comfyui"
        )
    if spec.prompt_travel:
        yield (
            "prompt_travel is not honoured by the diffusers backend yet; take it out, or choose "
            "backend=comfyui"
        )
    for side in ("width", "height"):
        size = getattr(spec, side)
        if size % 8:
            yield (
                f"{side}={size} is not a multiple of 8, which the VAE needs; use "
                f"{side}={max(8, round(size / 8) * 8)}"
            )


def _configs(spec: RenderSpec, offline: bool) -> Iterator[str]:
    """Of a single checkpoint file: where its configs and tokenizer come from."""
    checkpoint = spec.checkpoint
    if checkpoint.config is not None:
        folder = _found(checkpoint.local_config)
        if folder is None or not (folder / "model_index.json").is_file():
            yield f"checkpoint.config={checkpoint.config} has no model_index.json; give a diffusers folder"
        return
    single = checkpoint.file if checkpoint.path is None else checkpoint.path
    is_file = single is not None and Path(single).suffix.lower() in (".safetensors", ".ckpt")
    if (
        is_file
        and (offline or hub_is_off())
        and installed("huggingface_hub")
        and config_folder(checkpoint, True) is None
    ):
        yield no_config(checkpoint)


def _found(place: Callable[[], Path | None]) -> Path | None:
    """A local path, or None where nothing is there."""
    try:
        return place()
    except UsageError:
        return None


def _module(spec: RenderSpec) -> Iterator[str]:
    """What the header of a motion .safetensors tells: another kind of file, or too short a table."""
    path = _found(spec.motion.local) if spec.motion.path else None
    if path is None or path.suffix.lower() != ".safetensors" or not path.is_file():
        return
    try:
        shapes = {key.removeprefix("module."): shape for key, shape in shapes_in(path).items()}
    except (WeightsError, OSError):
        return  # said by source_problems
    try:
        table = layout_of(shapes, f"motion={spec.motion.name}").table
    except WeightsError as error:
        yield str(error)
        return
    if table is not None and spec.frames > table and spec.window is None:
        yield (
            f"frames={spec.frames} is more than the {table} that motion={spec.motion.name} has positions "
            "for; lower frames"
        )
