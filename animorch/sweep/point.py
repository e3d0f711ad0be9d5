"""Point: one cell of a sweep, a validated Experiment with its keys, or the reasons why not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from animorch.config.family import of_base
from animorch.config.named import named
from animorch.errors import UsageError
from animorch.plugin import Backend
from animorch.registry import Kind, make
from animorch.runs.sweep import PlannedPoint
from animorch.spec.experiment import Choice, Experiment
from animorch.spec.identity import canonical, point_key, render_key, weights_of
from animorch.spec.model import sentences
from animorch.sweep.said import with_said
from animorch.sweep.slug import slug


@dataclass(frozen=True)
class Point:
    """What is known of a cell before it is rendered."""

    coordinates: Mapping[str, str]
    overrides: tuple[str, ...]
    experiment: Experiment | None = None
    weights: Mapping[str, str] | None = None
    render_key: str = ""
    point_key: str = ""
    problems: tuple[str, ...] = ()
    excluded: str | None = None

    @property
    def planned(self) -> bool:
        return not self.problems and self.excluded is None

    @property
    def folder(self) -> str:
        """Short slug and key, since overrides make names too long for a file system."""
        return f"{slug(self.coordinates)}-{self.point_key[:10]}"

    @property
    def label(self) -> str:
        return self.record().label

    def record(self) -> PlannedPoint:
        """The cell as plan.json holds it."""
        reason = self.excluded if self.excluded is not None else "; ".join(self.problems) or None
        return PlannedPoint(
            coordinates=dict(self.coordinates),
            state="planned" if self.planned else "invalid" if self.problems else "excluded",
            reason=reason,
            folder=self.folder if self.planned else None,
            point_key=self.point_key or None,
            render_key=self.render_key or None,
            overrides=self.overrides,
        )


def point(coordinates: Mapping[str, str], overrides: Sequence[str], values: Mapping[str, Any]) -> Point:
    """Validate one cell's values and name them by their keys; every problem is kept, none raised."""
    blank, values = Point(coordinates, tuple(overrides)), named(values)
    try:
        if (backend := _backend_in(values)) is not None:
            values = with_said(values, overrides, backend)
    except UsageError as error:
        return replace(blank, problems=(str(error),))
    try:
        experiment = Experiment.model_validate(values)
    except ValidationError as error:
        return replace(blank, problems=tuple(_every_problem(values, error)))
    plugins, problems = _plugins(experiment)
    try:
        weights = weights_of(experiment)
    except UsageError as error:
        return replace(blank, experiment=experiment, problems=(*problems, str(error)))
    if problems:
        return replace(blank, experiment=experiment, problems=problems)
    rendered = render_key(experiment, _identity(experiment), weights)
    return replace(
        blank,
        experiment=experiment,
        weights=weights,
        render_key=rendered,
        point_key=point_key(experiment, rendered, plugins),
    )


def _backend_in(values: Mapping[str, Any]) -> Backend | None:
    """The backend of values that nobody has checked; None when there is none, which is told later."""
    choice = values.get("backend")
    if not isinstance(choice, Mapping) or not isinstance(choice.get("name"), str):
        return None
    options = {key: value for key, value in choice.items() if key != "name"}
    with suppress(UsageError):
        backend: Backend = _make_once("backend", choice["name"], canonical(options))
        return backend
    return None


def _identity(experiment: Experiment) -> Mapping[str, Any]:
    """What of the backend changes this experiment's pixels."""
    backend = experiment.backend
    numerics: Mapping[str, Any] = backend_of(experiment).numerics(experiment.spec)
    return {**_identity_once(backend.name, canonical(backend.options)), **numerics}


@lru_cache(maxsize=256)
def _identity_once(name: str, options: str) -> Mapping[str, Any]:
    """Of a backend; asked once for equal options, since it looks up the versions of packages."""
    identity: Mapping[str, Any] = _make_once("backend", name, options).identity()
    return identity


def _every_problem(values: Mapping[str, Any], error: ValidationError) -> Iterator[str]:
    """What is wrong with single keys, then what is wrong between the others: pydantic stops at the first."""
    yield from sentences(error)
    yield from _ways_to_match(values)
    wrong = {item["loc"][0] for item in error.errors() if item["loc"]}
    if wrong and not wrong & {"checkpoint", "motion"}:
        try:
            Experiment.model_validate({key: value for key, value in values.items() if key not in wrong})
        except ValidationError as further:
            yield from sentences(further)


def _ways_to_match(values: Mapping[str, Any]) -> Iterator[str]:
    """Of a checkpoint and a motion module of different bases: what goes with each."""
    checkpoint, motion = values.get("checkpoint"), values.get("motion")
    if not (isinstance(checkpoint, Mapping) and isinstance(motion, Mapping)):
        return
    base, other = str(checkpoint.get("base")), str(motion.get("base"))
    if base != other and (animators := of_base("motion", base)):
        fitting = ", ".join(of_base("checkpoint", other)) or "none"
        named = f"for motion={motion.get('name')} checkpoint={fitting}"
        yield f"for {base} there is motion={', '.join(animators)}; {named}"


def backend_of(experiment: Experiment) -> Backend:
    """The backend of a point: one instance for equal options, so that it stays warm over a sweep."""
    backend: Backend = chosen("backend", experiment.backend)
    return backend


def chosen(kind: Kind, choice: Choice) -> Any:
    """The plugin instance a choice names; raises UsageError."""
    return _make_once(kind, choice.name, canonical(choice.options))


@lru_cache(maxsize=256)
def _make_once(kind: Kind, name: str, options: str) -> Any:
    return make(kind, name, json.loads(options))


def version_of(kind: Kind, choice: Choice) -> str:
    """A plugin's version, followed by the content of a post-step's or metric's files. Raises UsageError.

    A metric that cannot measure here has another one, so that it is made up for once it can.
    """
    made = chosen(kind, choice)
    if kind == "metrics" and made.preflight():
        return f"{made.version} left out"
    content = made.content() if kind in ("post", "metrics") else ""
    return f"{made.version} {content}" if content else str(made.version)


def _plugins(experiment: Experiment) -> tuple[dict[str, str], tuple[str, ...]]:
    """Version of each plugin used, and a sentence for each that is missing or has wrong options."""
    versions: dict[str, str] = {}
    problems: list[str] = []
    uses: list[tuple[Kind, Choice]] = [("backend", experiment.backend)]
    uses += [("post", choice) for choice in experiment.post.values()]
    uses += [("metrics", choice) for choice in experiment.metrics.values()]
    for kind, choice in uses:
        try:
            versions[f"{kind}.{choice.name}"] = version_of(kind, choice)
        except UsageError as error:
            problems.append(str(error))
    return versions, tuple(problems)
