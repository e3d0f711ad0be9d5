from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
from animorch_testcard import CardBackend

from animorch import BackendError, Checkpoint, MotionModule
from animorch.testing import BackendContract, small_spec


class TestTestcard(BackendContract):
    plugin = CardBackend


NOT_PIXELS = {
    "path", "repo", "file", "revision", "bytes", "sha256", "licence", "notes",  # where weights lie
    "recommends", "family", "trained_frames",  # advice to people
}  # fmt: skip


def render(**changes: Any) -> np.ndarray[Any, Any]:
    return CardBackend().render(small_spec(**changes), lambda step, total: None).frames


def differ(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Mean absolute difference, 0..255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("table", 24), ("beta_schedule", "scaled_linear"), ("beta_start", 0.001), ("beta_end", 0.02),
        ("family", "v3"), ("trained_frames", 12), ("recommends", {"steps": 3}), ("notes", "slow"),
    ],
)  # fmt: skip
def test_a_field_of_the_motion_module_changes_pixels_when_it_means_pixels(field: str, value: Any) -> None:
    usual = small_spec().motion.model_dump()
    same = bool((render(motion=usual | {field: value}) == render()).all())
    assert same == (field in NOT_PIXELS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("length", 5), ("overlap", 1), ("stride_levels", 2), ("closed_loop", True), ("fuse", "pyramid"),
    ],
)  # fmt: skip
def test_every_field_of_the_window_changes_pixels(field: str, value: Any) -> None:
    window = {"length": 4, "overlap": 2}
    assert differ(render(window=window), render(window=window | {field: value})) > 0


def test_the_content_of_weights_counts_and_their_place_does_not(tmp_path: Any) -> None:
    def with_file(folder: str, content: bytes) -> np.ndarray[Any, Any]:
        path = tmp_path / folder / "style.safetensors"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return render(loras=[f"{path}:0.7"])

    assert differ(with_file("here", b"one"), with_file("there", b"one")) == 0
    assert differ(with_file("here", b"one"), with_file("here", b"two")) > 0


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a green forest"}, {"seed": 5}, {"cfg": 2.0}, {"cfg": 20.0}, {"steps": 1},
        {"motion": {"name": "v14", "base": "sd15"}}, {"loras": [{"name": "film"}]},
        {"negative_prompt": "blurry"}, {"motion_loras": [{"name": "PanLeft"}]},
    ],
)  # fmt: skip
def test_what_people_compare_can_be_seen(change: dict[str, Any]) -> None:
    usual = {"width": 128, "height": 128, "steps": 25}
    grain_alone = differ(render(**usual), render(**usual, sampler="ddim", clip_skip=2))
    assert differ(render(**usual), render(**usual | change)) > 1.05 * grain_alone


def test_a_higher_cfg_has_more_contrast_and_more_colour() -> None:
    clips = [render(cfg=cfg).astype(float) for cfg in (1.5, 4, 7.5, 15)]
    contrast = [clip.mean(axis=3).std() for clip in clips]
    colour = [(clip.max(axis=3) - clip.min(axis=3)).mean() for clip in clips]
    assert contrast == sorted(contrast)
    assert colour == sorted(colour)


def test_prompt_travel_goes_from_one_look_to_the_other() -> None:
    travel = render(prompt="snow", prompt_travel={0: "snow", 5: "a red rose"}, width=96, height=96)
    snow, rose = (render(prompt=prompt, width=96, height=96) for prompt in ("snow", "a red rose"))
    to_snow = [differ(travel[frame], snow[frame]) for frame in range(6)]
    to_rose = [differ(travel[frame], rose[frame]) for frame in range(6)]
    assert to_snow[0] < to_snow[3] < to_snow[5]
    assert to_rose[0] > to_rose[3] > to_rose[5]


def test_a_motion_scale_of_nothing_stands_still_but_for_the_grain() -> None:
    still, moving = render(motion_scale=0.0, steps=100), render(steps=100)
    middle = np.s_[:, 12:40, 12:52]
    assert differ(still[middle][1:], still[middle][:-1]) < differ(moving[middle][1:], moving[middle][:-1])


def test_a_closed_loop_ends_where_it_begins() -> None:
    from animorch_testcard.movement import pose

    spec = small_spec(
        window={"length": 4, "overlap": 2, "closed_loop": True}, motion={"name": "loop", "base": "sd15"}
    )
    start, end = pose(spec, 0, 0), pose(spec, 0, spec.frames)
    assert (start.x, start.y) == pytest.approx((end.x, end.y))


@pytest.mark.parametrize(("width", "height"), [(8, 8), (8, 64), (101, 37), (64, 64), (333, 512)])
def test_any_size_can_be_drawn(width: int, height: int) -> None:
    frames = render(width=width, height=height, frames=2)
    assert frames.shape == (2, height, width, 3)
    assert len(np.unique(frames)) > 20


PRINT_HASH = """
import hashlib
from animorch_testcard import CardBackend
from animorch.testing import small_spec
frames = CardBackend().render(small_spec(loras=[{'name': 'film'}]), lambda step, total: None).frames
print(hashlib.sha256(frames.tobytes()).hexdigest())
"""


def test_another_process_draws_the_same_bytes() -> None:
    here = hashlib.sha256(render(loras=[{"name": "film"}]).tobytes()).hexdigest()
    env = os.environ | {"PYTHONHASHSEED": "17"}
    there = subprocess.run(
        [sys.executable, "-c", PRINT_HASH], capture_output=True, text=True, env=env, check=True
    )
    assert there.stdout.strip() == here


@pytest.mark.parametrize("fail_on", ["kite", "cfg=7.5", "cfg=7.50", "motion=v15_v2", "seed=0"])
def test_fail_on_fails_halfway_with_its_reason(fail_on: str) -> None:
    seen: list[int] = []
    with pytest.raises(BackendError, match="asked to fail"):
        CardBackend(fail_on=fail_on).render(small_spec(), lambda step, total: seen.append(step))
    assert seen == [1, 2]


@pytest.mark.parametrize("fail_on", ["", "cow", "cfg=7", "motion=v14", "nothing=7"])
def test_fail_on_leaves_others_alone(fail_on: str) -> None:
    assert len(CardBackend(fail_on=fail_on).render(small_spec(), lambda step, total: None)) == 6


def test_delay_waits_at_each_step() -> None:
    started = time.perf_counter()
    CardBackend(delay=0.02).render(small_spec(steps=5), lambda step, total: None)
    assert time.perf_counter() - started >= 0.1


def test_waiting_and_failing_are_no_part_of_the_identity() -> None:
    assert CardBackend(delay=1, fail_on="x").identity() == CardBackend().identity()


def test_it_knows_a_module_by_its_content_not_by_advice() -> None:
    module = MotionModule(name="m", base="sd15", sha256=("a" * 64,))
    other = MotionModule(name="m", base="sd15", sha256=("b" * 64,))
    checkpoint = Checkpoint(name="sd15", base="sd15")
    assert (
        differ(render(motion=module, checkpoint=checkpoint), render(motion=other, checkpoint=checkpoint)) > 0
    )
