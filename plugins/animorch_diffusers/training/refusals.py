"""Refusals: what can be known to be wrong with a training before its first step, without torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from animorch import AnimorchError, MotionModule
from animorch_diffusers.device import installed, resolve_device
from animorch_diffusers.training.recipe import Validation
from animorch_diffusers.training.source import clips_of

if TYPE_CHECKING:
    from animorch_diffusers.training.run import Run

_NEEDS = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors")


def machine_problems(run: Run) -> Iterator[str]:
    """Libraries, device, number format and optimiser that do not go together here."""
    missing = [package for package in _NEEDS if installed(package) is None]
    if missing:
        yield (
            f"mode={run.name} needs {', '.join(missing)}, not installed here; run: pip install "
            '"animorch[diffusers]"'
        )
    on = resolve_device(run.device)
    if run.device == "cuda" and resolve_device("auto") != "cuda":
        yield (
            "device=cuda was asked for, and this machine has no NVIDIA card or its torch is built without "
            "CUDA; set device=cpu, or install the torch build for your card (pytorch.org/get-started)"
        )
    if run.precision == "fp16" and on != "cuda":
        yield f"precision=fp16 needs CUDA and the device here is {on}; set precision=bf16 or fp32"
    if run.optimiser.name == "adamw8bit":
        yield from _eight_bit_problems(on)


def _eight_bit_problems(on: str) -> Iterator[str]:
    if on != "cuda":
        yield f"optimiser.name=adamw8bit needs CUDA and the device here is {on}; set optimiser.name=adamw"
    if installed("bitsandbytes") is None:
        yield (
            "optimiser.name=adamw8bit needs bitsandbytes, not installed here; run: pip install bitsandbytes, "
            "or set optimiser.name=adamw"
        )


def data_problems(run: Run) -> Iterator[str]:
    """No clips, clips from two places, or clips that their source cannot give."""
    if (run.data.folder is None) == (run.data.source is None):
        found = "neither is set" if run.data.folder is None else "both are set"
        yield f"clips come from data.folder or data.source, and {found}; set one, as in data.folder=clips"
        return
    try:
        count = len(clips_of(run.data, run.seed))
    except AnimorchError as error:
        yield str(error)
        return
    if count == 0:
        yield "the data has no clips in it; check data.folder, or data.options of data.source"


def validation_problems(validation: Validation, table: int | None) -> Iterator[str]:
    """Validation clips that could not be rendered. table: positions that the motion module has."""
    if validation.every and not validation.prompts:
        yield f"validation.every={validation.every} has nothing to render; give validation.prompts=[…]"
    if table is not None and validation.frames > table:
        yield (
            f"validation.frames={validation.frames} is more than the {table} positions of the motion module; "
            "lower it"
        )
    for side in ("width", "height"):
        size = getattr(validation, side)
        if size is not None and size % 8:
            yield f"validation.{side}={size} is not a multiple of 8, which the VAE needs; use {size // 8 * 8}"


def module_problems(motion: MotionModule, run: Run, multiplier: int) -> Iterator[str]:
    """A motion module that cannot be trained here, or not at this length."""
    if motion.base == "sdxl" or motion.family in ("sdxl", "hotshot"):
        yield (
            f"motion={motion.name} is of the family {motion.family} for {motion.base}, which cannot be "
            "trained yet; choose an sd15 module (v1, v2, v3)"
        )
    table = None if motion.table is None else motion.table * multiplier
    if run.data.folder is not None and table is not None and run.data.frames > table:
        yield (
            f"data.frames={run.data.frames} is more than the {table} that motion={motion.name} has positions "
            "for; lower data.frames, or raise position_multiplier in mode=motion"
        )


def folder_problems(option: str, folder: Path | None, inside: tuple[str, ...]) -> Iterator[str]:
    """A folder of finished parts that is not there, or lacks the files it is known by."""
    if folder is None:
        return
    lacking = [name for name in inside if not (folder.expanduser() / name).exists()]
    if lacking:
        yield f"{option}={folder} has no {lacking[0]}; give the folder that a finished training wrote"
