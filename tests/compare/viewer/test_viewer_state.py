"""What is chosen stands in the address; table, list, tabs, filter, colour, details and looks follow it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from animorch.compare.viewer import build_viewer
from tests.compare.handmade_sweep import plan_of, record
from tests.compare.viewer.conftest import coded, exhibit, exhibit_all

Visit = Callable[..., Any]
# Contrast ratio of pairs of the page's colours (WCAG 2.2, relative luminance of sRGB).
CONTRAST = """(pairs) => {
  const probe = document.createElement('canvas').getContext('2d');
  const box = document.body.appendChild(document.createElement('i'));
  const linear = (value) => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
  const light = (name) => {
    box.style.color = `var(--${name})`;
    probe.fillStyle = getComputedStyle(box).color;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((byte) => linear(byte / 255));
    return .2126 * r + .7152 * g + .0722 * b + .05;
  };
  const sorted = pairs.map((pair) => pair.map(light).sort((one, other) => one - other));
  return sorted.map(([dark, bright]) => bright / dark); }"""
NAMELESS = """() => [...document.querySelectorAll('button, select, input')]
  .filter((it) => it.checkVisibility())
  .filter((it) => !(it.getAttribute('aria-label') || it.textContent.trim() || it.labels?.[0]?.textContent))
  .map((it) => it.outerHTML)"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a wrong, a failed, an excluded and a missing cell."""
    folder = tmp_path_factory.mktemp("mixed")
    left_out = {"state": "excluded", "reason": "too much cfg", "folder": None}
    plan = plan_of({"prompt": ["fox", "boat"], "cfg": ["4", "7", "10"]}, cell2=left_out)
    exhibit(folder, plan.points[0], coded(0))
    exhibit(folder, plan.points[1], coded(1), key="another")
    home = record(folder, plan.points[3], "failed", "the GPU has 8 GiB and 14 were asked; lower frames")
    (home / "log.txt").write_text("Traceback: out of memory")
    exhibit(folder, plan.points[4], coded(4))
    return build_viewer(folder, plan).path


def test_wrong_failed_skipped_and_missing_cells_say_what_is_wrong(visit: Visit, mixed: Path) -> None:
    page = visit(mixed, "t=0", frames=3)
    wrong = page.locator(".tile.is-wrong")
    assert (wrong.count(), wrong.locator(".wrong").inner_text()) == (1, "Wrong clip")
    frame = page.locator(".is-wrong .stage").evaluate("stage => getComputedStyle(stage).boxShadow")
    red, green, blue = map(int, re.findall(r"\d+", frame)[:3])
    assert red > 2 * green
    assert red > 2 * blue
    board = page.locator("#board").inner_text()
    for text in ("14 were asked", "too much cfg", "not rendered yet"):
        assert text in board
    page.locator('[data-state="failed"] .stage').click()
    assert "Traceback: out of memory" in page.locator("#details").inner_text()


def test_the_address_brings_back_what_was_seen(visit: Visit, nine: Path) -> None:
    page = visit(nine, frames=9)
    for key in ("Home", ".", ".", "x", "h", "]", "v", "v"):
        page.keyboard.press(key)
    page.locator(".tile .stage").nth(4).click()
    page.wait_for_function("location.hash.includes('open=')")
    state = page.url.split("#")[1]
    again = visit(nine, state, frames=9)
    for words in (".columns", ".rows", ".caption", "#details h2", "#time"):
        assert again.locator(words).all_inner_texts() == page.locator(words).all_inner_texts()
    assert again.locator(".columns").first.inner_text() == "prompt a red fox"
    assert again.get_by_label("Speed").input_value() == "2"


