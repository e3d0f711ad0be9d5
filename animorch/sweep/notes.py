"""Notes: the advice on a plan's points, each piece said once with the points that it is for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from animorch.advice import ALL, BACKEND, Note, advice
from animorch.spec.experiment import Experiment
from animorch.spec.identity import canonical
from animorch.sweep.plan import Plan
from animorch.sweep.point import backend_of, chosen
from animorch.sweep.problem import few

_SHOWN = 8  # notes that are printed


def notes(plan: Plan) -> dict[Note, list[str]]:
    """Notes on the points that are to be rendered or stand, with the points' labels; `silence` leaves out."""
    found: dict[Note, list[str]] = {}
    silent = plan.settings.silence
    for point in plan.points:
        if point.planned and point.experiment is not None:
            for note in [*advice(point.experiment, silent), *_told(point.experiment, silent)]:
                found.setdefault(note, []).append(point.label)
    return found


def _told(experiment: Experiment, silent: Collection[str]) -> list[Note]:
    """What the backend says of it: the memory that it takes, how its seeds go."""
    if {ALL, BACKEND} & set(silent):
        return []
    told = backend_of(experiment).notes(experiment.spec)
    return [Note(BACKEND, sentence, "docs/advice.md") for sentence in told]


def lines(plan: Plan) -> list[str]:
    """A line a note, and how they are silenced."""
    missing = [f"note  {sentence}" for sentence in unmeasured(plan)]
    found = notes(plan)
    if not found:
        return missing
    count = sum(point.planned for point in plan.points)
    told = [f"note  {_for(labels, count)}{note.sentence} ({note.name})" for note, labels in found.items()]
    if len(told) > _SHOWN:
        told[_SHOWN:] = [f"      … {len(told) - _SHOWN} more; `animorch plan --json` has them all"]
    names = ",".join(dict.fromkeys(note.name for note in found))
    return [*missing, *told, f"      silence=[{names}] hides {'it' if len(found) == 1 else 'them'}"]


def record(plan: Plan) -> list[Mapping[str, object]]:
    """The notes as plain data, for `animorch plan --json`."""
    told = [
        {"name": note.name, "sentence": note.sentence, "source": note.source, "points": labels}
        for note, labels in notes(plan).items()
    ]
    left_out = [
        {"name": "metrics", "sentence": line, "source": "", "points": []} for line in unmeasured(plan)
    ]
    return [*told, *left_out]


def unmeasured(plan: Plan) -> list[str]:
    """A sentence for each metric that is left out, since something that it needs is not here."""
    metrics = {
        canonical(choice.model_dump()): (key, choice)
        for point in plan.points
        if point.planned and point.experiment is not None
        for key, choice in point.experiment.metrics.items()
    }
    return [
        f"metric {key} is left out: {'; '.join(missing)}"
        for key, choice in metrics.values()
        if (missing := chosen("metrics", choice).preflight())
    ]


def _for(labels: list[str], count: int) -> str:
    """Whose note it is, where not every point's."""
    return "" if len(labels) == count else f"{few(labels)}: "
