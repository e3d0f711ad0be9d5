"""Refusals: what is wrong with a spec's pictures and control weights, told without a heavy library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from animorch import (
    ControlNet,
    IPAdapter,
    MediaError,
    RenderSpec,
    SparseControl,
    UsageError,
    Weights,
    WeightsError,
)
from animorch_diffusers.inputs.control_layout import NAMES, Control, Kind, base_of, control_of
from animorch_diffusers.inputs.encoder import encoder_folder
from animorch_diffusers.inputs.look import needs_faces, no_faces
from animorch_diffusers.inputs.pictures import image, refuse_short
from animorch_diffusers.inputs.start import steps_left
from animorch_diffusers.sources import header_of, source_problems


def input_problems(spec: RenderSpec, offline: bool) -> Iterator[str]:
    """A sentence for each input that cannot be honoured."""
    yield from _start(spec)
    for place, net in enumerate(spec.controlnets):
        yield from _controlnet(spec, net, f"controlnets[{place}]", offline)
    if spec.sparse_control is not None:
        yield from _sparse(spec, spec.sparse_control, offline)
    for place, adapter in enumerate(spec.ip_adapters):
        yield from _adapter(spec, adapter, f"ip_adapters[{place}]", offline)
    for place, region in enumerate(spec.regions):
        yield from _film(region.mask, f"regions[{place}].mask", spec.frames)


def _start(spec: RenderSpec) -> Iterator[str]:
    if spec.init is not None:
        yield from _film(spec.init.path, "init", spec.frames)
        if steps_left(spec.steps, spec.init.strength) < 1:
            yield (
                f"init.strength={spec.init.strength} of steps={spec.steps} leaves no step to do; set "
                f"init.strength={1 / spec.steps:.3g} or more, or raise steps"
            )
    if spec.mask is not None:
        if spec.init is None:
            yield "mask keeps the black part as init is, and there is no init; set init.path=IMAGE_OR_VIDEO"
        yield from _film(spec.mask.path, "mask", spec.frames)


def _film(path: str, label: str, frames: int) -> Iterator[str]:
    try:
        refuse_short(path, frames)
    except (UsageError, MediaError) as error:
        yield f"{label}: {error}"


def _images(paths: Iterable[tuple[str, str]]) -> Iterator[str]:
    for label, path in paths:
        try:
            image(path)
        except (UsageError, MediaError) as error:
            yield f"{label}: {error}"


def _controlnet(spec: RenderSpec, net: ControlNet, label: str, offline: bool) -> Iterator[str]:
    yield from source_problems(net, label, offline)
    yield from _film(net.pictures, f"{label}.pictures", spec.frames)
    if net.base != spec.checkpoint.base:
        yield (
            f"{label}={net.name} is for base {net.base} and checkpoint={spec.checkpoint.name} is of base "
            f"{spec.checkpoint.base}; choose a ControlNet for {spec.checkpoint.base}, or set its base where "
            "it is one"
        )
    if net.start >= net.end:
        yield f"{label}: start={net.start} is not before end={net.end}, so it would never act; lower start"
    yield from _header(spec, net, label, ("controlnet",))


def _sparse(spec: RenderSpec, sparse: SparseControl, offline: bool) -> Iterator[str]:
    label = "sparse_control"
    yield from source_problems(sparse, label, offline)
    if spec.checkpoint.base == "sdxl":
        yield (
            f"{label} is for checkpoints of base sd15 and checkpoint={spec.checkpoint.name} is of base sdxl; "
            "take it out, or choose an sd15 checkpoint with motion=v3"
        )
    for number in sparse.keyframes:
        if not -spec.frames <= number < spec.frames:
            yield (
                f"{label}.keyframes has frame {number} and the clip has frames 0 to {spec.frames - 1} "
                "(-1 is the last); move it, or raise frames"
            )
    yield from _images((f"{label}.keyframes[{number}]", path) for number, path in sparse.keyframes.items())
    yield from _header(spec, sparse, label, (sparse.kind,))


def _adapter(spec: RenderSpec, adapter: IPAdapter, label: str, offline: bool) -> Iterator[str]:
    yield from source_problems(adapter, label, offline)
    if adapter.path is None and adapter.repo is not None and adapter.file is None:
        yield f"{label}={adapter.name}: a repository holds several adapters; name one with {label}.file=FILE"
    named = [(f"{label}.images[{place}]", path) for place, path in enumerate(adapter.images)]
    yield from _images([*named, *([(f"{label}.mask", adapter.mask)] if adapter.mask else [])])
    yield from _encoder(adapter, label)
    yield from _header(spec, adapter, label, ("ip_adapter",))


def _encoder(adapter: IPAdapter, label: str) -> Iterator[str]:
    encoder = adapter.encoder
    if encoder is not None and encoder.path is None and encoder.repo is None:
        yield f"{label}.encoder={encoder.name} has neither a path nor a repo; set one"
        return
    try:
        folder = encoder_folder(adapter)
    except UsageError as error:
        if encoder is not None:  # a missing adapter is told by source_problems
            yield f"{label}.encoder: {error}"
        return
    if folder is not None and not (folder / "config.json").is_file():
        yield (
            f"{label}={adapter.name} needs the image encoder it was trained with, and {folder} is no such "
            f"folder; set {label}.encoder to one, as in encoder: {{name: vit, path: FOLDER}}"
        )


def _header(spec: RenderSpec, source: Weights, label: str, wanted: tuple[Kind, ...]) -> Iterator[str]:
    """What the header of a file tells: another kind, another base, too short a table."""
    shapes = header_of(source)
    if not shapes:
        return
    try:
        control = control_of(shapes, f"{label}={source.name}")
    except WeightsError as error:
        yield str(error)
        return
    if control.kind not in wanted:
        found = NAMES[control.kind]
        yield f"{label}={source.name} is {found}, not {NAMES[wanted[0]]}; {_cure(control, label)}"
    elif control.kind == "ip_adapter" and needs_faces(shapes):
        yield no_faces(f"{label}={source.name}")
    base = base_of(control.width)
    if base is not None and spec.checkpoint.base != "embedded" and base != spec.checkpoint.base:
        yield (
            f"{label}={source.name} reads the text of {base} and checkpoint={spec.checkpoint.name} is of "
            f"base {spec.checkpoint.base}; choose one made for it"
        )
    span = min(spec.window.length, spec.frames) if spec.window else spec.frames
    if control.table is not None and span > control.table:
        yield (
            f"{label}={source.name} has positions for {control.table} frames and {span} are rendered at "
            f"once; set window.length={control.table} or lower it"
        )


def _cure(control: Control, label: str) -> str:
    """Where such a file belongs."""
    if control.kind in ("rgb", "scribble"):
        if label == "sparse_control":
            return f"set sparse_control.kind={control.kind}"
        return "name it in sparse_control"
    return "name it in controlnets" if control.kind == "controlnet" else "name it in ip_adapters"
