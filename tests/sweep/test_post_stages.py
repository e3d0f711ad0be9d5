"""Post-steps are stages: what was slow is kept, and nothing is rendered again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from animorch.media import decode
from animorch.sweep import post
from tests.conftest import Studio


def stages(studio: Studio) -> list[str]:
    found = (studio.folder / "runs/store").glob("*/*/stage.json")
    return sorted(json.loads(path.read_text())["step"] for path in found)


def log(studio: Studio) -> str:
    newest = max(
        (studio.folder / "runs").glob("default/*/*/log.txt"), key=lambda path: path.stat().st_mtime_ns
    )
    return newest.read_text()


def test_a_quick_step_is_not_kept(studio: Studio) -> None:
    studio.small("post=[boomerang]")
    assert stages(studio) == []


def test_a_changed_last_step_starts_from_the_slow_one_before_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "SLOW", 0.0)
    studio.small("post=[minterpolate,label]", "post.minterpolate.factor=3")
    assert stages(studio) == ["label", "minterpolate"]
    said = studio.small("post=[minterpolate,label]", "post.minterpolate.factor=3", "post.label.text=other")
    assert "0 rendered" in said.out
    assert "taken from the store: minterpolate\n" in log(studio)
    assert "post: minterpolate took" not in log(studio)


def test_another_rate_or_a_damaged_stage_is_made_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "SLOW", 0.0)
    studio.small("post=[blend]")
    (kept,) = (studio.folder / "runs/store").glob("*/*/stage.json")
    (kept.parent / "frames.mkv").write_bytes(b"damaged")
    studio.small("post=[blend]", "output.formats=[gif]")
    assert "post: blend took" in log(studio)
    studio.small("post=[blend]", "output.fps=4")
    assert "post: blend took" in log(studio)
    rates = {path.name: decode(path).fps for path in (studio.folder / "runs").glob("default/*/*/clip.*4")}
    assert rates["clip.mp4"] in (8.0, 16.0)


def test_the_guides_slow_motion_is_one_preset(studio: Studio) -> None:
    said = studio.small("post=slow_motion_24")
    assert said.code == 0, said.err
    (clip,) = (studio.folder / "runs").glob("default/*/*/clip.mp4")
    made = decode(clip)
    assert (len(made), made.fps) == (3 * 6 + 1, 24.0)


def test_weights_that_are_missing_stop_the_plan(studio: Studio) -> None:
    said = studio.small("post=[rife_torch]")
    assert said.code == 2
    assert "flownet.pkl" in said.err
    said = studio.small("post=slow_motion_24_rife")
    assert said.code == 2
    assert "post.rife_torch.weights" in said.err


def test_weights_are_known_by_their_content(studio: Studio, tmp_path: Path) -> None:
    from PIL import Image

    mark = tmp_path / "mark.png"
    words = ("post=[watermark]", f"post.watermark.picture={mark}", "output.formats=[png]")
    for colour in ("red", "blue"):
        Image.new("RGB", (8, 8), colour).save(mark)
        assert studio.small(*words).code == 0
    assert len(studio.sweeps()) == 2, "another picture under the same name gave the old clip"
