"""The plugin kinds; hooks.py has the hooks by which they are offered.

A plugin class is a pydantic model: its fields are its options, so it ships no config file. Its
`name` is the word on the command line. Heavy imports (torch, an HTTP client) belong inside the
methods that need them: `plan` and `--help` import every plugin.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from animorch.clip import Clip
from animorch.spec.model import Frozen
from animorch.spec.render import RenderSpec

Measures = dict[str, "float | list[float]"]  # a list is a series over the frames


class Progress(Protocol):
    """Called by a backend after each denoising step; raising from it cancels the render.

    A backend that waits for a server calls it with the step it is at, twice a second or oftener.
    """

    def __call__(self, step: int, total: int) -> None: ...


class Plugin(BaseModel):
    """What the kinds share: options as fields, a name, a version that enters the keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    version: ClassVar[str] = "1"  # raise it when the same options come to give another result


@dataclass(frozen=True)
class Finding:
    """One thing that `animorch doctor` found: good, bad with what to do, or a thing to know (None)."""

    subject: str
    good: bool | None
    said: str
    fix: str = ""


class Backend(Plugin, ABC):
    """Turns RenderSpecs into Clips. One instance serves a whole sweep and stays warm."""

    def identity(self) -> dict[str, Any]:
        """What of this backend changes pixels: name, version, numerics. Must not import torch."""
        return {"name": self.name, "version": self.version, **self.model_dump()}

    def settled(self) -> dict[str, Any]:
        """Options that this machine decides (a device, a number format), fixed for other processes."""
        return {}

    def numerics(self, spec: RenderSpec) -> dict[str, Any]:
        """Options that machine and spec decide together (a count of threads): in this spec's key, and fixed
        for other processes. Must not import torch."""
        return {}

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        """A sentence for each field of the spec that this backend cannot honour."""
        return ()

    def preflight(self, specs: Sequence[RenderSpec]) -> list[list[str]]:
        """Problems of each spec, found before the first render (one list a spec, same order)."""
        return [list(self.unsupported(spec)) for spec in specs]

    def notes(self, spec: RenderSpec) -> Iterable[str]:
        """Sentences that `plan` shows beside a spec (the memory it takes): they refuse nothing and are in no
        key. For `plan`, so without torch."""
        return ()

    def said(self) -> Mapping[str, Any]:
        """Values of RenderSpec's fields that a file of this backend's own gives (a workflow).

        They stand where neither the command nor a config says anything, in `window` and `init` part by part
        (`init` without a path waits for one). Raises UsageError.
        """
        return {}

    def lanes(self) -> int:
        """How many renders may be under way at once, each in a thread of its own: one a server."""
        return 1

    def examine(self, specs: Sequence[RenderSpec]) -> Iterable[Finding]:
        """What `animorch doctor` tells before it renders one small frame."""
        for problems in self.preflight(specs):
            yield from (Finding("experiment", False, problem) for problem in problems)

    def shared(self, specs: Sequence[RenderSpec]) -> int:
        """UNet calls (of RenderSpec.unet_calls) that it saves when it renders these one after the other.

        For `plan`, so without torch.
        """
        return 0

    @abstractmethod
    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        """Render exactly spec.frames frames of spec.width x spec.height.

        Raises BackendError (Unsupported, WeightsError) with a sentence when it cannot.
        """

    def environment(self) -> dict[str, str]:
        """Facts for the record after a render: device, library versions, memory.

        Asked in the render's thread, as attachments are.
        """
        return {}

    def attachments(self) -> Mapping[str, str]:
        """Texts by file name, kept beside the frames of the render: what was sent to a server, its log."""
        return {}

    def close(self) -> None:
        """Give back memory and connections; a later render takes them up again."""


class PostStep(Plugin, ABC):
    """Turns a finished Clip into another; never renders."""

    def content(self) -> str:
        """Names the content of the files that the options point at, for the keys; empty for none.

        Asked when a sweep is planned, so without torch; a UsageError of a missing file stops the plan.
        """
        return ""

    @abstractmethod
    def apply(self, clip: Clip) -> Clip:
        """The changed clip; the one given is left as it is."""


@dataclass(frozen=True)
class Measure:
    """What a number means: its unit, which way is better, and the ends of its range (null: none).

    `better` is null where neither way is: motion, brightness.
    """

    unit: str
    better: Literal["lower", "higher"] | None = None
    low: float | None = None
    high: float | None = None


