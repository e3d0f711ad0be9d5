"""HouseReport: what a trainer tells, kept in the run's folder and shown to the person."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from animorch.clip import Clip
from animorch.runs.names import VALIDATION
from animorch.training.losses import Losses
from animorch.training.pace import Pace, spoken

log = logging.getLogger("animorch")
_BETWEEN_LINES = 10.0  # seconds, where there is no terminal to draw a bar on


class HouseReport:
    """The Report of one sitting. On a terminal a bar with the time left, elsewhere a line now and then."""

    def __init__(self, folder: Path, nudge: Callable[[], None], quiet: bool = False) -> None:
        self.step = 0
        self.total: int | None = None
        self._folder, self._nudge, self._quiet = folder, nudge, quiet
        self._losses, self._pace = Losses(folder), Pace()
        self._console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._numbers = ""
        self._told = 0.0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw the bar while the block runs, on a terminal only."""
        if self._quiet or not sys.stderr.isatty():
            yield
            return
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._console, transient=True) as self._bar:
            self._task = self._bar.add_task("loading", total=None)
            yield
        self._bar = None

    def progress(self, step: int, total: int, numbers: Mapping[str, float]) -> None:
        self.step, self.total = step, total
        self._pace.at(step)
        self._losses.from_step(step)
        if numbers:
            self._keep(step, numbers)
        self._show(bool(numbers) or step == total)

    def _keep(self, step: int, numbers: Mapping[str, float]) -> None:
        speed = self._pace.a_second
        numbers = dict(numbers)
        if speed is not None:
            numbers.setdefault("steps_a_second", round(speed, 4))
        self._losses.add(step, numbers)
        shown = (f"{key} {value:.4g}" for key, value in numbers.items() if key != "steps_a_second")
        self._numbers = "  ".join(shown)
        log.info("step %d of %s  %s", step, self.total, self._numbers)
        self._nudge()

    def _show(self, news: bool) -> None:
        text = "  ".join(part for part in (escape(self._numbers), *self._timing()) if part)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.step, total=self.total, description=text)
            return
        last = self.step == self.total
        if news and not self._quiet and (last or monotonic() - self._told >= _BETWEEN_LINES):
            self._told = monotonic()
            self._say(f"step {self.step}/{self.total}  {text}".rstrip())

    def _timing(self) -> Iterator[str]:
        speed, left = self._pace.a_second, self._pace.left(self.total or 0)
        if speed:
            yield f"{speed:.3g} steps/s" if speed >= 1 else f"{1 / speed:.3g} s a step"
        if left:
            yield f"about {spoken(left)} left"

    def clip(self, name: str, clip: Clip, step: int) -> None:
        from animorch.media import encode

        word = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:80].strip("-._") or "clip"
        path = self._folder / VALIDATION / f"step-{step:06d}" / f"{word}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        encode(clip, path, {"training": self._folder.name, "step": step, "clip": name})
        log.info("validation clip %s", path)
        self._nudge()

    def note(self, sentence: str) -> None:
        log.warning("%s", sentence)
        self._say(f"[yellow]note[/]  {escape(sentence)}")

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
