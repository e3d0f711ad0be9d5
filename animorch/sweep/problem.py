"""Problems: what keeps points from being rendered, each said once."""

from __future__ import annotations

from animorch.errors import UsageError
from animorch.sweep.plan import Plan


def refuse_invalid(plan: Plan) -> None:
    """Raise UsageError when the plan cannot be rendered."""
    said = refusal(plan)
    if said is not None:
        raise UsageError(said)


def refusal(plan: Plan) -> str | None:
    """Why the plan cannot be rendered: a point is invalid and not to be skipped, or none is left."""
    count, invalid = len(plan.points), len(plan.invalid)
    others = invalid < count
    if invalid and not (plan.settings.sweep.skip_invalid and others):
        said = "\n".join(f"  {line}" for line in problems(plan))
        hint = "; sweep.skip_invalid=true renders the others" if others else ""
        return f"{invalid} of {count} points cannot be rendered{hint}\n{said}"
    if not any(point.planned for point in plan.points):
        return "the sweep has no point left to render; see `animorch plan` for the reasons"
    return None


def problems(plan: Plan) -> list[str]:
    """A line for each thing wrong, with the points that have it."""
    found: dict[str, list[str]] = {}
    for point in plan.invalid:
        for problem in point.problems:
            found.setdefault(problem, []).append(point.label)
    return [f"{few(labels)}: {problem}" for problem, labels in found.items()]


def few(labels: list[str]) -> str:
    """The first three labels, and how many more."""
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return ", ".join(labels[:3]) + more
