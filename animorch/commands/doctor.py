"""`animorch doctor backend=comfyui`: whether an experiment can be rendered here, and what to do if not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from animorch.commands.slip import refuse_slips
from animorch.errors import AnimorchError, UsageError
from animorch.plugin import Command, Finding

if TYPE_CHECKING:
    from animorch.plugin import Backend
    from animorch.sweep.plan import Plan
    from animorch.sweep.point import Point

_SIGNS = {True: "[green]good[/]", False: "[red]bad [/]", None: "[dim]note[/]"}


class Doctor(Command):
    """Asks the backend for everything it can find out, then has it render one small frame."""

    name: ClassVar[str] = "doctor"
    help: ClassVar[str] = "say whether a backend, its server and its models are ready, and what to do if not"

    def run(self, words: Sequence[str]) -> int:
        from animorch.config.compose import CONFIG, composer
        from animorch.sweep.plan import plan_sweep, plan_values

        asked, rest = _parser().parse_known_args(list(words))
        refuse_slips(rest, [])
        if flags := [word for word in rest if word.startswith("-")]:
            raise UsageError(f"doctor has no option {flags[0]}; see `animorch doctor --help`")
        with composer(asked.config_name or CONFIG, asked.config_dir) as compose:
            plan = plan_sweep(compose, rest) if asked.multirun else plan_values(compose.values(rest), rest)
        findings = []
        for finding in _findings(plan, asked.probe):
            findings.append(finding)
            if not asked.json:
                _print(finding)
        if asked.json:
            print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return 2 if any(finding.good is False for finding in findings) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "animorch doctor",
        description=Doctor.help,
        epilog="exit code: 0 everything is ready, 2 something is not",
        usage="%(prog)s [-m] [--no-probe] [--json] KEY=VALUE ...",
        allow_abbrev=False,
    )
    parser.add_argument("-m", "--multirun", action="store_true", help="of every point of a sweep")
    parser.add_argument("--no-probe", dest="probe", action="store_false", help="do not render a frame")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--config-name", "-cn", help="another primary config")
    parser.add_argument("--config-dir", "-cd", help="a further config folder")
    return parser


def _findings(plan: Plan, probe: bool) -> Iterator[Finding]:
    """What is wrong with the experiment itself, then what each backend says, then a frame of each."""
    for point in plan.points:
        if point.experiment is None:
            yield from (Finding(point.label or "experiment", False, problem) for problem in point.problems)
    for backend, points in _by_backend(plan.points):
        try:
            ready = True
            for finding in _examined(backend, points):
                ready = ready and finding.good is not False
                yield finding
            if probe and ready:
                yield from _probes(backend, points)
            elif probe:
                yield Finding("probe", None, "no frame was tried before the above is mended")
        finally:
            backend.close()


def _by_backend(points: Iterable[Point]) -> list[tuple[Backend, list[Point]]]:
    from animorch.sweep.point import backend_of

    found: dict[int, tuple[Backend, list[Point]]] = {}
    for point in points:
        if point.experiment is not None and point.excluded is None:
            try:
                backend = backend_of(point.experiment)
            except UsageError:
                continue  # a plugin that is missing is among the point's problems
            found.setdefault(id(backend), (backend, []))[1].append(point)
    return list(found.values())


def _examined(backend: Backend, points: Sequence[Point]) -> Iterator[Finding]:
    """The backend's findings, and those problems of the plan that it did not name."""
    told = []
    try:
        for finding in backend.examine([point.experiment.spec for point in points if point.experiment]):
            told.append(finding.said)
            yield finding
    except AnimorchError as error:
        yield Finding(backend.name, False, str(error))
    for problem in dict.fromkeys(problem for point in points for problem in point.problems):
        if not any(problem in said or said in problem for said in told):
            yield Finding("experiment", False, problem)
    if not told:
        yield Finding(backend.name, True, "all that can be looked at without rendering is there")


def _probes(backend: Backend, points: Sequence[Point]) -> Iterator[Finding]:
    """One frame for each set of weights: a sweep over seeds needs one."""
    from animorch.sweep.probe import probed

    first = {json.dumps(point.weights, sort_keys=True): point for point in reversed(points)}
    for point in first.values():
        assert point.experiment is not None
        yield probed(backend, point.experiment.spec)


def _print(finding: Finding) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print(f"{_SIGNS[finding.good]}  {escape(finding.subject)}: {escape(finding.said)}")
    if finding.fix:
        console.print(f"      {escape(finding.fix)}")
