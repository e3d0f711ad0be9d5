"""A grid in other formats, with numbers, other names of axes, and letters of any script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from handmade_sweep import finish_all, flat, plan_of

from animorch import UsageError
from animorch.compare import Wishes, build_grid, letters
from animorch.compare.arrangement import arrange
from animorch.media import decode
from animorch.runs.sweep import SweepPlan


@pytest.fixture
def plan(tmp_path: Path) -> SweepPlan:
    plan = plan_of({"cfg": ["4", "7"]})
    finish_all(tmp_path, plan, flat)
    for number in range(2):
        told = {"final": {"sharpness": 12.5 + number}}
        (tmp_path / f"cell{number}" / "metrics.json").write_text(json.dumps(told))
    return plan


@pytest.mark.parametrize("ending", ["gif", "webm"])
def test_a_grid_of_another_format_holds_every_frame_beside_the_usual_one(
    tmp_path: Path, plan: SweepPlan, ending: str
) -> None:
    result = build_grid(tmp_path, plan, wishes=Wishes(name=f"grid.{ending}"))
    assert result.path_video == tmp_path / f"grid.{ending}"
    assert result.path_sheet is None
    assert len(decode(result.path_video)) == 4
    assert not (tmp_path / "grid.mp4").exists()


def test_numbers_stand_in_a_band_below_each_cell(tmp_path: Path, plan: SweepPlan) -> None:
    from PIL import Image

    heights = []
    for metrics in ((), ("sharpness",)):
        result = build_grid(tmp_path, plan, wishes=Wishes(name="grid.png", metrics=metrics), force=True)
        with Image.open(result.path_video) as image:
            heights.append(image.height)
    assert 15 <= heights[1] - heights[0] <= 30


def test_a_metric_or_an_axis_that_is_not_there_is_one_sentence(tmp_path: Path, plan: SweepPlan) -> None:
    with pytest.raises(UsageError, match="measured: sharpness"):
        build_grid(tmp_path, plan, wishes=Wishes(metrics=("beauty",)))
    with pytest.raises(UsageError, match="its axes are cfg"):
        build_grid(tmp_path, plan, wishes=Wishes(names={"cgf": "guidance"}))


def test_an_axis_is_called_as_asked() -> None:
    plan = plan_of({"prompt": ["a fox", "a cat"], "cfg": ["4", "7"]})
    (page,) = arrange(plan, 1, {"cfg": "guidance", "prompt": ""})
    assert page.columns == ("guidance 4", "guidance 7")
    assert page.rows == ("a fox", "a cat")
    assert arrange(plan, 1)[0].rows == ("prompt: a fox", "prompt: a cat")


@pytest.mark.parametrize("text", ["лиса в снегу", "αλεπού", "שועל", "ثعلب في الثلج"])
def test_other_scripts_are_drawn_wherever_mlflow_is_installed(text: str) -> None:
    assert letters.legible(text) == text
    assert letters.width_in(text, 15) > 20


def test_a_line_of_several_scripts_is_put_together_from_the_fonts_that_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = pytest.importorskip("fontTools.fontBuilder", reason="no fontTools to make a font with")
    pens = pytest.importorskip("fontTools.pens.ttGlyphPen", reason="no fontTools to make a font with")
    pen = pens.TTGlyphPen(None)
    for move, at in (("moveTo", (100, 0)), ("lineTo", (100, 700)), ("lineTo", (900, 700))):
        getattr(pen, move)(at)
    pen.closePath()
    font = builder.FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "fox"])
    font.setupCharacterMap({ord("\ue001"): "fox"})
    font.setupGlyf({".notdef": pens.TTGlyphPen(None).glyph(), "fox": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "fox": (1000, 100)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "own.ttf")
    monkeypatch.setattr(letters, "holding", lambda sign: [])
    assert letters.legible("лиса \ue001") == "лиса \\ue001"
    for cached in (letters._pieces, letters._has):
        cached.cache_clear()
    monkeypatch.setenv("ANIMORCH_FONT", str(tmp_path / "own.ttf"))
    assert letters.legible("лиса \ue001") == "лиса \ue001"
    assert [piece for _, piece in letters._pieces("лиса \ue001")] == ["лиса ", "\ue001"]
