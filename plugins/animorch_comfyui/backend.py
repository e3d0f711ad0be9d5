"""ComfyUIBackend: AnimateDiff clips rendered by ComfyUI servers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from threading import Lock, local
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from animorch import AnimorchError, Backend, Clip, Finding, Progress, RenderSpec
from animorch_comfyui.addresses import address
from animorch_comfyui.built import Built
from animorch_comfyui.client.pace import Pace
from animorch_comfyui.further import FurtherMotion
from animorch_comfyui.offers import Offers
from animorch_comfyui.source import OwnGraphs, Source, WorkflowGraphs

if TYPE_CHECKING:
    from animorch_comfyui.client.failure import Gone
    from animorch_comfyui.client.fleet import Fleet

_PACE = ("look_ahead", "timeout", "attempts", "poll", "answer", "backoff", "patience")
_OWN = ("gen", "noise", "tiled_decode", "video", "motions")  # they shape our own graphs
_OTHERS = ("set", "bind", "output")  # and these a person's
_PIXELS = ("models", "gen", "noise", "tiled_decode", *_OTHERS)


class ComfyUIBackend(Backend):
    """Sends graphs to ComfyUI servers with AnimateDiff-Evolved, follows them there and fetches the frames.

    Credentials come from the environment alone: ANIMORCH_COMFYUI_TOKEN, or ANIMORCH_COMFYUI_HEADERS with
    lines of `Name: value`.
    """

    name: ClassVar[str] = "comfyui"
    version: ClassVar[str] = "1"

    url: str = Field("http://127.0.0.1:8188", description="The server.")
    urls: tuple[str, ...] = Field((), description="Several servers that share the points; overrides url.")
    models: dict[str, str] = Field(
        {}, description="The server's file for the name of a checkpoint, motion module, LoRA …"
    )
    gen: Literal["auto", "gen1", "gen2"] = Field("auto", description="AnimateDiff-Evolved's nodes.")
    noise: Literal["comfy", "auto1111"] = Field(
        "comfy", description="One draw for the clip, or one a frame, from seed + frame, as A1111 does."
    )
    motions: tuple[FurtherMotion, ...] = Field(
        (), description="Further motion modules that act together with the spec's, after it."
    )
    tiled_decode: bool = Field(False, description="Decode in tiles: less memory, other pixels.")
    video: str | None = Field(
        None, description="A film by the server itself besides the frames, such as h264-mp4; it stays there."
    )
    video_fps: float = Field(8.0, ge=1, le=120, description="Frames per second of that film.")
    workflow: str | None = Field(
        None,
        min_length=1,
        description="A graph of your own: a .json, or a PNG or film that holds it.",
    )
    set: dict[str, Any] = Field({}, description="Values of a workflow's nodes: NODE.INPUT=VALUE.")
    bind: dict[str, Any] = Field(
        {}, description="Where in a workflow a field of the spec goes: FIELD=NODE.INPUT."
    )
    output: str | None = Field(None, min_length=1, description="The workflow's node whose images are taken.")
    look_ahead: int = Field(
        2, ge=0, le=100, description="Jobs that wait in a server's queue besides the one that runs."
    )
    timeout: float = Field(
        1800.0,
        gt=0,
        description="Seconds without a message from a running job after which it is given up; not where "
        "websockets do not get through.",
    )
    attempts: int = Field(3, ge=1, le=20, description="Times that a clip is sent when its job gets lost.")
    poll: float = Field(1.0, gt=0, le=60, description="Seconds between two looks at a server's queue.")
    answer: float = Field(20.0, gt=0, description="Seconds that a server may take for one answer.")
    backoff: float = Field(
        0.5, gt=0, le=60, description="Seconds before a question is asked again; grows with each try."
    )
    patience: float = Field(
        60.0, ge=0, description="Seconds to wait for servers that stopped answering, when none is left."
    )

    _graphs: Source | None = PrivateAttr(None)
    _told: local = PrivateAttr(default_factory=local)  # of the render that this thread made last

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        return address(url)

    @field_validator("urls")
    @classmethod
    def _addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(address, urls)))

    @field_validator("motions", mode="before")
    @classmethod
    def _one_is_a_list(cls, motions: Any) -> Any:
        return [motions] if isinstance(motions, (str, dict)) else motions

    @model_validator(mode="after")
    def _every_option_acts(self) -> ComfyUIBackend:
        silent = _OTHERS if self.workflow is None else _OWN
        if idle := [f"backend.{name}" for name in silent if self._moved(name)]:
            named, does = ", ".join(idle), "does" if len(idle) == 1 else "do"
            raise ValueError(
                f"{named} {does} nothing without backend.workflow; give one, or take that out"
                if self.workflow is None
                else f"{named} {does} nothing to the graph of backend.workflow; take that out"
            )
        return self

    def _moved(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).model_fields[name].get_default())

    def identity(self) -> dict[str, Any]:
        """What moves a pixel, where it is not at its default; never who renders it."""
        moved: dict[str, Any] = {name: getattr(self, name) for name in _PIXELS if self._moved(name)}
        if self.motions:
            moved["motions"] = [motion.moves() for motion in self.motions]
        if self.workflow is not None:
            moved["workflow"] = self._source().content()
        return {"name": self.name, "version": self.version, **moved}

    def said(self) -> Mapping[str, Any]:
        return self._source().said(self._some_offers)

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        return self._source().unsupported(spec)

    def notes(self, spec: RenderSpec) -> Iterable[str]:
        return self._source().notes(spec)

    def preflight(self, specs: Sequence[RenderSpec]) -> list[list[str]]:
        """Each server's nodes and models are asked for once; a spec needs one server that can make it."""
        try:
            refused = [list(self.unsupported(spec)) for spec in specs]
            found = self._asked()
        except AnimorchError as error:
            return [[str(error)] for _ in specs]
        here = {url: offers for url, offers in found.items() if isinstance(offers, Offers)}
        if not here:
            said = "; ".join(dict.fromkeys(str(reason) for reason in found.values()))
            return [[*own, said] for own in refused]
        return [self._lacking(spec, own, here) for spec, own in zip(specs, refused, strict=True)]

    def _lacking(self, spec: RenderSpec, own: list[str], here: Mapping[str, Offers]) -> list[str]:
        """Nothing when one server can make it, else what stands against it at the server that lacks least."""
        least: list[str] | None = None
        for url, offers in here.items():
            problems = [*own, *(each for each in self._source().problems(spec, offers) if each not in own)]
            if not problems:
                return []
            if len(here) > 1:
                problems = [each if each in own else f"{url}: {each}" for each in problems]
            if least is None or len(problems) < len(least):
                least = problems
        return least or []

    def lanes(self) -> int:
        pace = self._pace()
        return len(self._addresses_used()) * pace.seats

    def examine(self, specs: Sequence[RenderSpec]) -> Iterable[Finding]:
        from animorch_comfyui.examine import findings

        servers = [desk.server for desk in self._fleet().desks.values()]
        return findings(servers, specs, self.models, lambda: self.preflight(specs))

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        from animorch_comfyui import facts
        from animorch_comfyui.client.results import Asked

        self._told.environment, self._told.attachments = {}, {}
        source, asked = self._source(), Asked(spec.frames, spec.width, spec.height)

        def make(offers: Offers) -> Built:
            return source.built(spec, offers)

        made = self._fleet().render(make, asked, progress, partial(source.facts, spec))
        environment, nodes = facts.of(
            made.messages, made.entry, made.stats, made.built, made.offers, submitted=made.sent
        )
        films = {"comfyui_video": ", ".join(made.films)} if made.films else {}
        self._told.environment = {"comfyui_url": made.server} | environment | films
        self._told.attachments = {
            "comfyui_graph.json": json.dumps(made.graph, indent=2, ensure_ascii=False) + "\n",
            "comfyui_nodes.json": json.dumps(nodes, indent=2, ensure_ascii=False) + "\n",
        }
        return made.clip

    def environment(self) -> dict[str, str]:
        return dict(getattr(self._told, "environment", {}))

    def attachments(self) -> Mapping[str, str]:
        return dict(getattr(self._told, "attachments", {}))

    def close(self) -> None:
        self._fleet().close()

    def _addresses_used(self) -> tuple[str, ...]:
        return self.urls or (self.url,)

    def _pace(self) -> Pace:
        return Pace(**{name: getattr(self, name) for name in _PACE})

    def _fleet(self) -> Fleet:
        """Shared by backends that differ in what they render alone: a sweep over options has several."""
        return _fleet(self._addresses_used(), self._pace())

    def _asked(self) -> dict[str, Offers | Gone]:
        """What each server has; connections are ended, since a plan may be all that is wanted."""
        try:
            return self._fleet().offers()
        finally:
            self._fleet().close()

    def _some_offers(self) -> Offers | None:
        """Those of the first server that answers, for a workflow that cannot be read without."""
        found = self._asked().values()
        return next((offers for offers in found if isinstance(offers, Offers)), None)

    def _source(self) -> Source:
        if self._graphs is None:
            own = (self.gen, self.noise, self.tiled_decode, self.video, self.video_fps, self.motions)
            self._graphs = (
                OwnGraphs(self.models, *own)
                if self.workflow is None
                else WorkflowGraphs(self.workflow, self.models, self.set, self.bind, self.output)
            )
        return self._graphs


_fleets: dict[tuple[tuple[str, ...], Pace], Fleet] = {}
_one_at_a_time = Lock()  # lanes begin together, and must not make a fleet each


def _fleet(urls: tuple[str, ...], pace: Pace) -> Fleet:
    from animorch_comfyui.client.fleet import Fleet
    from animorch_comfyui.client.ledger import own_ledger

    with _one_at_a_time:
        if (urls, pace) not in _fleets:
            _fleets[urls, pace] = Fleet(urls, pace, own_ledger())
        return _fleets[urls, pace]
