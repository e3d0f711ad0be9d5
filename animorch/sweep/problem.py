"""Problems: what keeps points from being rendered, each said once."""

from __future__ import annotations

from animorch.sweep.plan import Plan


def problems(plan: Plan) -> list[str]:
    """A line for each thing wrong, with the points that have it."""
    found: dict[str, list[str]] = {}
    for point in plan.invalid:
        for problem in point.problems:
            found.setdefault(problem, []).append(point.label)
    return [f"{_few(labels)}: {problem}" for problem, labels in found.items()]


def _few(labels: list[str]) -> str:
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return ", ".join(labels[:3]) + more
