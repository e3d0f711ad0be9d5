"""A grid shows each clip in its place and time, says what is missing, and never hides a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade_sweep import colour, finish, finish_all, flat, plan_of, record

from animorch import Clip, UsageError
from animorch.compare import build_grid, grid_key
from animorch.compare.style import ALARM, TONES
from animorch.media import decode, encode, read_metadata

Picture = np.ndarray[Any, Any]


def near(picture: Picture, rgb: tuple[int, int, int], within: int = 8) -> Picture:
    """Which pixels have nearly this colour; bool of shape (H, W)."""
    return (np.abs(picture.astype(int) - rgb) <= within).all(-1)


def centre(picture: Picture, rgb: tuple[int, int, int]) -> tuple[float, float]:
    """Where the colour is, down and across, to ten pixels."""
    down, across = np.nonzero(near(picture, rgb))
    assert len(down) > 1000, f"colour {rgb} is not shown"
    return round(float(np.median(down)), -1), round(float(np.median(across)), -1)


def levels(*values: int, fps: float = 8, size: int = 64) -> Clip:
    """A clip whose frames are these greys."""
    frames = np.broadcast_to(np.array(values, np.uint8)[:, None, None, None], (len(values), size, size, 3))
    return Clip(frames.copy(), fps)


def test_two_axes_become_rows_and_columns(tmp_path: Path) -> None:
    plan = plan_of({"motion": ["a", "b"], "cfg": ["4", "7", "10"]})
    finish_all(tmp_path, plan, flat)
    result = build_grid(tmp_path, plan)
    film = decode(result.path_video)
    assert (len(film), film.fps, result.mismatched) == (4, 8, [])
    places = [centre(film.frames[1], colour(number)) for number in range(6)]
    assert places[0][0] == places[1][0] == places[2][0] < places[3][0] == places[5][0]
    assert places[0][1] == places[3][1] < places[1][1] == places[4][1] < places[2][1]


def test_further_axes_are_played_page_after_page_and_stacked_on_the_sheet(tmp_path: Path) -> None:
    from PIL import Image

    plan = plan_of({"seed": ["1", "2"], "motion": ["a", "b"], "cfg": ["4", "7"]})
    finish_all(tmp_path, plan, lambda number: flat(number, frames=3))
    result = build_grid(tmp_path, plan)
    frames = decode(result.path_video).frames
    assert len(frames) == 6
    assert near(frames[2], colour(0)).any()
    assert near(frames[3], colour(0)).sum() < 100
    assert centre(frames[3], colour(7)) == centre(frames[0], colour(3))
    with Image.open(result.path_sheet) as image:
        sheet = np.asarray(image)
    assert centre(sheet, colour(0))[0] < centre(sheet, colour(3))[0] < centre(sheet, colour(4))[0]


def test_every_cell_without_a_clip_says_so_in_its_own_colour(tmp_path: Path) -> None:
    plan = plan_of(
        {"motion": ["a", "b"], "cfg": ["4", "7", "10"]},
        cell1={"state": "excluded", "reason": "skip: cfg > 4", "folder": None},
        cell2={"state": "invalid", "reason": "frames=32 is more than 24", "folder": None},
    )
    finish(tmp_path, plan.points[0], flat(0))
    record(tmp_path, plan.points[3], "failed", "out of memory; lower width")
    torn = finish(tmp_path, plan.points[4], flat(4)) / "frames.mkv"
    torn.write_bytes(torn.read_bytes()[:200])
    frame = decode(build_grid(tmp_path, plan).path_video).frames[0]
    for state in ("excluded", "invalid", "failed", "unreadable", "missing"):
        assert near(frame, TONES[state].ground, 3).sum() > 3000, state
        assert near(frame, TONES[state].heading, 24).sum() > 20, state


def test_a_clip_that_breaks_only_while_decoded_does_not_end_the_grid(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7"]})
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
    torn = finish(tmp_path, plan.points[0], Clip(noise)) / "frames.mkv"
    torn.write_bytes(torn.read_bytes()[:60_000])
    finish(tmp_path, plan.points[1], flat(1))
    frames = decode(build_grid(tmp_path, plan).path_video).frames
    assert near(frames[0], TONES["unreadable"].ground, 3).sum() > 3000
    assert near(frames[0], colour(1)).any()


def test_a_sweep_with_nothing_finished_has_a_grid_of_panels(tmp_path: Path) -> None:
    result = build_grid(tmp_path, plan_of({"cfg": ["4", "7"]}))
    assert near(decode(result.path_video).frames[0], TONES["missing"].ground, 3).sum() > 3000
    assert result.path_sheet.exists()


def test_a_clip_of_another_render_is_framed_in_red_and_reported(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7", "10"]})
    finish(tmp_path, plan.points[0], flat(0))
    finish(tmp_path, plan.points[1], flat(1), key="another render")
    nameless = finish(tmp_path, plan.points[2], flat(2)) / "frames.mkv"
    encode(flat(2), nameless, {})
    result = build_grid(tmp_path, plan)
    assert result.mismatched == ["cfg=7", "cfg=10"]
    alarm = near(decode(result.path_video).frames[0], ALARM, 40)
    assert alarm.sum() > 2000
    assert np.nonzero(alarm)[1].min() > 256
    assert build_grid(tmp_path, plan).mismatched == ["cfg=7", "cfg=10"]


def test_a_shorter_clip_holds_its_last_frame_under_a_mark(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7"]})
    finish(tmp_path, plan.points[0], levels(80, 160))
    finish(tmp_path, plan.points[1], flat(1, frames=5))
    frames = decode(build_grid(tmp_path, plan).path_video).frames
    greys = [frame[100, 100, 0] for frame in frames]
    assert greys == pytest.approx([80, 160, 160, 160, 160], abs=4)
    cell = frames[:, :, :270]
    assert (np.abs(cell[2].astype(int) - cell[1]).max(-1) > 60).sum() > 50  # the mark
    assert (np.abs(cell[3].astype(int) - cell[2]).max(-1) > 60).sum() < 50


def test_clips_of_different_rates_are_in_step_by_time(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7"]}, fps=16)
    finish(tmp_path, plan.points[0], levels(60, 120, 180, fps=8), fps=8)
    finish(tmp_path, plan.points[1], levels(50, 80, 110, 140, 170, 200), fps=16)
    film = decode(build_grid(tmp_path, plan).path_video)
    assert film.fps == 16
    assert [frame[200, 100, 0] for frame in film.frames] == pytest.approx([60, 60, 120, 120, 180, 180], abs=4)
    assert [frame[200, 400, 0] for frame in film.frames] == pytest.approx([50, 80, 110, 140, 170, 200], abs=4)


def test_clips_of_different_sizes_are_letterboxed_never_stretched(tmp_path: Path) -> None:
    plan = plan_of({"width": ["512", "256"]})
    finish(tmp_path, plan.points[0], flat(0, 2, 512, 256))
    finish(tmp_path, plan.points[1], flat(1, 2, 256, 512))
    frame = decode(build_grid(tmp_path, plan).path_video).frames[0]
    for number, shape in ((0, 2.0), (1, 0.5)):
        down, across = np.nonzero(near(frame, colour(number)))
        assert np.ptp(across) / np.ptp(down) == pytest.approx(shape, rel=0.03)


def test_a_grid_of_large_clips_fits_a_screen(tmp_path: Path) -> None:
    plan = plan_of({"motion": ["a", "b"], "cfg": ["4", "7", "10"]})
    finish_all(tmp_path, plan, lambda number: flat(number, 1, 1024, 1024))
    film = decode(build_grid(tmp_path, plan).path_video)
    assert 1000 < film.width <= 1920
    assert 900 < film.height <= 1082


def test_post_processed_frames_are_shown_rather_than_the_rendered_ones(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4"]})
    home = finish(tmp_path, plan.points[0], flat(0, 2))
    encode(flat(1, 6), home / "final.mkv", {"render_key": "render0"})
    result = build_grid(tmp_path, plan)
    film = decode(result.path_video)
    assert len(film) == 6
    assert near(film.frames[0], colour(1)).any()
    assert result.mismatched == []


def test_a_grid_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7"]})
    finish(tmp_path, plan.points[0], flat(0))
    result = build_grid(tmp_path, plan)
    key, built = grid_key(plan, tmp_path), result.path_video.stat().st_mtime_ns
    assert build_grid(tmp_path, plan).path_video.stat().st_mtime_ns == built
    finish(tmp_path, plan.points[1], flat(1))
    assert grid_key(plan, tmp_path) != key
    again = build_grid(tmp_path, plan).path_video.stat().st_mtime_ns
    assert again > built
    assert build_grid(tmp_path, plan, force=True).path_video.stat().st_mtime_ns > again


def test_a_grid_is_built_again_when_its_sheet_or_video_is_gone(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4"]})
    finish(tmp_path, plan.points[0], flat(0))
    result = build_grid(tmp_path, plan)
    for path in (result.path_sheet, result.path_video):
        path.unlink()
        build_grid(tmp_path, plan)
        assert path.exists()


def test_a_grid_can_be_recognised_by_its_metadata(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4"]})
    finish(tmp_path, plan.points[0], flat(0))
    found = read_metadata(build_grid(tmp_path, plan).path_video)
    assert found["sweep_key"] == "5weep"
    assert found["grid_key"] == grid_key(plan, tmp_path)
    assert found["cells"] == [{"label": "cfg=4", "folder": "cell0", "render_key": "render0", "state": "clip"}]


def test_a_plan_without_points_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no points to show"):
        build_grid(tmp_path, plan_of({"cfg": []}))


def test_post_processed_frames_of_another_point_are_a_wrong_clip(tmp_path: Path) -> None:
    plan = plan_of({"post": ["a", "b"]})
    finish_all(tmp_path, plan, flat)
    for number, owner in enumerate(("point0", "point0")):
        keys = {"render_key": f"render{number}", "point_key": owner}
        encode(flat(number), tmp_path / f"cell{number}" / "final.mkv", keys)
    assert build_grid(tmp_path, plan).mismatched == ["post=b"]
