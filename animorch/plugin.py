"""The plugin kinds and the hooks by which they are offered.

A plugin class is a pydantic model: its fields are its options, so it ships no config file. Its
`name` is the word on the command line. Heavy imports (torch, an HTTP client) belong inside the
methods that need them: `plan` and `--help` import every plugin.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Protocol

import pluggy
from pydantic import BaseModel, ConfigDict

from animorch.clip import Clip
from animorch.spec.render import RenderSpec

GROUP = "animorch"  # entry-point group and pluggy project name
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)

Measures = dict[str, "float | list[float]"]  # a list is a series over the frames


class Progress(Protocol):
    """Called by a backend after each denoising step; raising from it cancels the render."""

    def __call__(self, step: int, total: int) -> None: ...


class Plugin(BaseModel):
    """What the kinds share: options as fields, a name, a version that enters the keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    version: ClassVar[str] = "1"  # raise it when the same options come to give another result


class Backend(Plugin, ABC):
    """Turns RenderSpecs into Clips. One instance serves a whole sweep and stays warm."""

    def identity(self) -> dict[str, Any]:
        """What of this backend changes pixels: name, version, numerics. Must not import torch."""
        return {"name": self.name, "version": self.version, **self.model_dump()}

    def settled(self) -> dict[str, Any]:
        """Options that this machine decides (a device, a count of threads), fixed for other processes."""
        return {}

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        """A sentence for each field of the spec that this backend cannot honour."""
        return ()

    def preflight(self, specs: Sequence[RenderSpec]) -> list[list[str]]:
        """Problems of each spec, found before the first render (one list a spec, same order)."""
        return [list(self.unsupported(spec)) for spec in specs]

    @abstractmethod
    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        """Render exactly spec.frames frames of spec.width x spec.height.

        Raises BackendError (Unsupported, WeightsError) with a sentence when it cannot.
        """

    def environment(self) -> dict[str, str]:
        """Facts for the record after a render: device, library versions, memory."""
        return {}

    def close(self) -> None:
        """Give back memory and connections; a later render takes them up again."""


class PostStep(Plugin, ABC):
    """Turns a finished Clip into another; never renders."""

    @abstractmethod
    def apply(self, clip: Clip) -> Clip:
        """The changed clip; the one given is left as it is."""


class Metric(Plugin, ABC):
    """Reads numbers off a Clip."""

    @abstractmethod
    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Named numbers (lower_snake_case); a list is a series with at most one number a frame."""


class Command(ABC):
    """A first word of the command line, such as `plan`."""

    name: ClassVar[str]
    help: ClassVar[str]  # one line for `animorch --help`

    @abstractmethod
    def run(self, words: Sequence[str]) -> int:
        """Do it with the words that follow; return the exit code."""


@hookspec
def animorch_backends() -> list[type[Backend]]:
    """Return the Backend classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_post_steps() -> list[type[PostStep]]:
    """Return the PostStep classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_metrics() -> list[type[Metric]]:
    """Return the Metric classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_commands() -> list[type[Command]]:
    """Return the Command classes this plugin offers."""
    raise NotImplementedError
