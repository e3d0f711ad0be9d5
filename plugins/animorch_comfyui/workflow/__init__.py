"""Workflow: a sweep over a person's own ComfyUI graph.

`Workflow.read` takes it out of a file, `said` gives its values in a RenderSpec's words, `bound` writes a
RenderSpec into a copy of it, and everything else of it stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from animorch import AnimorchError, RenderSpec, Unsupported
from animorch_comfyui.built import Built, Graph
from animorch_comfyui.graph.uploaded import FOLDER
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.bound import Bound, bindings
from animorch_comfyui.workflow.check import refused_literals
from animorch_comfyui.workflow.names import inputs_of, title_of
from animorch_comfyui.workflow.output import add_frames
from animorch_comfyui.workflow.packs import missing
from animorch_comfyui.workflow.sampler import samplers
from animorch_comfyui.workflow.sets import put_sets
from animorch_comfyui.workflow.source import Workflow
from animorch_comfyui.workflow.trace import above
from animorch_comfyui.workflow.values import completed, value_at, values_of
from animorch_comfyui.workflow.writing import Writing, loaded

__all__ = ["Workflow", "beginning", "bound", "said", "workflow_problems"]


def said(
    workflow: Workflow,
    binds: Mapping[str, Any],
    offers: Offers | None = None,
    output: str | None = None,
) -> dict[str, Any]:
    """Values of RenderSpec fields that the workflow gives; of a field without a place the neutral one.

    Raises UsageError for a bind that fits nothing, or a workflow in the editor's format without `offers`.
    """
    graph = workflow.graph(offers)
    return completed(values_of(graph, bindings(graph, binds, output)))


def beginning(
    workflow: Workflow,
    binds: Mapping[str, Any],
    offers: Offers | None = None,
    output: str | None = None,
) -> dict[str, Any]:
    """`init` without its path: the strength that a clip begun with another picture has in the workflow."""
    graph = workflow.graph(offers)
    found = bindings(graph, binds, output)
    place = found.first("init.strength") if "init.path" in found.fields else None
    value = value_at(graph, place) if place else None
    return {"init": {"strength": value}} if isinstance(value, (int, float)) and 0 < value <= 1 else {}


def bound(
    workflow: Workflow,
    spec: RenderSpec,
    offers: Offers | None,
    sets: Mapping[str, Any],
    binds: Mapping[str, Any],
    output: str | None,
    models: Mapping[str, str],
) -> Built:
    """The workflow with the spec's values and `sets` in it, and a SaveImage of ours beside its own outputs.

    Raises Unsupported with a sentence for everything that it cannot honour.
    """
    built, problems = _written(workflow, spec, offers, sets, binds, output, models)
    if problems or built is None:
        raise Unsupported("; ".join(problems))
    return built


def workflow_problems(
    workflow: Workflow,
    spec: RenderSpec,
    offers: Offers | None,
    sets: Mapping[str, Any],
    binds: Mapping[str, Any],
    output: str | None,
    models: Mapping[str, str],
) -> list[str]:
    """A sentence for everything of the spec, the options and the server that stands in the way."""
    return _written(workflow, spec, offers, sets, binds, output, models)[1]


def _written(
    workflow: Workflow,
    spec: RenderSpec,
    offers: Offers | None,
    sets: Mapping[str, Any],
    binds: Mapping[str, Any],
    output: str | None,
    models: Mapping[str, str],
) -> tuple[Built | None, list[str]]:
    try:
        graph = workflow.graph(offers)
        found = bindings(graph, binds, output)
        if offers is not None and (lacking := _lacking(graph, offers)):
            return None, [lacking]
        writing = Writing(graph, found, offers, models)
        writing.write(spec)
        problems = [*writing.problems, *put_sets(graph, sets, found, offers, begins=spec.init is not None)]
        frames = add_frames(graph, found.sampler, output, offers)
    except AnimorchError as error:
        return None, [str(error)]
    if offers is not None and not problems:
        sent = {f"{FOLDER}/{picture.name}" for picture in writing.pictures}
        problems += refused_literals(graph, offers, sent)
    makers = _makers(graph, frames)
    steps = sum(_steps(graph, node, found) for node in makers)
    pictures = tuple(writing.pictures)
    return Built(graph, frames, pictures, makers, max(1, steps), loaded(graph, found)), problems


def _lacking(graph: Graph, offers: Offers) -> str:
    return missing(((said["class_type"], title_of(graph, node), {}) for node, said in graph.items()), offers)


def _makers(graph: Graph, frames: str) -> tuple[str, ...]:
    """The samplers that the frames are made by."""
    makers = above(graph, frames)
    return tuple(node for node in samplers(graph) if node in makers)


def _steps(graph: Graph, sampler: str, found: Bound) -> int:
    steps = inputs_of(graph, sampler).get("steps")
    if not isinstance(steps, int) and (place := found.first("steps")):
        steps = value_at(graph, place)
    return int(steps) if isinstance(steps, (int, float)) and 0 < steps < inf else 1