class Metric(Plugin, ABC):
    """Reads numbers off a Clip."""

    # What each number means, by its name; empty where a plugin does not say. For people and the viewer.
    measures: ClassVar[Mapping[str, Measure]] = {}

    def content(self) -> str:
        """As PostStep.content: names the content of weights and reference clips, for the keys."""
        return ""

    def preflight(self) -> list[str]:
        """A sentence for everything missing (weights, a library, a reference), told before the first frame.

        A metric that has one is left out and the points are made without it. Must not import torch.
        """
        return []

    @abstractmethod
    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Named numbers (lower_snake_case); a list is a series with at most one number a frame.

        Raises MetricError when it cannot measure this clip: it is left out, and the point goes on.
        """


class Report(Protocol):
    """Given to a trainer: tells the person, the run's folder and MLflow, which is never waited for."""

    def progress(self, step: int, total: int, numbers: Mapping[str, float]) -> None:
        """After each step: `step` of `total` are done.

        Finite `numbers` (loss, rate …; lower_snake_case) become a line of losses.jsonl and MLflow metrics;
        give them every `log_every` steps and an empty mapping between. steps_a_second is added to them.
        Raising from it (Ctrl-C) ends the training; let it through.
        """

    def clip(self, name: str, clip: Clip, step: int) -> None:
        """Keep a validation clip: validation/step-000100/<name>.mp4, also an artifact in MLflow."""

    def note(self, sentence: str) -> None:
        """Tell the person a thing that must be read; it is kept in the run's log.txt too."""


class Preset(Frozen):
    """What a trainer made, as a config choice; the house writes it to ./conf/<group>/<name>.yaml."""

    group: Literal["motion", "checkpoint", "none"] = Field(description="none: only the usage is printed.")
    values: dict[str, Any] = Field({}, description="Keys of MotionModule or Checkpoint; not the name.")
    usage: str = Field(description="The command that uses it, as in animorch -m motion=v15_v2,mine")


class Trainer(Plugin, ABC):
    """Learns weights from clips. `mode=NAME` chooses it; its options are flat, as in `steps=500`.

    Fields `checkpoint: Checkpoint` and `motion: MotionModule` are filled from the groups of these names. A
    nested model's fields are set as `data.folder=clips`. The house's own keys (name, runs, tracking, force,
    quiet, mode, recipe) are not for options.
    """

    # Options that a training may go on with changed; a nested model's name stands for all its fields.
    changeable: ClassVar[tuple[str, ...]] = (
        "steps",
        "threads",
        "device",
        "checkpoint_every",
        "log_every",
        "validation",
    )

    # Whether it trains under torchrun: then train() is called in every process, with a Report that is silent
    # in all but the first, and only the first (RANK=0) may write. The first comes last to the meeting.
    several: ClassVar[bool] = False

    def preflight(self) -> list[str]:
        """A sentence for every problem that can be found before the first step, best without torch."""
        return []

    @abstractmethod
    def train(self, folder: Path, name: str, report: Report) -> list[Preset]:
        """Train to the end, going on from the folder's checkpoint when there is one.

        folder: the run's, absolute; result/ in it is for what is made, and config.yaml, log.txt,
        losses.jsonl, record.json and validation/ are the house's. name: what the result is to be called.
        KeyboardInterrupt (Ctrl-C, SIGTERM) may come at any moment: write beside, then rename.
        Raises TrainingError or WeightsError when it cannot go on, UsageError for a wrong option.
        """


class Captioner(Plugin, ABC):
    """Says in words what a clip shows; `animorch caption` writes it beside the clip."""

    def preflight(self) -> list[str]:
        """A sentence for everything that is missing (weights, a library), found before the first clip."""
        return []

    @abstractmethod
    def caption(self, path: Path) -> str:
        """One line for the clip at `path` (a film or a folder of frames), empty when there is nothing to say.

        Frames are read with `animorch.decoded`; a MediaError of its own is passed on. Never writes.
        """


class Command(ABC):
    """A first word of the command line, such as `plan`."""

    name: ClassVar[str]
    help: ClassVar[str]  # one line for `animorch --help`

    @abstractmethod
    def run(self, words: Sequence[str]) -> int:
        """Do it with the words that follow; return the exit code."""
