"""What the small model's modes make: folders that stock diffusers loads, and fp16 copies to hand on."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training.publish import main, publish  # noqa: E402
from options import run  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from told import Told  # noqa: E402

from animorch import Checkpoint, MotionModule  # noqa: E402


@pytest.fixture(scope="module")
def moved(small: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A finished base_motion, and its presets."""
    folder = tmp_path_factory.mktemp("moved")
    return folder / "result", run("base_motion", small=small).train(folder, "mine", Told())


def drawn(model: Path, motion: Path) -> Any:
    from diffusers import AnimateDiffPipeline, MotionAdapter

    pipe = AnimateDiffPipeline.from_pretrained(model, motion_adapter=MotionAdapter.from_pretrained(motion))
    pipe.set_progress_bar_config(disable=True)
    size = {"num_frames": 4, "width": 16, "height": 16}
    return pipe("a red star", **size, num_inference_steps=2, output_type="np").frames


def test_a_small_models_motion_module_recommends_the_size_it_was_made_for(
    moved: tuple[Path, list[Any]],
) -> None:
    (module,) = (preset for preset in moved[1] if preset.group == "motion")
    assert (module.values["recommends"]["width"], module.values["recommends"]["height"]) == (16, 16)


def test_the_result_is_what_the_stock_pipeline_loads(moved: tuple[Path, list[Any]]) -> None:
    result, _ = moved
    assert drawn(result / "model", result / "motion").shape == (1, 4, 16, 16, 3)


def test_the_result_is_a_checkpoint_and_a_motion_module_to_choose(moved: tuple[Path, list[Any]]) -> None:
    result, presets = moved
    checkpoint = Checkpoint(name="mine", **presets[0].values)
    module = MotionModule(name="mine", **presets[1].values)
    assert (checkpoint.path, module.path) == (str(result / "model"), str(result / "motion"))
    assert module.table == 32
    assert "checkpoint=mine motion=mine" in presets[1].usage


def test_a_motion_module_alone_leaves_the_rest_as_it_was(small: Path, tmp_path: Path) -> None:
    run("base_motion", small=small, trains=["adapter"]).train(tmp_path, "mine", Told())
    for part in ("unet", "text_encoder"):
        name = "model.safetensors" if part == "text_encoder" else "diffusion_pytorch_model.safetensors"
        before = load_file(small / "base_image" / "result" / "model" / part / name)
        after = load_file(tmp_path / "result" / "model" / part / name)
        assert all(torch.equal(before[key], after[key]) for key in before)


def test_zero_terminal_snr_is_in_the_scheduler_of_the_result(small: Path, tmp_path: Path) -> None:
    from diffusers import DDIMScheduler

    run("base_image", small=small, zero_snr=True, steps=1).train(tmp_path, "mine", Told())
    kept = DDIMScheduler.from_pretrained(tmp_path / "result" / "model" / "scheduler")
    assert kept.config.rescale_betas_zero_snr
    assert kept.config.prediction_type == "v_prediction"


def test_validation_shows_the_small_model_too(small: Path, tmp_path: Path) -> None:
    told = Told()
    wanted = {"prompts": ["a red star"], "every": 6, "frames": 4, "steps": 2}
    run("base_motion", small=small, validation=wanted).train(tmp_path, "mine", told)
    assert told.clips[6, "00_a_red_star"].frames.shape == (4, 16, 16, 3)


def test_a_published_model_is_half_as_large_and_still_draws(
    moved: tuple[Path, list[Any]], small: Path, tmp_path: Path
) -> None:
    result, _ = moved
    size = publish(result, tmp_path, "calm", small / "base_vae" / "result" / "vae")
    whole = sum(file.stat().st_size for file in result.rglob("*.safetensors"))
    assert size == pytest.approx(whole / 2, rel=0.2)  # of files this small, names take a part
    halves = load_file(tmp_path / "motion" / "calm" / "diffusion_pytorch_model.safetensors")
    assert {value.dtype for value in halves.values()} == {torch.float16}
    assert drawn(tmp_path / "model", tmp_path / "motion" / "calm").shape == (1, 4, 16, 16, 3)


def test_an_adapter_and_a_single_file_are_published_alone(weights: Path, tmp_path: Path) -> None:
    run("motion", weights, steps=1).train(tmp_path / "run", "mine", Told())
    result = tmp_path / "run" / "result"
    publish(result, tmp_path / "out", "calm")
    publish(result / "mine.safetensors", tmp_path / "out", "calm")
    assert not (tmp_path / "out" / "model").exists()
    for file in ("motion/calm/diffusion_pytorch_model.safetensors", "calm.safetensors"):
        assert {value.dtype for value in load_file(tmp_path / "out" / file).values()} == {torch.float16}


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_who_may_read_the_folder_may_read_the_weights(weights: Path, tmp_path: Path) -> None:
    run("motion", weights, steps=1).train(tmp_path, "mine", Told())
    files = list((tmp_path / "result").rglob("*.safetensors"))
    assert len(files) == 2
    assert all(file.stat().st_mode & 0o666 == file.parent.stat().st_mode & 0o666 for file in files)


def test_a_folder_without_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "out"), "calm"]) == 2
    assert "give a training's result" in capsys.readouterr().err


def test_what_is_published_names_no_folder_of_this_machine(
    moved: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    result = tmp_path / "result"
    shutil.copytree(moved[0], result)
    config = result / "motion" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"_name_or_path": str(tmp_path)}))
    publish(result, tmp_path / "made", "mine")
    assert all(str(tmp_path) not in path.read_text() for path in (tmp_path / "made").rglob("*.json"))
