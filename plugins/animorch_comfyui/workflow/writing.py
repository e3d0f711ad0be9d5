"""Writing: the values of a RenderSpec into a copy of a graph, where they differ from its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from animorch import AnimorchError, BackendError, Init, RenderSpec, Weights, WeightsError
from animorch_comfyui.built import Graph, Picture
from animorch_comfyui.graph.sampling import server_sampler, server_schedule
from animorch_comfyui.graph.stills import as_it_is
from animorch_comfyui.graph.uploaded import FOLDER
from animorch_comfyui.naming import served
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow.bound import FIELDS, Bound
from animorch_comfyui.workflow.chain import write_chain
from animorch_comfyui.workflow.check import refusal
from animorch_comfyui.workflow.names import Target, inputs_of, told
from animorch_comfyui.workflow.telling import write_prompts
from animorch_comfyui.workflow.values import (
    NUMBERS,
    UNNAMED,
    WINDOWS,
    as_word,
    layer_offset,
    neutral,
    value_at,
    values_of,
)

_FILES = ("checkpoint", "motion", "vae")
_EXPECTED = ("width", "height", "frames")  # without a place they are what the graph is expected to yield
_NEVER = (
    *("embeddings", "travel", "group_norm", "freeinit", "freenoise", "mask", "controlnets"),
    *("sparse_control", "ip_adapters", "regions"),
)


class Writing:
    """A graph that is being written to, and a sentence for everything that cannot be."""

    def __init__(self, graph: Graph, found: Bound, offers: Offers | None, models: Mapping[str, str]) -> None:
        self.graph, self.found, self.offers, self.models = graph, found, offers, models
        self.own = values_of(graph, found)
        self.pictures: list[Picture] = []
        self.problems: list[str] = []

    def write(self, spec: RenderSpec) -> None:
        """Every field; whatever equals the graph's own value is left exactly as it is written."""
        for name in (*NUMBERS, "sampler", "schedule"):
            self.attempt(self._number, name, spec)
        for name in _FILES:
            self.attempt(self._file, name, getattr(spec, name))
        self.attempt(write_prompts, self, spec)
        self.attempt(write_chain, self, "loras", self.found.loras, spec.loras)
        self.attempt(write_chain, self, "motion_loras", self.found.motion_loras, spec.motion_loras)
        self.attempt(self._window, spec)
        self.attempt(self._init, spec)
        for name in _NEVER:
            if getattr(spec, name) != RenderSpec.model_fields[name].default:
                self.problems.append(
                    f"{name} has no place in a workflow of your own; make it there by nodes, and sweep them "
                    "by backend.set.NODE.INPUT=VALUE"
                )

    def attempt(self, work: Callable[..., None], *given: Any) -> None:
        """Do it; one of animorch's sentences is kept."""
        try:
            work(*given)
        except AnimorchError as error:
            self.problems.append(str(error))

    def put(self, target: Target, value: Any, said: str) -> None:
        """Write one value, which `said` names in the sentence when the server would not take it."""
        kind = self.graph[target.node]["class_type"]
        known = self.offers.inputs(kind).get(target.input) if self.offers else None
        if known is not None and (problem := refusal(value, known, said, told(self.graph, target.node))):
            raise BackendError(problem)
        inputs_of(self.graph, target.node)[target.input] = value

    def place(self, name: str, value: Any) -> tuple[Target, ...]:
        """Where a field is written; raises BackendError with what to bind when nowhere."""
        if targets := self.found.fields.get(name, ()):
            return targets
        raise BackendError(self.unplaced(name, value))

    def unplaced(self, name: str, value: Any) -> str:
        """The sentence of a field that the graph has no place for."""
        if self.found.sampler is None:
            return f"{name}={value} has no place in the workflow: {self.found.why['seed']}"
        why = self.found.why.get(name, "no node that leads to its sampler has it")
        cure = (
            f"say where, as in backend.bind.{name}='TITLE.INPUT', or leave {name} out"
            if name in FIELDS
            else f"leave {name} out, or change the workflow"
        )
        return f"{name}={value} has no place in the workflow: {why}; {cure}"

    def choices(self, target: Target) -> tuple[str, ...]:
        kind = self.graph[target.node]["class_type"]
        return self.offers.choices(kind, target.input) if self.offers else ()

    def named(self, weights: Weights, label: str, target: Target) -> str:
        """The server's name of these weights for an input."""
        choices = self.choices(target)
        if not choices:
            raise WeightsError(
                f"{label}={weights.name} can only be found on a server that is reached; start it "
                "(backend.url)"
            )
        if weights.path is None and weights.file in choices and weights.name not in self.models:
            return str(weights.file)
        return served(weights, label, choices, self.models)

    def _number(self, name: str, spec: RenderSpec) -> None:
        value = getattr(spec, name)
        chance = name == "seed" and name in self.found.fields and name not in self.own  # -1: any seed
        if value == self.own.get(name, neutral().get(name)) and not chance:
            return
        if name in _EXPECTED and name not in self.found.fields:
            return
        for target in self.place(name, value):
            self.put(target, self._worded(name, value, spec, target), f"{name}={value}")

    def _worded(self, name: str, value: Any, spec: RenderSpec, target: Target) -> Any:
        """A value as the server writes it."""
        if name == "clip_skip":
            return -(value + layer_offset(spec.checkpoint.base))
        if name not in ("sampler", "schedule"):
            return value
        choices = self.choices(target)
        own = next((choice for choice in choices if as_word(choice) == value), None)
        if own is not None or not choices:
            return own or value
        if name == "sampler":
            return server_sampler(value, choices)
        sampler = self.found.first("sampler")
        return server_schedule(value, str(value_at(self.graph, sampler)) if sampler else "", choices)

    def _file(self, name: str, weights: Weights | None) -> None:
        own = self.own.get(name)
        if own is None and weights is not None and weights.name == UNNAMED:
            return
        if same_weights(weights, own) and (weights is None or weights.name not in self.models):
            return
        if weights is None:
            raise BackendError(
                f"{name}=null, but the workflow has {own and own['name']}; take the node out of it instead"
            )
        for target in self.place(name, weights.name):
            self.put(target, self.named(weights, name, target), f"{name}={weights.name}")

    def _window(self, spec: RenderSpec) -> None:
        own, wanted = self.own.get("window"), spec.window.model_dump() if spec.window else None
        if wanted == own or (wanted is None and own is None):
            return
        if wanted is None:
            raise BackendError("window.length=null, but the workflow has a window; take the node out of it")
        if self.found.window is None:
            raise BackendError(self.unplaced("window.length", wanted["length"]))
        for name, value in wanted.items():
            if own is not None and value == own[name]:
                continue
            if name == "schedule":
                self._schedule_of_window(value)
                continue
            for target in self.place(f"window.{name}", value):
                sent = value.replace("_", "-") if name == "fuse" else value
                self.put(target, sent, f"window.{name}={value}")

    def _schedule_of_window(self, value: str | None) -> None:
        node = str(self.found.window)
        if WINDOWS.get(self.graph[node]["class_type"]) != value:
            wanted = next(kind for kind, schedule in WINDOWS.items() if schedule == value)
            raise BackendError(
                f"window.schedule={value or 'looped_uniform'} is another node than the workflow's "
                f"{told(self.graph, node)}; put {wanted} in its place there"
            )

    def _init(self, spec: RenderSpec) -> None:
        if spec.init is None:
            return
        picture = as_it_is(spec.init.path)
        for target in self.place("init.path", spec.init.path):
            inputs_of(self.graph, target.node)[target.input] = f"{FOLDER}/{picture.name}"
        self.pictures.append(picture)
        usual = Init.model_fields["strength"].default
        if "init.strength" not in self.found.fields and spec.init.strength == usual:
            return  # nobody asks for another than the graph's
        for target in self.place("init.strength", spec.init.strength):
            if value_at(self.graph, target) != spec.init.strength:
                self.put(target, spec.init.strength, f"init.strength={spec.init.strength}")


def same_weights(weights: Weights | None, own: Mapping[str, Any] | None) -> bool:
    """Whether a spec's weights are the ones that the graph itself names."""
    if weights is None or own is None:
        return weights is None and own is None
    return weights.path is None and weights.name == own["name"] and weights.file == own["file"]


def loaded(graph: Graph, found: Bound) -> tuple[str, ...]:
    """The server's names of what the graph loads, dearest first."""
    places: Iterable[Target | None] = (found.first("checkpoint"), found.first("motion"))
    chains = (link.file for link in (*found.loras, *found.motion_loras))
    names = [str(value_at(graph, place)) for place in (*places, *chains, found.first("vae")) if place]
    return tuple(dict.fromkeys(names))