def test_details_tell_the_prompt_the_numbers_and_the_whole_configuration(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0&open=8", frames=9)
    details = page.locator("#details")
    assert details.locator(".prompt").inner_text() == "</script><b>bold</b>"
    assert "motion_by_pair" in details.inner_text()
    details.locator("summary").click()
    assert "backend.name" in details.inner_text()
    page.keyboard.press("Escape")
    assert details.is_hidden()


def test_the_command_of_a_cell_can_be_copied(visit: Visit, tmp_path: Path) -> None:
    words = {f"cell{number}": {"overrides": ("steps=4", f"cfg={cfg}")} for number, cfg in enumerate((4, 7))}
    path = build_viewer(tmp_path, exhibit_all(tmp_path, plan_of({"cfg": ["4", "7"]}, **words))).path
    page = visit(path, "t=0&open=1", frames=2)
    assert page.locator("code.own").all_inner_texts() == ["cfg=7"]
    page.locator("#copy").click()
    page.wait_for_function("document.getElementById('status').textContent")
    assert page.locator("#details .code").inner_text() == "animorch steps=4 cfg=7"


def test_cells_are_sorted_by_a_metric_and_filtered(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0&order=-motion", frames=9)
    ids = page.locator(".tile").evaluate_all("tiles => tiles.map((tile) => tile.dataset.id)")
    assert ids == [str(number) for number in reversed(range(9))]
    page.keyboard.press("/")
    page.keyboard.type("cfg>4 motion<=0.4 fox")
    page.wait_for_function("document.querySelectorAll('.tile').length === 2")
    page.get_by_label("Filter clips").fill("is:failed")
    assert page.get_by_text("No clip matches the filter.").is_visible()


def test_the_heat_map_is_stronger_where_the_metric_is_larger(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0", frames=9)
    page.get_by_label("Colour").select_option("motion")
    heats = page.locator(".tile").evaluate_all(
        "tiles => tiles.map((t) => Number(t.style.getPropertyValue('--heat')))"
    )
    assert heats == sorted(heats)
    assert (heats[0], heats[-1]) == (0, 1)
    assert page.locator(".number").all_inner_texts()[3] == "0.3"


def test_hidden_values_are_nowhere_to_be_read(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0&heat=motion&open=4", frames=9)
    page.keyboard.press("v")
    body = page.locator("body").inner_text()
    assert "paper boat" not in body
    assert "0.4" not in body
    assert page.locator(".rows").first.inner_text() == "prompt •••"


def test_a_third_axis_is_a_tab_or_more_rows(visit: Visit, tmp_path: Path) -> None:
    axes = {"seed": ["0", "1"], "prompt": ["fox", "boat"], "cfg": ["4", "7"]}
    page = visit(build_viewer(tmp_path, exhibit_all(tmp_path, plan_of(axes))).path, "t=0", frames=4)
    ids = "tiles => tiles.map((tile) => tile.dataset.id)"
    assert page.locator(".tile").evaluate_all(ids) == ["0", "1", "2", "3"]
    page.get_by_role("radio", name="1").click()
    assert page.locator(".tile").evaluate_all(ids) == ["4", "5", "6", "7"]
    page.keyboard.press("PageDown")
    assert page.locator(".tile").count() == 8
    assert page.locator(".rows").last.inner_text().split("\n") == ["seed 1", "prompt boat"]


def test_the_page_plays_in_a_sandbox_without_origin_or_storage(
    visit: Visit, nine: Path, tmp_path: Path
) -> None:
    frame = tmp_path / "pane.html"
    frame.write_text(f'<iframe sandbox="allow-scripts" width=1200 height=800 src="{nine.as_uri()}"></iframe>')
    context = visit(nine, frames=9, bypass_csp=False).context
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(frame.as_uri())
    inside = page.frame_locator("iframe")
    inside.locator(".tile[data-frame]").nth(8).wait_for()
    inside.locator("#loop").click()
    inside.locator(".stage").first.click()
    assert inside.locator("#details").is_visible()
    assert not wrong


def test_a_phone_shows_the_table_without_sideways_scrolling_of_the_page(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0", frames=6, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator(".tile").first.bounding_box()["width"] > 100
    assert page.locator("#dock").bounding_box()["height"] < 110


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(visit: Visit, nine: Path, theme: str) -> None:
    page = visit(nine, "t=0", frames=9, color_scheme=theme)
    pairs = [[word, ground] for word in ("text", "quiet") for ground in ("paper", "raised", "well")]
    pairs += [["on-accent", "accent"], ["alarm", "paper"], ["alarm", "alarm-well"]]
    assert min(page.evaluate(CONTRAST, pairs)) >= 4.5  # WCAG 2.2, 1.4.3


def test_every_control_has_a_name_and_is_reached_in_reading_order(visit: Visit, nine: Path) -> None:
    assert visit(nine, "t=0&open=2", frames=9).evaluate(NAMELESS) == []
    assert visit(nine, "t=0&a=0&b=4&mode=slider", frames=9).evaluate(NAMELESS) == []
    page = visit(nine, "t=0", frames=9)
    seen = []
    for _ in range(16):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.closest('#tools, #board, #dock')?.id"))
    places = [place for place, before in zip(seen, [None, *seen], strict=False) if place and place != before]
    assert places[:3] == ["tools", "board", "dock"]
    assert seen.count("board") == 1  # the arrows go on from there


def test_the_list_of_keys_opens_and_closes(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0", frames=9)
    page.keyboard.press("?")
    assert "difference ×16" in page.locator("#help").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()
