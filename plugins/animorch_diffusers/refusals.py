"""Refusals: every reason, known before a render, why this backend cannot make a clip."""

from __future__ import annotations

from collections.abc import Iterator

from animorch import RenderSpec
from animorch_diffusers.device import installed
from animorch_diffusers.inputs.refusals import input_problems
from animorch_diffusers.sampling import sampling_problems
from animorch_diffusers.together import togetherness_problems
from animorch_diffusers.weighing import weight_problems

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
    yield from weight_problems(spec, offline)
    yield from input_problems(spec, offline)
    yield from togetherness_problems(spec)


def _fields(spec: RenderSpec) -> Iterator[str]:
    for side in ("width", "height"):
        size = getattr(spec, side)
        if size % 8:
            yield (
                f"{side}={size} is not a multiple of 8, which the VAE needs; use "
                f"{side}={max(8, round(size / 8) * 8)}"
            )
