"""Progress: bars of sweep and renders on a terminal, a line a point elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from animorch.runs.record import Record


@dataclass
class Reporter:
    """Tells a person what the sweep does; on stderr, so that stdout stays for results."""

    total: int
    quiet: bool = False
    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    done: int = 0
    _bars: Progress | None = None
    _sweep: TaskID | None = None
    _renders: dict[str, TaskID] = field(default_factory=dict)  # by label, those under way

    @contextmanager
    def shown(self) -> Iterator[Reporter]:
        """Show the bars while the block runs, on a terminal only."""
        if self.quiet or not sys.stderr.isatty() or not self.total:
            yield self
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console, transient=True) as bars:
            self._bars = bars
            self._sweep = bars.add_task("sweep", total=self.total)
            yield self
        self._bars = None

    def notes(self, lines: Sequence[str]) -> None:
        """Advice, said before the first point and not in the way of anything."""
        for line in () if self.quiet else lines:
            self.say(f"[dim]{escape(line)}[/]")

    def begins(self, label: str) -> None:
        """A render begins; on a server several may be under way."""
        if self._bars is not None:
            self._renders[label] = self._bars.add_task(_short(label), total=None)

    def step(self, label: str, step: int, total: int) -> None:
        """A render under this label has done `step` of `total`."""
        if self._bars is not None and label in self._renders:
            self._bars.update(self._renders[label], completed=step, total=total)

    def ends(self, label: str, record: Record) -> None:
        self.done += 1
        if self._bars is not None and self._sweep is not None:
            self._bars.update(self._sweep, advance=1)
            if label in self._renders:
                self._bars.remove_task(self._renders.pop(label))
        if record.status == "failed":
            self.say(f"[red]failed[/]  {_short(label)}: {escape(record.error or '')}")
        elif not self.quiet:
            how = f"rendered in {record.seconds.get('render', 0):.1f} s" if record.rendered else "frames kept"
            self.say(f"{self.done}/{self.total}  {_short(label)}  {how}")

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


def _short(label: str) -> str:
    text = label if len(label) <= 70 else label[:67] + "..."
    return escape(text)
