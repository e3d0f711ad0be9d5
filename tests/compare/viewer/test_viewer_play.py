"""In a real browser every clip follows one clock, by mouse and by keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from animorch.compare.viewer import build_viewer
from tests.compare.handmade_sweep import plan_of
from tests.compare.viewer.conftest import FRAMES, coded, exhibit

Visit = Callable[..., Any]
# The time, and the frame that each canvas really shows by the red of its middle pixel, in one moment.
SEEN = """() => new Promise((done) => requestAnimationFrame((now) => {
  const pixel = (it) => it.getContext('2d').getImageData(it.width / 2, it.height / 2, 1, 1);
  const canvases = [...document.querySelectorAll('.tile canvas')];
  done([now, canvases.map((canvas) => (pixel(canvas).data[0] - 8) / 15)]); }))"""
RATE = """() => new Promise((done) => { let count = 0, first; const tick = (now) => { first ??= now;
  if (now - first > 1000) return done(count / (now - first) * 1000);
  count++; requestAnimationFrame(tick); };
  requestAnimationFrame(tick); })"""
STANDS = "[...document.querySelectorAll('.tile[data-frame]')].every((tile) => tile.dataset.frame === '{}')"


def seen(page: Any) -> list[float]:
    frames: list[float] = page.evaluate(SEEN)[1]
    return frames


def settle(page: Any, frame: int) -> list[float]:
    """What is seen once the clips stand at a frame."""
    page.wait_for_function(STANDS.format(frame))
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
    assert settle(page, 15) == [15] * 9
    page.get_by_role("button", name="Play").wait_for()
    page.wait_for_timeout(300)
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


@pytest.mark.slow  # a matter of the machine's load, so it is run by hand
def test_two_hundred_clips_play_over_thirty_frames_a_second(visit: Visit, nine: Path, tmp_path: Path) -> None:
    page = visit(
        multiplied(nine, 200, tmp_path), "zoom=0.4", frames=200, viewport={"width": 1440, "height": 1200}
    )
    rates = [
        page.evaluate(RATE) for _ in range(4)
    ]  # the best second: other work on the machine is none of ours
    assert max(rates) > 30
    frames = seen(page)
    assert (len(frames), len(set(frames))) == (200, 1)


def multiplied(nine: Path, count: int, folder: Path) -> Path:
    """A page of many cells made from one of few, each with pictures of its own."""
    text = nine.read_text(encoding="utf-8")
    found = re.search(r'(?<=id="page">).*?(?=</script>)', text, re.DOTALL)
    assert found
    page = json.loads(found[0])
    page["axes"] = [{"name": "seed", "values": (seeds := [str(n) for n in range(count)]), "labels": seeds}]
    page["cells"] = [page["cells"][n % 9] | {"id": n, "coordinates": {"seed": str(n)}} for n in range(count)]
    sheets = re.findall(r'<script type="text/plain" id="sheet-\d-0">(.*?)</script>', text)
    pictures = (f'<script type="text/plain" id="sheet-{n}-0">{sheets[n % 9]}</script>' for n in range(count))
    start, end = text.index('<script type="text/plain"'), text.index('<script type="module">')
    told = json.dumps(page).replace("<", "\\u003c")
    path = folder / "many.html"
    path.write_text(text[: found.start()] + told + text[found.end() : start] + "".join(pictures) + text[end:])
    return path
