"""The page is one file, made again only when it would show something else, and small enough to send."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animorch import Clip, UsageError
from animorch.cli import main
from animorch.compare.cell import look
from animorch.compare.viewer import build_report, build_viewer
from animorch.compare.viewer.budget import pack
from animorch.compare.viewer.document import script
from animorch.compare.viewer.sprite import Rung, sprite
from tests.compare.handmade_sweep import finish, plan_of, record
from tests.compare.viewer.conftest import coded, exhibit, exhibit_all


def told(path: Path) -> dict[str, object]:
    """The facts in a page."""
    found = re.search(r'id="page">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_a_page_names_no_other_file(nine: Path) -> None:
    text = nine.read_text(encoding="utf-8")
    assert "http" not in re.sub(r'"http://www.w3.org/2000/svg"|http-equiv', "", text)
    assert re.search(r'\b(?:src|href)="(?!#")', text) is None
    assert "localStorage" not in script()


def test_a_page_that_shows_this_already_stays_and_another_is_made_when_numbers_change(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7"]})
    exhibit(tmp_path, plan.points[0], coded(0))
    home = exhibit(tmp_path, plan.points[1], coded(1), key="another")
    path = build_viewer(tmp_path, plan).path
    first = path.stat()
    again = build_viewer(tmp_path, plan)
    assert (path.stat().st_mtime_ns, again.mismatched) == (first.st_mtime_ns, ["cfg=7"])
    (home / "metrics.json").write_text('{"final": {"motion": 9.5, "nan": NaN}}')
    build_viewer(tmp_path, plan)
    assert '"motion":9.5,"nan":null' in path.read_text(encoding="utf-8")


def test_a_file_that_is_no_page_of_ours_is_not_replaced(tmp_path: Path) -> None:
    plan = exhibit_all(tmp_path, plan_of({"cfg": ["4", "7"]}))
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(UsageError, match=r"no page of animorch; give another file with --to"):
        build_viewer(tmp_path, plan)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_sweep_of_which_nothing_is_finished_still_has_a_page(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4", "7"]})
    record(tmp_path, plan.points[0], "failed", "no memory")
    cells = told(build_viewer(tmp_path, plan).path)["cells"]
    assert [cell["state"] for cell in cells] == ["failed", "missing"]  # type: ignore[attr-defined]


def test_a_damaged_clip_costs_its_own_cell_only(tmp_path: Path) -> None:
    plan = exhibit_all(tmp_path, plan_of({"cfg": ["4", "7"]}))
    film = tmp_path / "cell0/frames.mkv"
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    cells = told(build_viewer(tmp_path, plan).path)["cells"]
    assert cells[0]["sprite"] is None  # type: ignore[index]
    assert cells[1]["sprite"]  # type: ignore[index]


def test_pictures_are_the_clip_bit_by_bit_while_there_is_room(tmp_path: Path) -> None:
    plan = plan_of({"cfg": ["4"]})
    finish(tmp_path, plan.points[0], coded(0))
    cells = [look(tmp_path, plan.points[0], 8)]
    assert pack(cells).said == ""
    small = pack(cells, exact=10)
    assert small.said == "Pictures in this page are compressed (WebP quality 92), to keep it small."


def test_pictures_shrink_until_the_page_is_small_enough_and_the_page_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, 128, 128, 3), np.uint8)
    plan = plan_of({"cfg": ["4", "7", "10"]})
    for point in plan.points:
        finish(tmp_path, point, Clip(noise))
    cells = [look(tmp_path, point, 8) for point in plan.points]
    packed = pack(cells, most=60_000, exact=30_000)
    assert sum(found.bytes for found in packed.sprites if found) * 4 / 3 <= 60_000
    assert packed.rung.scale < 1
    assert re.fullmatch(
        r"Pictures .* \(WebP quality \d+\) at \d+% of their size, to keep it small\.", packed.said
    )


@settings(max_examples=20, deadline=None)
@given(frames=st.integers(1, 40), width=st.integers(1, 300), height=st.integers(1, 300))
def test_every_frame_has_its_own_place_on_the_sheets(frames: int, width: int, height: int) -> None:
    from io import BytesIO

    from PIL import Image

    shape = (frames, height, width, 3)
    clip = Clip(np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None, None] * 6, shape))
    found = sprite(clip, Rung(1.0, None))
    sheets = [Image.open(BytesIO(sheet)) for sheet in found.sheets]
    for frame in range(0, frames, 7):
        sheet, place = divmod(frame, found.columns * found.rows)
        down, across = divmod(place, found.columns)
        assert max(sheets[sheet].size) <= 2048
        corner = sheets[sheet].getpixel((across * width, down * height))
        last = sheets[sheet].getpixel(((across + 1) * width - 1, (down + 1) * height - 1))
        assert corner == last == (frame * 6,) * 3


def test_sweeps_with_other_axes_and_rates_are_joined_on_all_of_them(tmp_path: Path) -> None:
    one = plan_of({"cfg": ["4", "7"]}, fps=8)
    other = plan_of({"prompt": ["a boat", "a kite"], "cfg": ["10"]}, fps=16)
    one = one.model_copy(update={"name": "first"})
    exhibit_all(tmp_path / "a", one)
    exhibit_all(tmp_path / "b", other, lambda number: coded(number, fps=16))
    page = told(build_report([(tmp_path / "a", one), (tmp_path / "b", other)], tmp_path / "both.html").path)
    assert [(axis["name"], axis["values"]) for axis in page["axes"]] == [  # type: ignore[attr-defined]
        ("cfg", ["4", "7", "10"]),
        ("prompt", ["a boat", "a kite", "a fox"]),
        ("sweep", ["first", "cats"]),
    ]
    cells = page["cells"]
    assert [cell["fps"] for cell in cells] == [8, 8, 16, 16]  # type: ignore[attr-defined]
    assert cells[0]["coordinates"] == {"cfg": "4", "prompt": "a fox", "sweep": "first"}  # type: ignore[index]


def test_one_experiment_on_two_backends_is_shown_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for backend in ("testcard", "comfyui"):
        plan = exhibit_all(tmp_path / backend, plan_of({"cfg": ["4", "7"]}))
        plan.save(tmp_path / backend)
        for home in (tmp_path / backend).glob("cell*/experiment.json"):
            home.write_text(home.read_text().replace("testcard", backend))
    assert main(["report", "testcard", "comfyui"]) == 0
    assert capsys.readouterr().out == "report.html\n"
    axes = told(tmp_path / "report.html")["axes"]
    assert axes[-1] == {
        "name": "backend",
        "values": ["testcard", "comfyui"],
        "labels": ["testcard", "comfyui"],
    }  # type: ignore[index]


def test_report_tells_a_wrong_clip_and_refuses_what_is_no_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of({"cfg": ["4", "7"]})
    exhibit(tmp_path, plan.points[0], coded(0), key="another")
    plan.save(tmp_path)
    assert main(["report", str(tmp_path)]) == 3
    assert "wrong clip in cell cfg=4" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none")]) == 2
    assert "holds no plan.json" in capsys.readouterr().err
