"""Plan: every point of a command, checked before the first frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

from animorch.config.compose import Composer, Setting
from animorch.config.settings import Settings, split
from animorch.errors import UsageError
from animorch.runs.store import Store
from animorch.runs.sweep import PlannedAxis, SweepPlan
from animorch.spec.identity import digest
from animorch.sweep.axis import Axis, Value, cells, command_axes, distinct, file_axes, zipped
from animorch.sweep.expression import holds
from animorch.sweep.order import by_swap_cost
from animorch.sweep.point import Point, backend_of, point


@dataclass(frozen=True)
class Plan:
    """Points in the user's order, and where they go."""

    settings: Settings
    axes: tuple[PlannedAxis, ...]
    points: tuple[Point, ...]
    command: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return next((p.experiment.name for p in self.points if p.experiment), "default")

    @cached_property
    def key(self) -> str:
        """Of what the sweep shows: its axes, and each cell's key or the reason it has none."""
        cells = [point.point_key if point.planned else point.record().reason for point in self.points]
        return digest({"axes": [axis.model_dump() for axis in self.axes], "cells": cells})[:10]

    @cached_property
    def folder(self) -> Path:
        return self.settings.runs / self.name / self.key

    @property
    def invalid(self) -> list[Point]:
        return [point for point in self.points if point.problems]

    @cached_property
    def ordered(self) -> list[Point]:
        """What is to be rendered, each key once, in the order that swaps least."""
        firsts = {point.point_key: point for point in reversed(self.points) if point.planned}
        return by_swap_cost([point for point in self.points if firsts.get(point.point_key) is point])

    def record(self) -> SweepPlan:
        """The plan as plan.json holds it; points of one key share the first one's folder."""
        folders = {point.point_key: point.folder for point in reversed(self.points) if point.planned}
        records = [point.record() for point in self.points]
        return SweepPlan(
            name=self.name,
            key=self.key,
            command=self.command,
            axes=self.axes,
            points=tuple(
                cell.model_copy(update={"folder": folders[cell.point_key]})
                if cell.point_key in folders
                else cell
                for cell in records
            ),
            fps=max((p.experiment.output.fps for p in self.points if p.experiment), default=8.0),
            animorch=version("animorch"),
        )


def plan_sweep(composer: Composer, words: Sequence[str]) -> Plan:
    """The plan of `-m` words; raises UsageError for what no point can be made of."""
    fixed, axes = command_axes(composer, words)
    start = composer.values(fixed, tuple(setting for axis in axes for setting in axis.values[0].settings))
    settings, _ = split(start)
    axes = zipped(axes + file_axes(composer, settings.sweep), settings.sweep.zip)
    count = prod(len(axis.values) for axis in axes)
    if count > settings.sweep.max_points:
        raise UsageError(
            f"the sweep has {count} points, above sweep.max_points={settings.sweep.max_points}; "
            "narrow it or raise the limit"
        )
    distinct(axes)
    points = [_cell(composer, fixed, coordinates, chosen, settings) for coordinates, chosen in cells(axes)]
    names = {point.experiment.name for point in points if point.experiment}
    if len(names) > 1:
        raise UsageError(
            f"one sweep cannot go to {' and '.join(sorted(names))}; run them apart, or set name="
        )
    return _checked(settings, axes, points, words)


def plan_values(values: Mapping[str, Any], words: Sequence[str] = ()) -> Plan:
    """The plan of one point from composed values."""
    settings, rest = split(dict(values))
    if settings.sweep.axes or settings.sweep.prompts:
        named = ", ".join([*settings.sweep.axes, *(["prompt"] if settings.sweep.prompts else [])])
        raise UsageError(f"the config sweeps over {named}; add -m to render the sweep")
    return _checked(settings, [], [point({}, words, _experiment_values(rest))], words)


def _cell(
    composer: Composer,
    fixed: Sequence[str],
    where: dict[str, str],
    chosen: tuple[Setting, ...],
    settings: Settings,
) -> Point:
    lines = (*fixed, *(setting.line for setting in chosen))
    try:
        own, rest = split(composer.values(fixed, chosen))
        if own != settings:
            raise UsageError(
                "this point's files sweep, track or store otherwise than the first's; run it apart"
            )
        return point(where, lines, _experiment_values(rest))
    except UsageError as error:
        return Point(where, lines, problems=(str(error),))


def _experiment_values(values: dict[str, Any]) -> dict[str, Any]:
    if isinstance(values.get("experiment"), dict):
        raise UsageError(
            "the experiment file's keys landed under `experiment`; "
            "write `# @package _global_` as the file's first line"
        )
    return values


def _checked(settings: Settings, axes: Sequence[Axis], points: Sequence[Point], words: Sequence[str]) -> Plan:
    points = [_excluded(settings, point) for point in points]
    planned = tuple(PlannedAxis(name=a.name, values=tuple(v.label for v in a.values)) for a in axes)
    return Plan(settings, planned, tuple(_preflight(points, settings)), tuple(words))


def _excluded(settings: Settings, point: Point) -> Point:
    if point.experiment is not None and not point.problems:
        for rule in settings.sweep.exclude:
            if holds(rule.when, point.experiment, point.coordinates):
                return replace(point, excluded=rule.because)
    return point


def _preflight(points: Sequence[Point], settings: Settings) -> list[Point]:
    """Points with what their backends say of them; each backend is asked once for all of its points.

    Of points whose frames are stored nothing is asked: other post-steps need no server and no weights.
    """
    asked: dict[int, list[int]] = {}
    backends = {}
    store = Store(settings.runs)
    for place, cell in enumerate(points):
        if cell.planned and cell.experiment and (settings.force or not store.has(cell.render_key)):
            backend = backend_of(cell.experiment)
            backends[id(backend)] = backend
            asked.setdefault(id(backend), []).append(place)
    result = list(points)
    for key, places in asked.items():
        specs = [cell.spec for cell in (points[place].experiment for place in places) if cell]
        for place, problems in zip(places, backends[key].preflight(specs), strict=True):
            if problems:
                result[place] = replace(points[place], problems=tuple(problems))
    return result


def plan_cells(composer: Composer, jobs: Sequence[Sequence[str]]) -> Plan:
    """The plan of override lists that another sweeper has made; an axis for each key that differs."""
    parsed = [
        {override.get_key_element(): line for override, line in zip(composer.parse(job), job, strict=True)}
        for job in jobs
    ]
    keys = [
        key
        for key in dict.fromkeys(key for job in parsed for key in job)
        if len({job.get(key) for job in parsed}) > 1
    ]
    points, settings = [], Settings()
    for job, lines in zip(parsed, jobs, strict=True):
        settings, rest = split(composer.values(lines))
        where = {key: job[key].partition("=")[2] for key in keys if key in job}
        points.append(point(where, lines, _experiment_values(rest)))
    axes = [
        Axis(
            key, tuple(Value(text, ()) for text in dict.fromkeys(p.coordinates.get(key, "") for p in points))
        )
        for key in keys
    ]
    return _checked(settings, axes, points, list(jobs[0]) if jobs else [])
