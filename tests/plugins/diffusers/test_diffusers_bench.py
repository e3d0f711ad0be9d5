"""`animorch bench native`: peers side by side on the same weights, in seconds at a tiny size."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from animorch_diffusers.bench.figures import Figure, Result
from animorch_diffusers.bench.flops import clip_flops, peak_of
from animorch_diffusers.bench.peer import peers_of
from rendering import render

from animorch import RenderSpec
from animorch.cli import main

CLIP = {"frames": 16, "width": 512, "height": 512, "steps": 25}
TINY = ["--size", "embedded", "--steps", "1", "--frames", "1", "--repeat", "1"]
RESULT = Result(
    size="sd15",
    device="NVIDIA H100 80GB HBM3",
    dtype="fp16",
    threads=None,
    clip=CLIP,
    flops=927.7e12,
    peak=790.0,
    libraries={"torch": "2.13.0"},
    figures=(
        Figure("stock eager", (5.0, 5.2, 5.1), 8.8, 14.0, 0),
        Figure("animorch", (2.0, 2.1, 2.05), 0.6, 2.0, 1),
    ),
    remarks=(),
)


@pytest.fixture(autouse=True)
def _no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_without_a_card_it_gives_figures_for_all_peers_and_says_what_is_left_out(capsys) -> None:
    assert main(["bench", "native", *TINY, "--json"]) == 0
    told = capsys.readouterr()
    figures = json.loads(told.out)
    assert [peer["peer"] for peer in figures["peers"]] == ["stock eager", "animorch"]
    for peer in figures["peers"]:
        assert peer["clip_seconds"] > 0
        assert peer["start_seconds"] > peer["load_seconds"] > 0
        assert peer["tflops"] == pytest.approx(figures["tflop_a_clip"] / peer["clip_seconds"])
        assert peer["levels_apart"] == 0
    assert (figures["size"], figures["frames"], figures["threads"]) == ("embedded", 1, 1)
    assert "not measured without CUDA" in figures["remarks"][0]
    assert "animorch: clip 1 of 1" in told.err  # progress, a line each where nobody watches


def test_sd15_without_a_card_is_measured_smaller_and_says_so(capsys, monkeypatch) -> None:
    from animorch_diffusers.bench import measure

    seen = {}

    def measured(size, clip, device, dtype, repeat, compiled, remarks, told):
        seen.update(clip, size=size.name, device=device)
        return replace(RESULT, remarks=tuple(remarks))

    monkeypatch.setattr(measure, "measured", measured)
    assert main(["bench", "native", "--steps", "3"]) == 0
    assert (seen["size"], seen["device"], seen["steps"], seen["width"]) == ("embedded", "cpu", 3, 64)
    assert "reduced: there is no CUDA device here (cpu)" in capsys.readouterr().out


def test_a_card_is_measured_with_stock_compiled_and_the_options_for_speed_as_well() -> None:
    named = [peer.name for peer in peers_of("cuda", compiled=False)]
    assert named == ["stock eager", "stock compiled", "animorch", "animorch fast"]
    assert [peer.name for peer in peers_of("cpu", compiled=True)][1] == "stock compiled"


def test_the_table_has_seconds_rates_and_the_share_of_the_h100s_floor() -> None:
    table = RESULT.table()
    assert "927.7 TFLOP a clip, which an H100 at 790 TFLOP/s does in 1.17 s at least" in table
    assert "stock eager: 23% of the H100's floor" in table
    assert "animorch: 2.49 times as fast as stock eager, loads 14.67 times as fast, 57% of the H100" in table
    assert RESULT.as_json()["peers"][0]["tflops"] == pytest.approx(927.7 / 5.1)


def test_flops_of_sd15_are_the_counted_ones(tmp_path: Path) -> None:
    from animorch_diffusers.bundled import Configs
    from diffusers import MotionAdapter

    for part in ("unet", "vae", "text_encoder"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "config.json").write_text(json.dumps(Configs("sd15").of(part)))
    import torch

    with torch.device("meta"):
        motion = MotionAdapter(motion_max_seq_length=32)
    (tmp_path / "motion").mkdir()
    (tmp_path / "motion" / "config.json").write_text(json.dumps(dict(motion.config)))
    spec = RenderSpec.model_validate(
        {
            "checkpoint": {"name": "c", "base": "sd15", "path": str(tmp_path)},
            "motion": {"name": "m", "base": "sd15", "path": str(tmp_path / "motion")},
            "prompt": "a cat",
            **CLIP,
        }
    )
    assert clip_flops(spec) / 1e12 == pytest.approx(50 * 17.749 + 40.2 + 0.03, rel=1e-3)


def test_flops_of_a_clip_are_linear_in_its_steps(spec) -> None:
    one, two, three = (clip_flops(spec(steps=steps, frames=1)) for steps in (1, 2, 3))
    assert three - two == pytest.approx(two - one)
    assert two > one


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--frames", "0"], "--frames 0 cannot be measured; give 1 to 32"),
        (["--width", "100"], "--width 100 is not a multiple of 64"),
        (["--repeat", "0"], "--repeat 0 measures nothing"),
        (["--device", "cpu", "--dtype", "fp16"], "about 60 times slower"),
    ],
)
def test_a_wrong_number_is_one_sentence(capsys, words, said) -> None:
    assert main(["bench", "native", *words]) == 2
    assert said in capsys.readouterr().err


def test_interrupted_it_leaves_no_weights_behind(capsys, monkeypatch, tmp_path) -> None:
    from animorch_diffusers.bench import measure

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measure, "_rounds", interrupted)
    monkeypatch.setattr(measure, "_started", interrupted)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["bench", "native", "--size", "small"]) == 130
    assert not list(tmp_path.iterdir())
    assert "interrupted" in capsys.readouterr().err


def test_a_card_is_known_by_its_name() -> None:
    assert peak_of("NVIDIA A100-SXM4-40GB") == 312
    assert peak_of("a toaster") is None


def test_its_help_imports_no_torch() -> None:
    code = (
        "import sys\nfrom animorch.cli import main\n"
        "try:\n    main(['bench', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'diffusers', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.gpu
def test_on_a_card_the_fast_options_render_the_same_clip_within_rounding(spec) -> None:
    from animorch_diffusers import DiffusersBackend

    slow, fast = (
        render(DiffusersBackend(device="cuda", **given), spec()).frames.astype(int)
        for given in ({}, {"compile": True, "channels_last": True})
    )
    assert abs(slow - fast).mean() < 2
