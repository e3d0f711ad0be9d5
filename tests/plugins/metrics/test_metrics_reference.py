"""Metrics beside a reference clip, by the bundled ffmpeg, and what is said where they cannot measure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from animorch_metrics import FfmpegPsnr, FfmpegSsim, Vmaf, Xpsnr

from animorch import Clip, MediaError, MetricError, compared, comparisons
from animorch.media import encode, ffmpeg
from animorch.testing import MetricContract
from tests.conftest import Studio
from tests.plugins.metrics.shots import SPEC, noisy, number, pan

ALL = [FfmpegSsim, FfmpegPsnr, Xpsnr, Vmaf]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    encode(pan(3, size=64, frames=3), tmp_path / "right.mkv", {})
    return tmp_path / "right.mkv"


class ReferenceContract(MetricContract):
    """The contract's clips have three lengths, so each is compared with itself."""

    @pytest.fixture(autouse=True)
    def _its_own_reference(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        measure = self.plugin.measure

        def beside_itself(metric, clip, spec):  # type: ignore[no-untyped-def]
            path = tmp_path / f"{len(clip)}.mkv"
            encode(clip, path, {})
            return measure(metric.model_copy(update={"reference": str(path)}), clip, spec)

        monkeypatch.setattr(self.plugin, "measure", beside_itself)


class TestFfmpegSsim(ReferenceContract):
    plugin = FfmpegSsim


class TestFfmpegPsnr(ReferenceContract):
    plugin = FfmpegPsnr


class TestXpsnr(ReferenceContract):
    plugin = Xpsnr


class TestVmaf(ReferenceContract):
    plugin = Vmaf


def test_the_bundled_ffmpeg_has_all_four() -> None:
    assert set(comparisons()) == {"ssim", "psnr", "xpsnr", "vmaf"}


@pytest.mark.parametrize("plugin", ALL)
def test_noise_takes_away_from_likeness_to_the_reference(plugin: type, reference: Path) -> None:
    metric, clip = plugin(reference=str(reference)), pan(3, size=64, frames=3)
    found = [number(metric, noisy(clip, by), metric.name) for by in (0, 6, 12, 24)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 4
    assert len(metric.measure(clip, SPEC)[f"{metric.name}_by_frame"]) == 3


def test_equal_clips_read_the_best_there_is(reference: Path) -> None:
    clip = pan(3, size=64, frames=3)
    assert number(FfmpegSsim(reference=str(reference)), clip, "ffmpeg_ssim") == 1
    assert number(FfmpegPsnr(reference=str(reference)), clip, "ffmpeg_psnr") == 100
    assert number(Xpsnr(reference=str(reference)), clip, "xpsnr") == 100
    assert number(Vmaf(reference=str(reference)), clip, "vmaf") > 90


def test_psnr_is_that_of_the_levels_by_hand() -> None:
    black, grey = (Clip(np.full((2, 32, 32, 3), level, np.uint8)) for level in (0, 85))
    # 85 of 255 levels are 73 of 219 in luma, and nothing in the other two planes
    by_hand = 10 * np.log10(255**2 / (73**2 / 3))
    assert compared(black, grey, "psnr") == pytest.approx([by_hand] * 2, abs=0.01)


def test_another_size_is_refused_in_a_sentence(reference: Path) -> None:
    with pytest.raises(MetricError, match=r"3 frames of 32x32 .* 3 frames of 64x64"):
        Vmaf(reference=str(reference)).measure(pan(3, size=32, frames=3), SPEC)
    with pytest.raises(MediaError, match=r"2 frames of 64x64 .* 3 frames"):
        compared(pan(3, size=64, frames=2), pan(3, size=64, frames=3), "ssim")


def test_an_ffmpeg_without_the_filter_is_told(reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "filters", lambda: frozenset({"ssim", "psnr"}))
    (said,) = Vmaf(reference=str(reference)).preflight()
    assert "no filter for vmaf" in said
    assert not FfmpegSsim(reference=str(reference)).preflight()
    with pytest.raises(MediaError, match="it has ssim, psnr"):
        compared(pan(1, size=32), pan(1, size=32), "vmaf")


def measured(studio: Studio) -> dict[str, dict[str, object]]:
    (path,) = studio.folder.glob("runs/*/*/*/metrics.json")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def test_a_metric_without_its_reference_is_left_out_and_told_once(studio: Studio) -> None:
    words = ("metrics=[sharpness,vmaf]", "seed=1")
    told = studio("plan", "backend=testcard", "width=64", "height=48", "frames=4", "steps=2", *words)
    assert told.code == 0
    assert told.out.count("metric vmaf is left out") == 1
    assert "give metrics.vmaf.reference=FILE" in told.out
    said = studio.small(*words)
    assert said.code == 0
    assert (said.out + said.err).count("metric vmaf is left out") == 1
    assert set(measured(studio)["final"]) == {"sharpness", "sharpness_drift", "sharpness_by_frame"}
    (log,) = studio.folder.glob("runs/*/*/*/log.txt")
    assert "metric vmaf is left out" in log.read_text()


def test_a_metric_is_made_up_for_when_its_reference_comes(studio: Studio) -> None:
    words = ("metrics=[ffmpeg_ssim]", "metrics.ffmpeg_ssim.reference=right.mkv")
    assert studio.small(*words).code == 0
    shutil.copy(next(studio.folder.glob("runs/*/*/*/frames.mkv")), studio.folder / "right.mkv")
    said = studio.small(*words)
    assert said.code == 0
    assert "frames kept" in said.out + said.err
    found = [json.loads(path.read_text())["final"] for path in studio.folder.glob("runs/*/*/*/metrics.json")]
    assert {"ffmpeg_ssim": 1.0, "ffmpeg_ssim_by_frame": [1.0] * 4} in found


def test_a_reference_is_measured_before_post_steps_where_it_does_not_fit_after(studio: Studio) -> None:
    encode(pan(1, size=48, frames=4), studio.folder / "right.mkv", {})
    words = (
        "width=48",
        "metrics=[ffmpeg_psnr]",
        "metrics.ffmpeg_psnr.reference=right.mkv",
        "post=[boomerang]",
    )
    assert studio.small(*words).code == 0
    found = measured(studio)
    assert "ffmpeg_psnr" in found["before_post"]
    assert "ffmpeg_psnr" not in found["final"]
