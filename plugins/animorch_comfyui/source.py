"""Source: where a clip's graph comes from: our own builder, or a workflow that a person made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, Literal

from animorch import RenderSpec
from animorch_comfyui.built import Built, Graph
from animorch_comfyui.offers import Offers

if TYPE_CHECKING:
    from animorch_comfyui.further import FurtherMotion
    from animorch_comfyui.graph import GraphOptions
    from animorch_comfyui.workflow import Workflow

OffersOf = Callable[[], Offers | None]


class Source(ABC):
    """Graphs for specs."""

    def content(self) -> str | None:
        """Names the content of the file that graphs come from; null where there is none."""
        return None

    def said(self, offers: OffersOf) -> Mapping[str, Any]:
        """Values of RenderSpec's fields that it gives; `offers` asks a server, when that is needed."""
        return {}

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        """A sentence for each field that no server can honour."""
        return ()

    def notes(self, spec: RenderSpec) -> Iterable[str]:
        """What a person should know of the clip; nothing of it is refused."""
        return ()

    @abstractmethod
    def problems(self, spec: RenderSpec, offers: Offers) -> list[str]:
        """A sentence for each thing that stands in this server's way."""

    @abstractmethod
    def built(self, spec: RenderSpec, offers: Offers) -> Built:
        """The graph for a server; raises BackendError."""

    def facts(self, spec: RenderSpec, graph: Graph, offers: Offers) -> dict[str, Any]:
        """What the server writes into the files besides the graph that it was sent."""
        said = spec.model_dump(mode="json", exclude_defaults=True)
        return {"animorch": {"version": version("animorch"), "spec": _public(said)}}


@dataclass
class OwnGraphs(Source):
    """Graphs that are built for the spec."""

    models: Mapping[str, str]
    gen: Literal["auto", "gen1", "gen2"] = "auto"
    noise: Literal["comfy", "auto1111"] = "comfy"
    tiled_decode: bool = False
    video: str | None = None
    fps: float = 8.0
    motions: tuple[FurtherMotion, ...] = ()

    @cached_property
    def _options(self) -> GraphOptions:
        from animorch_comfyui.graph import GraphOptions

        return GraphOptions(self.gen, self.noise, self.tiled_decode, self.video, self.fps, self.motions)

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        from animorch_comfyui.refusals import unsupported

        return unsupported(spec)

    def notes(self, spec: RenderSpec) -> Iterable[str]:
        from animorch_comfyui.notes import notes

        return notes(spec)

    def problems(self, spec: RenderSpec, offers: Offers) -> list[str]:
        from animorch_comfyui.refusals import problems

        return problems(spec, offers, self.models, self._options)

    def facts(self, spec: RenderSpec, graph: Graph, offers: Offers) -> dict[str, Any]:
        """With the graph as the editor opens it, when one of the files is dropped there."""
        from animorch_comfyui.workflow.drawn import drawn

        return super().facts(spec, graph, offers) | {"workflow": drawn(graph, offers)}

    def built(self, spec: RenderSpec, offers: Offers) -> Built:
        from animorch_comfyui.graph import build

        return build(spec, offers, self.models, self._options)


@dataclass
class WorkflowGraphs(Source):
    """A person's own graph, with the spec's values in it."""

    path: str
    models: Mapping[str, str]
    sets: Mapping[str, Any]
    binds: Mapping[str, Any]
    output: str | None = None

    @cached_property
    def workflow(self) -> Workflow:
        """Raises UsageError when the file is not there, or holds no graph."""
        from animorch_comfyui.workflow import Workflow

        return Workflow.read(self.path)

    def content(self) -> str | None:
        return self.workflow.content()

    def said(self, offers: OffersOf) -> Mapping[str, Any]:
        from animorch_comfyui.workflow import beginning, said

        there = None if self.workflow.api else offers()
        told = (self.workflow, self.binds, there, self.output)
        return {**said(*told), **beginning(*told)}

    def problems(self, spec: RenderSpec, offers: Offers) -> list[str]:
        from animorch_comfyui.workflow import workflow_problems

        return workflow_problems(self.workflow, spec, offers, self.sets, self.binds, self.output, self.models)

    def built(self, spec: RenderSpec, offers: Offers) -> Built:
        from animorch_comfyui.workflow import bound

        return bound(self.workflow, spec, offers, self.sets, self.binds, self.output, self.models)


def _public(said: Any) -> Any:
    """Without the folders of this machine, which a server and its other users need not know."""
    if isinstance(said, Mapping):
        return {key: _file(value) if key == "path" else _public(value) for key, value in said.items()}
    return [_public(item) for item in said] if isinstance(said, list) else said


def _file(path: Any) -> Any:
    return PureWindowsPath(path).name if isinstance(path, str) else path
