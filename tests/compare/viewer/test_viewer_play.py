"""In a real browser every clip follows one clock, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from animorch.compare.viewer import build_viewer
from tests.compare.handmade_sweep import plan_of
from tests.compare.viewer.conftest import FRAMES, coded, exhibit, exhibit_all

Visit = Callable[..., Any]
# Frame that each canvas really shows, by the red of its middle pixel, all in one animation frame; and the time.
SEEN = """() => new Promise((done) => requestAnimationFrame((now) => done([now, [...document.querySelectorAll('.tile canvas')].map(
  (canvas) => (canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0] - 8) / 15)])))"""


def seen(page: Any) -> list[float]:
    frames: list[float] = page.evaluate(SEEN)[1]
    return frames


def settle(page: Any, frame: int) -> list[float]:
    """What is seen once the clips stand at a frame."""
    page.wait_for_function(
        f"[...document.querySelectorAll('.tile[data-frame]')].every(t => t.dataset.frame === '{frame}')"
    )
    return seen(page)


def test_nine_clips_are_within_one_frame_of_the_clock_after_five_seconds_of_play(
    visit: Visit, nine: Path
) -> None:
    page = visit(nine, "t=0", frames=9)
    page.evaluate("addEventListener('keydown', () => { window.began = performance.now(); }, true)")
    page.keyboard.press("Space")
    page.wait_for_timeout(5000)
    now, frames = page.evaluate(SEEN)
    asked = (now - page.evaluate("window.began")) / 1000 * 8 % FRAMES
    assert len(frames) == 9
    assert len(set(frames)) == 1
    assert min((frames[0] - asked) % FRAMES, (asked - frames[0]) % FRAMES) <= 1.01
    assert len({tuple(seen(page)) for _ in range(3) if not page.wait_for_timeout(300)}) > 1


def test_clips_play_on_opening_unless_the_person_asked_for_little_motion(visit: Visit, nine: Path) -> None:
    assert visit(nine).get_by_role("button", name="Pause").is_visible()
    assert visit(nine, reduced_motion="reduce").get_by_role("button", name="Play").is_visible()


def test_the_scrubber_takes_all_clips_to_a_frame_by_mouse_and_by_keyboard(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=0", frames=9)
    box = page.locator("#scrub").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    middle = int(page.locator("#scrub").input_value())
    assert middle in (7, 8)
    assert settle(page, middle) == [middle] * 9
    page.keyboard.press("ArrowRight")  # of the slider, which has the focus
    assert settle(page, middle + 1) == [middle + 1] * 9
    page.locator("#board .stage").first.focus()
    page.keyboard.press("End")
    assert settle(page, 15) == [15] * 9
    page.keyboard.press(".")  # around the end
    assert settle(page, 0) == [0] * 9
    page.keyboard.press(",")
    assert settle(page, 15) == [15] * 9


def test_a_clip_played_once_stops_at_its_last_frame(visit: Visit, nine: Path) -> None:
    page = visit(nine, "t=1.5&speed=4&loop=", frames=9)
    page.keyboard.press("Space")
    page.get_by_role("button", name="Play").wait_for()
    assert seen(page) == [15] * 9


def test_clips_of_other_rates_and_lengths_share_one_time(visit: Visit, tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7", "10"]}, fps=16)
    for number, (frames, fps) in enumerate([(16, 8), (16, 16), (8, 8)]):
        exhibit(tmp_path, plan.points[number], coded(number, frames, fps=fps))
    page = visit(build_viewer(tmp_path, plan).path, "t=0.75", frames=3)
    assert seen(page) == [6, 12, 6]
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.tile').dataset.frame === '15'")
    assert seen(page) == [15, 15, 7]
    assert page.locator(".tile.is-held").count() == 2


def test_two_hundred_clips_play_over_thirty_frames_a_second(visit: Visit, tmp_path: Path) -> None:
    axes = {"seed": [str(n) for n in range(20)], "cfg": [str(n) for n in range(1, 11)]}
    plan = exhibit_all(tmp_path, plan_of(axes), lambda number: coded(number, side=48))
    path = build_viewer(tmp_path, plan).path
    assert path.stat().st_size < 50 * 2**20
    page = visit(path, "order=plan&zoom=0.4", frames=120)
    assert page.locator(".tile").count() == 200
    rate = page.evaluate(
        """() => new Promise((done) => { let count = 0, first; const tick = (now) => { first ??= now;
        if (now - first > 2000) return done(count / (now - first) * 1000); count++; requestAnimationFrame(tick); };
        requestAnimationFrame(tick); })"""
    )
    assert rate > 30
    assert len(set(seen(page)[:100])) == 1
