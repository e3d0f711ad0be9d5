"""Values: how a graph's inputs are read in a RenderSpec's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from animorch import RenderSpec, Window
from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.bound import Bound
from animorch_comfyui.workflow.models import Chained
from animorch_comfyui.workflow.names import Target, inputs_of
from animorch_comfyui.workflow.prompts import Encoder
from animorch_comfyui.workflow.schedule_text import parsed, parts

UNNAMED = "workflow"  # the name of models that a workflow has and nothing says which
WINDOWS: Mapping[str, str | None] = {  # the class of a context's options → the schedule of its windows
    "ADE_LoopedUniformContextOptions": None,
    "ADE_AnimateDiffUniformContextOptions": None,
    "ADE_StandardUniformContextOptions": "uniform",
    "ADE_StandardStaticContextOptions": "static",
    "ADE_BatchedContextOptions": "batched",
}
_FUSES = {"ADE_AnimateDiffUniformContextOptions": "flat"}  # where a node is told none
_WORDS = ("sampler", "schedule")
NUMBERS = ("seed", "steps", "cfg", "width", "height", "frames", "motion_scale", "clip_skip")
_PROMPTS = ("prompt", "negative_prompt", "prompt_travel", "negative_travel")


def value_at(graph: Graph, target: Target) -> Any:
    """The value that is written at one input."""
    return inputs_of(graph, target.node)[target.input]


def values_of(graph: Graph, found: Bound) -> dict[str, Any]:
    """The graph's own value of every bound field; one that no RenderSpec can have is left out."""
    values = dict(_plain(graph, found))
    values |= _prompts(graph, found, values.get("frames"))
    if found.loras:
        values["loras"] = [_lora(graph, link) for link in found.loras]
    if found.motion_loras:
        values["motion_loras"] = [_lora(graph, link) for link in found.motion_loras]
    if (window := _window(graph, found)) is not None:
        values["window"] = window
    values = _with_bases(values)
    if "clip_skip" in values:
        values["clip_skip"] -= layer_offset(values.get("checkpoint", {}).get("base"))
    return {name: value for name, value in values.items() if _can(name, value)}


def layer_offset(base: str | None) -> int:
    """SDXL was trained on the text encoder's last layer but one, from where clip_skip counts."""
    return int(base == "sdxl")


def neutral() -> dict[str, Any]:
    """What a spec says where a workflow has no place for a field: nothing is asked of it."""
    usual = RenderSpec.model_fields
    names = (*NUMBERS, *_WORDS, "prompt", "negative_prompt")
    return {name: usual[name].default for name in names}


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with the neutral one where there is none."""
    unnamed: dict[str, Any] = {"checkpoint": {"name": UNNAMED}, "motion": {"name": UNNAMED}}
    return _with_bases({**unnamed, **neutral(), **values})


def as_word(name: str) -> str:
    """A sampler or schedule as a RenderSpec writes it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower().replace("+", "p"))


def weights_at(file: str) -> dict[str, Any]:
    """A file of the server's as weights: its name is without ending, and with the subfolder."""
    plain = file.replace("\\", "/")
    stem, _, ending = plain.rpartition(".")
    return {"name": plain if "/" in ending or not stem else stem, "file": file}


def _plain(graph: Graph, found: Bound) -> Iterator[tuple[str, Any]]:
    for name in (*NUMBERS, *_WORDS, "checkpoint", "vae", "motion"):
        if (target := found.first(name)) is None:
            continue
        value = value_at(graph, target)
        if name in NUMBERS:
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                value = int(value) if isinstance(value, float) and value.is_integer() else value
                yield name, -value if name == "clip_skip" else value
        elif isinstance(value, str) and value:
            yield name, as_word(value) if name in _WORDS else weights_at(value)


def _prompts(graph: Graph, found: Bound, frames: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text, name, travel in (
        (found.positive, "prompt", "prompt_travel"),
        (found.negative, "negative_prompt", "negative_travel"),
    ):
        told = text and texts_of_encoder(graph, text)
        if isinstance(told, str):
            values[name] = told
        elif told and len(set(told.values())) == 1:
            values[name] = next(iter(told.values()))
        elif told and all(frame < (frames or len(told)) for frame in told):
            values |= {name: "", travel: told}
    return values


def texts_of_encoder(graph: Graph, text: Encoder) -> str | dict[int, str] | None:
    """What an encoder is told, by frame where it is a schedule; None when that cannot be read."""
    said = value_at(graph, text.targets[0])
    if not isinstance(said, str):
        return None  # a bind's, joined to what works it out
    if not text.scheduled:
        return said
    if text.part and holds_negative_elsewhere(graph, text):
        return None
    listed = parsed(said)
    if listed is None or not text.both:
        return listed
    return {frame: parts(prompt)[text.part] for frame, prompt in listed.items()}


def holds_negative_elsewhere(graph: Graph, text: Encoder) -> bool:
    """Whether --neg stands in what a schedule says before or after every prompt."""
    beside = (inputs_of(graph, text.node).get(name) for name in ("pre_text", "app_text"))
    return any(isinstance(said, list) or "--neg" in str(said or "") for said in beside)


def _lora(graph: Graph, link: Chained) -> dict[str, Any]:
    return weights_at(str(value_at(graph, link.file))) | {"weight": value_at(graph, link.strengths[0])}


def _window(graph: Graph, found: Bound) -> dict[str, Any] | None:
    """The window as a RenderSpec has it; None when there is none or it is none of its kinds."""
    kind = graph[found.window]["class_type"] if found.window else ""
    names = [name.partition(".")[2] for name in found.fields if name.startswith("window.")]
    if "length" not in names:
        return None
    told = {name: value_at(graph, found.fields[f"window.{name}"][0]) for name in names}
    if isinstance(told.get("fuse"), str):
        told["fuse"] = told["fuse"].replace("-", "_")
    told = {"fuse": _FUSES.get(kind, "pyramid"), **told, "schedule": WINDOWS.get(kind)}
    if "overlap" not in told and isinstance(told["length"], int):
        told["overlap"] = min(4, told["length"] - 1)
    try:
        return Window(**told).model_dump()
    except ValidationError:
        return None


@lru_cache(maxsize=64)
def _kind(name: str) -> TypeAdapter[Any]:
    field = RenderSpec.model_fields[name]
    kind: Any = field.annotation
    return TypeAdapter(Annotated[(kind, *field.metadata)] if field.metadata else kind)


def _can(name: str, value: Any) -> bool:
    try:
        _kind(name).validate_python(value)
    except ValidationError:
        return False
    return True


def _with_bases(values: Mapping[str, Any]) -> dict[str, Any]:
    """The family of the models, by their names: that is all that a graph tells."""
    files = [str(values[name].get("file", "")) for name in ("checkpoint", "motion") if name in values]
    large = any(re.search(r"xl|hotshot", file, re.IGNORECASE) for file in files)
    base = {"base": "sdxl" if large else "sd15"}
    return {
        name: value | base if name in ("checkpoint", "motion") else value for name, value in values.items()
    }
