"""One experiment file on four backends: one sweep, one grid, one page; refusals are told before it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Studio
from tests.doubles.a1111 import Double as WebUI
from tests.doubles.comfyui import Double as ComfyUI

TINY = Path(__file__).parent / "diffusers/tiny.py"
FOUR = "backend=testcard,diffusers,comfy,webui"
EXPERIMENT = """\
# @package _global_
checkpoint: {{name: tiny, base: sd15, path: {weights}/checkpoint}}
motion: {{name: swing, base: sd15, family: v2, beta_end: 0.012, path: {weights}/motion_a}}
prompt: a cat
sampler: euler
steps: 2
frames: 4
width: 64
height: 64
tracking: {{enabled: false}}
"""
COMFY = """\
name: comfyui
url: {url}
poll: 0.05
models: {{tiny: v1-5-pruned-emaonly.safetensors, swing: mm_sd_v15_v2.ckpt}}
"""
WEBUI = """\
name: a1111
url: {url}
poll: 0.01
models: {{tiny: sd15.safetensors, swing: v15_v2.safetensors}}
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    subprocess.run([sys.executable, str(TINY), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture
def four(studio: Studio, weights: Path) -> Iterator[tuple[Studio, ComfyUI, WebUI]]:
    """A studio with the experiment file `same` and two servers that have its models."""
    with ComfyUI() as comfy, WebUI() as webui:
        studio.write("conf/experiment/same.yaml", EXPERIMENT.format(weights=weights))
        studio.write("conf/backend/comfy.yaml", COMFY.format(url=comfy.url))
        studio.write("conf/backend/webui.yaml", WEBUI.format(url=webui.url))
        yield studio, comfy, webui


def test_the_same_experiment_file_makes_one_page_with_a_clip_of_each_backend(
    four: tuple[Studio, ComfyUI, WebUI],
) -> None:
    studio, comfy, webui = four
    said = studio("-m", "experiment=same", FOUR)
    assert said.code == 0, said.err
    records = {record["coordinates"]["backend"]: record for record in studio.records()}
    assert list(records) == ["testcard", "diffusers", "comfy", "webui"]
    assert {record["status"] for record in records.values()} == {"finished"}
    (folder,) = studio.sweeps()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(name in page for name in records)
    assert (folder / "grid.mp4").stat().st_size > 0
    assert sum(comfy.renders.values()) == 1
    assert webui.state.options == webui.state.options_at_start
    frames = {
        (studio.folder / "runs/store").glob(f"*/{each['render_key']}/render.json")
        for each in records.values()
    }
    assert len({json.loads(next(found).read_text())["frames_sha256"] for found in frames}) == 4


def test_fields_that_a_backend_cannot_honour_are_listed_before_anything_renders(
    four: tuple[Studio, ComfyUI, WebUI],
) -> None:
    studio, comfy, webui = four
    words = ("-m", "experiment=same", FOUR, "motion_scale=1.2", "freeinit.iterations=2", "freeinit.fast=true")
    plan = studio("plan", *words)
    assert plan.code == 2
    said = studio(*words)
    assert said.code == 2
    for told in (plan.out, said.err):
        assert "freeinit.fast" in told
        assert "motion_scale" in told
    assert not (studio.folder / "runs").exists()
    assert not comfy.jobs
    assert not webui.jobs


def test_those_that_can_are_rendered_when_the_others_are_left_out(
    four: tuple[Studio, ComfyUI, WebUI],
) -> None:
    studio, _, webui = four
    said = studio("-m", "experiment=same", FOUR, "motion_scale=1.2", "sweep.skip_invalid=true")
    assert said.code == 0, said.err
    states = {point.coordinates["backend"]: point.state for point in studio.plan().points}
    assert states == {"testcard": "planned", "diffusers": "planned", "comfy": "planned", "webui": "invalid"}
    assert not webui.jobs
