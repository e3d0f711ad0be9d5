"""Arrangement: on which page, in which row and column each point of a plan is shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from math import ceil

from animorch.runs.sweep import PlannedAxis, PlannedPoint, SweepPlan

MOST_COLUMNS, MOST_ROWS = 12, 8  # beyond these a cell would be a thumbnail; the rest go on another page
_ONE_ROW = 5  # this many cells always stand side by side
_AS_IS: Mapping[str, str] = {}
_LONG = 24  # letters that values must share at their start before it is left out


@dataclass(frozen=True)
class Page:
    """One screen of cells. In a list, rows and columns have no labels: each cell has a caption."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[int, int], int]  # (row, column) to the point's number in the plan
    captions: dict[tuple[int, int], str]


def arrange(plan: SweepPlan, aspect: float, names: Mapping[str, str] = _AS_IS) -> tuple[Page, ...]:
    """Pages of one shape on which every point stands exactly once.

    aspect: width / height of a cell. names: what an axis is called instead of by its key.
    The last two axes are rows and columns, those before them make the pages; a single axis, or points
    that fill no table, make a list.
    """
    axes = [axis for axis in plan.axes if len(axis.values) > 1]
    if len(axes) < 2 or not _is_table(plan):
        return _list_pages(plan.points, axes[0].name if len(axes) == 1 else None, aspect, names)
    *leading, rows, columns = axes
    fixed = [axis for axis in plan.axes if len(axis.values) == 1]
    pages = (
        _table_page(plan, fixed + leading, values, _part(rows, down), _part(columns, across), names)
        for values in product(*(axis.values for axis in fixed + leading))
        for down in _parts(len(rows.values), MOST_ROWS)
        for across in _parts(len(columns.values), MOST_COLUMNS)
    )
    return tuple(page for page in pages if page.cells)


def _is_table(plan: SweepPlan) -> bool:
    """Every point has its own place among the axes."""
    places = {tuple(sorted(point.coordinates.items())) for point in plan.points}
    known = {axis.name: set(axis.values) for axis in plan.axes}
    return len(places) == len(plan.points) and all(
        point.coordinates.keys() == known.keys()
        and all(value in known[name] for name, value in point.coordinates.items())
        and all(len(axis.values) == len(set(axis.values)) for axis in plan.axes)
        for point in plan.points
    )


def _parts(count: int, most: int) -> list[range]:
    """0..count in as few parts as fit, of nearly equal length."""
    size = ceil(count / ceil(count / most))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _part(axis: PlannedAxis, span: range) -> PlannedAxis:
    return PlannedAxis(name=axis.name, values=tuple(axis.values[place] for place in span))


def _table_page(
    plan: SweepPlan,
    leading: Sequence[PlannedAxis],
    values: Sequence[str],
    rows: PlannedAxis,
    columns: PlannedAxis,
    names: Mapping[str, str],
) -> Page:
    page = dict(zip((axis.name for axis in leading), values, strict=True))
    cells = {
        (
            rows.values.index(point.coordinates[rows.name]),
            columns.values.index(point.coordinates[columns.name]),
        ): number
        for number, point in enumerate(plan.points)
        if point.coordinates[rows.name] in rows.values
        and point.coordinates[columns.name] in columns.values
        and all(point.coordinates[name] == value for name, value in page.items())
    }
    title = ",   ".join(_said(name, value, names) for name, value in page.items())
    return Page(title, _labels(rows, names), _labels(columns, names), cells, {})


def _labels(axis: PlannedAxis, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_said(axis.name, value, names) for value in telling(axis.values))


def _said(axis: str, value: str, names: Mapping[str, str]) -> str:
    """`cfg 7`, `prompt: a red fox`; of an axis that is called nothing, its value alone."""
    name = names.get(axis, axis)
    return f"{name}{':' * (' ' in value)} {value}" if name else value


def telling(values: Sequence[str]) -> list[str]:
    """Values without a long start that all share: a label is cut at its end, where prompts differ."""
    shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*values, strict=False))
    cut = "".join(letters[0] for letters in shared).rfind(" ") + 1
    return ["…" + value[cut:] for value in values] if cut >= _LONG and len(values) > 1 else list(values)


def _list_pages(
    points: Sequence[PlannedPoint], axis: str | None, aspect: float, names: Mapping[str, str]
) -> tuple[Page, ...]:
    columns = _columns(len(points), aspect)
    spans = _parts(len(points), columns * MOST_ROWS)
    rows = ceil(max(len(span) for span in spans) / columns)
    captions = _captions(points, axis, names)
    return tuple(_list_page(span, captions, rows, columns) for span in spans)


def _list_page(span: range, captions: Sequence[str], rows: int, columns: int) -> Page:
    places = {divmod(number - span.start, columns): number for number in span}
    shown = {place: captions[number] for place, number in places.items()}
    return Page("", ("",) * rows, ("",) * columns, places, shown)


def _captions(points: Sequence[PlannedPoint], axis: str | None, names: Mapping[str, str]) -> list[str]:
    if axis is None or any(axis not in point.coordinates for point in points):
        said = ([_said(*place, names) for place in point.coordinates.items()] for point in points)
        return telling([", ".join(parts) or "the clip" for parts in said])
    values = telling([point.coordinates[axis] for point in points])
    return [_said(axis, value, names) for value in values]


def _columns(count: int, aspect: float) -> int:
    """As many columns as make the cells largest on a 16:9 page; equal ones leave the fewest gaps."""
    if count <= _ONE_ROW:
        return max(count, 1)
    choices = range(1, min(count, MOST_COLUMNS) + 1)
    return max(choices, key=lambda columns: (_largest(count, columns, aspect), columns))


def _largest(count: int, columns: int, aspect: float) -> float:
    """Width of a cell, where the page is 16 wide and 9 high, of which captions take 1."""
    return min(16 / columns, 8 / min(ceil(count / columns), MOST_ROWS) * aspect)
