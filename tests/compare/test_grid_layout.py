"""Every point has one place, and nothing lies on anything else."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from handmade_sweep import plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from animorch.compare.arrangement import MOST_COLUMNS, MOST_ROWS, arrange, telling
from animorch.compare.label import width_of, wrapped
from animorch.compare.layout import Box, Room, cell_size, fitted, lay_out
from animorch.compare.sheet import sheet_layout
from animorch.runs.sweep import SweepPlan

sides = st.integers(8, 3000)
sizes = st.tuples(sides, sides)
calm = settings(deadline=None, max_examples=60)


@st.composite
def plans(draw: st.DrawFn) -> SweepPlan:
    counts = draw(st.lists(st.integers(1, 7), max_size=4))
    plan = plan_of({f"axis{place}": [str(n) for n in range(count)] for place, count in enumerate(counts)})
    if draw(st.booleans()):  # points that fill no table: some left out, or two of one name
        some = draw(st.lists(st.sampled_from(plan.points), min_size=1, max_size=30))
        plan = plan.model_copy(update={"points": tuple(some)})
    return plan


@calm
@given(plans(), st.floats(0.3, 3))
def test_every_point_stands_exactly_once_on_pages_of_one_shape(plan: SweepPlan, aspect: float) -> None:
    pages = arrange(plan, aspect)
    shown = sorted(number for page in pages for number in page.cells.values())
    assert shown == list(range(len(plan.points)))
    for page in pages:
        assert len(page.rows) <= MOST_ROWS
        assert len(page.columns) <= MOST_COLUMNS
        assert all(row < len(page.rows) and column < len(page.columns) for row, column in page.cells)


def test_the_first_axis_is_rows_the_second_columns_and_earlier_ones_are_pages() -> None:
    plan = plan_of({"seed": ["1", "2"], "motion": ["a", "b"], "cfg": ["4", "7", "10"]})
    pages = arrange(plan, 1)
    assert [page.title for page in pages] == ["seed 1", "seed 2"]
    assert pages[1].rows == ("motion a", "motion b")
    assert pages[1].columns == ("cfg 4", "cfg 7", "cfg 10")
    point = plan.points[pages[1].cells[1, 2]]
    assert point.coordinates == {"seed": "2", "motion": "b", "cfg": "10"}


def test_one_axis_is_a_row_that_wraps_when_it_is_long() -> None:
    few = arrange(plan_of({"cfg": ["4", "7", "10"]}), 1)[0]
    assert (len(few.rows), len(few.columns)) == (1, 3)
    assert few.captions[0, 1] == "cfg 7"
    many = arrange(plan_of({"seed": [str(n) for n in range(12)]}), 1)[0]
    assert (len(many.rows), len(many.columns)) == (2, 6)


def test_more_values_than_a_page_holds_go_on_over_pages_of_equal_size() -> None:
    pages = arrange(plan_of({"steps": [str(n) for n in range(10)], "cfg": [str(n) for n in range(20)]}), 1)
    assert [(len(page.rows), len(page.columns)) for page in pages] == [(5, 10)] * 4


def test_labels_leave_out_a_long_start_that_all_share() -> None:
    start = "masterpiece, best quality, "
    assert telling([start + "a cat", start + "a dog"]) == ["…cat", "…dog"]
    assert telling(["a cat", "a dog"]) == ["a cat", "a dog"]


def apart(one: Box, two: Box) -> bool:
    beside = one.x + one.w <= two.x or two.x + two.w <= one.x
    return beside or one.y + one.h <= two.y or two.y + two.h <= one.y


@calm
@given(
    st.builds(
        Room, st.integers(1, 8), st.integers(1, 12), st.sampled_from([0, 60, 210]), st.sampled_from([0, 24])
    ),
    sizes,
)
def test_cells_and_labels_never_overlap_and_stay_on_the_page(room: Room, clip: tuple[int, int]) -> None:
    layout = lay_out(room, clip, (1920, 1080))
    rows, columns = range(room.rows), range(room.columns)
    boxes = [layout.cell(*place) for place in product(rows, columns)] + [layout.title, layout.progress]
    boxes += [layout.row_label(row) for row in rows] * bool(room.side)
    boxes += [layout.column_label(column) for column in columns] * bool(room.head)
    assert all(apart(one, two) for one, two in combinations(boxes, 2))
    assert all(box.x >= 0 and box.y >= 0 for box in boxes)
    assert all(box.x + box.w <= layout.width and box.y + box.h <= layout.height for box in boxes)
    assert layout.width % 2 == layout.height % 2 == 0


@calm
@given(sizes)
def test_a_large_clip_is_scaled_down_to_the_page_and_a_small_one_up_by_whole_factors(
    clip: tuple[int, int],
) -> None:
    w, h = cell_size(clip, 900, 900)
    if max(clip) < 160:
        assert w % clip[0] == h % clip[1] == 0
        assert w // clip[0] == h // clip[1]
        assert 160 <= max(w, h) <= 900
    else:
        assert max(w, h) <= 900
        assert max(w, h) <= max(clip)


def test_small_clips_are_large_enough_to_be_read_however_many_there_are() -> None:
    assert cell_size((64, 64), 900, 900) == (256, 256)
    assert cell_size((64, 64), 70, 70) == (128, 128), "a crowded page grows instead"
    pages = arrange(plan_of({"cfg": ["4", "7", "10"]}), 1.0)
    assert sheet_layout(pages, (64, 64))[1] == (192, 192)
    assert sheet_layout(pages, (512, 512))[1] == (256, 256)


@calm
@given(sizes, sizes)
def test_a_clip_is_never_stretched_in_its_cell(clip: tuple[int, int], cell: tuple[int, int]) -> None:
    box = fitted(clip, cell)
    assert 0 <= box.x <= cell[0] - box.w
    assert 0 <= box.y <= cell[1] - box.h
    scale = min(cell[0] / clip[0], cell[1] / clip[1])
    exact = int(scale) if max(clip) < 160 and scale >= 1 else scale
    for shown, side in zip((box.w, box.h), clip, strict=True):
        assert shown == 1 or abs(shown - side * exact) <= 0.5


@calm
@given(st.text(st.characters(codec="ascii"), max_size=200), st.integers(20, 300), st.integers(1, 4))
def test_wrapped_text_fits_its_box_and_says_when_it_was_cut(text: str, width: int, lines: int) -> None:
    done = wrapped(text, 15, width, lines)
    assert len(done) <= lines
    assert all(width_of(line, 15) <= width or len(line) <= 2 for line in done)
    said, asked = "".join("".join(done).split()), "".join(text.split())
    assert said == asked or said.endswith("…")


def test_text_that_no_font_has_signs_for_loses_its_accents_not_its_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from animorch.compare import letters

    monkeypatch.setattr(letters, "_known", lambda: ("",))
    monkeypatch.setattr(letters, "holding", lambda sign: [])
    assert letters.legible("café – “déjà vu”\n4×4") == "cafe - “deja vu” 4x4"
    assert letters.legible("a 日") == "a \\u65e5", "boxes would look all alike"
    assert letters.legible("plain…") == "plain…"
