"""Two cells are compared in one place: slider, difference, blink, onion skin, side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Visit = Callable[..., Any]
A = "t=0.5&a=0&b=4"  # frame 4 of cells 0 and 4, which are
ONE, TWO = (68, 20, 60), (68, 116, 60)
PIXEL = """([x, y]) => { const canvas = document.getElementById('compare-canvas');
  const pixel = canvas.getContext('2d').getImageData(x * canvas.width, y * canvas.height, 1, 1);
  return [...pixel.data].slice(0, 3); }"""
# Every pair of the letter and the green that is seen within two seconds.
BLINKING = """() => new Promise((done) => {
  const found = new Set(), canvas = document.getElementById('compare-canvas'), began = performance.now();
  const look = (now) => {
    const pixel = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1);
    found.add(`${canvas.dataset.seen} ${pixel.data[1]}`);
    if (now - began > 2000) done([...found].sort()); else requestAnimationFrame(look); };
  requestAnimationFrame(look); })"""


def at(page: Any, x: float, y: float = 0.5) -> tuple[int, ...]:
    """Colour at a part of the picture's width and height, once it is drawn."""
    page.wait_for_function("document.getElementById('compare-canvas')?.dataset.frames")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return tuple(page.evaluate(PIXEL, [x, y]))


def test_two_cells_are_chosen_and_compared_by_keyboard_alone(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0.5", frames=9)
    for key in ("ArrowRight", "a", "ArrowRight", "ArrowDown", "b", "c"):
        page.keyboard.press(key)
    assert (at(page, 0.2), at(page, 0.8)) == (ONE, TWO)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert at(page, 0.8) == ONE
    page.keyboard.press("s")
    assert at(page, 0.8) == TWO
    page.keyboard.press("Escape")
    assert page.locator("#compare").is_hidden()
    assert page.evaluate("document.activeElement.className") == "stage"


def test_the_slider_follows_the_mouse(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0.5", frames=9)
    tiles = page.locator(".tile")
    for number, side in ((0, "A"), (4, "B")):
        tiles.nth(number).hover()
        tiles.nth(number).get_by_role("button", name=f"Compare as {side}").click()
    page.locator("#open-compare").click()
    assert at(page, 0.3) == ONE
    box = page.locator("#compare-canvas").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.1, middle, steps=4)
    page.mouse.up()
    assert (at(page, 0.05), at(page, 0.3)) == (ONE, TWO)


def test_difference_is_sixteen_times_what_the_pixels_differ_by(visit: Visit, nine: Path) -> None:
    page = visit(nine, f"{A}&mode=difference", frames=9)
    assert at(page, 0.5) == (0, 255, 0)  # green differs by 96
    assert "Mean difference 32.00 of 255, largest 96" in page.locator(".note").inner_text()
    page.locator("#compare select").nth(1).select_option("0")
    page.wait_for_function("document.querySelector('.note').textContent.includes('largest 0')")
    assert at(page, 0.5) == (0, 0, 0)


def test_blink_shows_both_in_turn_and_onion_skin_both_at_once(visit: Visit, nine: Path) -> None:
    page = visit(nine, f"{A}&mode=blink", frames=9)
    at(page, 0.5)
    assert page.evaluate(BLINKING) == [f"a {ONE[1]}", f"b {TWO[1]}"]
    page.keyboard.press("4")
    assert at(page, 0.5) == pytest.approx((68, 68, 60), abs=1)
    page.keyboard.press("5")
    assert (at(page, 0.2), at(page, 0.8)) == (ONE, TWO)


def test_nothing_blinks_by_itself_for_those_who_asked_for_little_motion(visit: Visit, nine: Path) -> None:
    page = visit(nine, f"{A}&mode=blink", frames=9, reduced_motion="reduce")
    at(page, 0.5)
    page.wait_for_timeout(1500)
    assert at(page, 0.5) == ONE
    page.keyboard.press("ArrowRight")
    assert at(page, 0.5) == TWO


def test_compared_clips_go_on_playing_together(visit: Visit, nine: Path) -> None:
    page = visit(nine, f"{A}&mode=side", frames=9)
    at(page, 0.5)
    page.keyboard.press(".")
    page.wait_for_function("document.getElementById('compare-canvas').dataset.frames === '5,5'")
    assert at(page, 0.2)[0] == at(page, 0.8)[0] == 8 + 15 * 5


def test_what_differs_between_two_cells_is_listed(visit: Visit, nine: Path) -> None:
    page = visit(nine, f"{A}&mode=slider", frames=9)
    facts = page.locator(".facts").inner_text()
    assert "a red fox" in facts
    assert "a paper boat" in facts
    assert "seed" not in facts
    assert "+0.4" in facts
