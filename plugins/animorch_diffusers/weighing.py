"""Weighing: every weight file of a spec, looked at before a render, by its header and without torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from animorch import Checkpoint, MotionModule, RenderSpec, UsageError, WeightsError
from animorch_diffusers.embeddings import embedding_problems
from animorch_diffusers.families import family_in, family_of, lora_problems, misfit
from animorch_diffusers.layout import base_problem, layout_of
from animorch_diffusers.lora_blocks import block_problems, levels_of
from animorch_diffusers.sources import header_of, source_problems
from animorch_diffusers.vae import vae_problems


def weight_problems(spec: RenderSpec, offline: bool) -> Iterator[str]:
    """A sentence for each file that is missing, damaged, of another kind or made for another base."""
    yield from source_problems(spec.checkpoint, "checkpoint", offline)
    yield from _checkpoint(spec.checkpoint)
    yield from source_problems(spec.motion, "motion", offline)
    yield from _motion(spec.motion, spec)
    if spec.vae is not None:
        yield from source_problems(spec.vae, "vae", offline)
        yield from vae_problems(spec.vae)
    yield from _added(spec, offline)


def _added(spec: RenderSpec, offline: bool) -> Iterator[str]:
    base = spec.checkpoint.base
    for kind in ("loras", "motion_loras"):
        for place, lora in enumerate(getattr(spec, kind)):
            label = f"{kind}[{place}]"
            yield from source_problems(lora, label, offline)
            yield from lora_problems(lora, label, header_of(lora) or {}, base)
            yield from block_problems(lora, label, levels_of(base))
    for place, embedding in enumerate(spec.embeddings):
        label = f"embeddings[{place}]"
        yield from source_problems(embedding, label, offline)
        yield from embedding_problems(embedding, label, base)


def _checkpoint(checkpoint: Checkpoint) -> Iterator[str]:
    """Of a local checkpoint: its family, and the folder of configs that it is to be read by."""
    try:
        folder = checkpoint.local_config()
        if folder is not None and not (folder / "model_index.json").is_file():
            yield f"checkpoint.config={checkpoint.config} has no model_index.json; give a diffusers folder"
        path = checkpoint.local() if checkpoint.path else None
    except UsageError as error:
        if checkpoint.config is not None and checkpoint.config in str(error):
            yield f"checkpoint.config: {error}"
        return  # a missing path is said by source_problems
    try:
        sentence = misfit(checkpoint, _family(checkpoint, path)) if path is not None else None
    except WeightsError as error:
        sentence = f"checkpoint={checkpoint.name}: {error}"
    except LookupError:
        return
    if sentence:
        yield sentence


def _family(checkpoint: Checkpoint, path: Path) -> str:
    """Raises LookupError where neither header nor configs tell it, which is no fault."""
    if path.is_dir():
        if not (path / "unet" / "config.json").is_file():
            raise LookupError
        return family_in(path)
    shapes = header_of(checkpoint)
    if not shapes:
        raise LookupError
    return family_of(shapes, str(path))


def _motion(motion: MotionModule, spec: RenderSpec) -> Iterator[str]:
    """What the header of a motion file tells: another kind of file, another base, too short a table."""
    shapes = header_of(motion)
    if not shapes:
        return
    try:
        layout = layout_of(shapes, f"motion={motion.name}")
    except WeightsError as error:
        yield str(error)
        return
    if sentence := base_problem(motion.name, motion.base, layout):
        yield sentence
    if sentence := spec.too_long(layout.table):
        yield sentence
