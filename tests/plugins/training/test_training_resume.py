"""A run that is stopped and gone on with is the run that was not stopped, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training import checkpoint  # noqa: E402
from animorch_diffusers.training.base import BaseStage  # noqa: E402
from animorch_diffusers.training.loop import train  # noqa: E402
from animorch_diffusers.training.recipe import BaseRun, VaeRun  # noqa: E402
from animorch_diffusers.training.vae import VaeStage  # noqa: E402

DATA = {"source": "animorch_shapes:clips", "options": {"length": 6, "size": 16, "frames": 4}}
COMMON = {"data": DATA, "batch": 3, "steps": 6, "threads": 1, "optimiser": {"warmup": 2}, "log_every": 1}
VAE = {
    "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
    "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"],
    "block_out_channels": [4, 8],
    "norm_num_groups": 2,
    "layers_per_block": 1,
    "sample_size": 16,
}
TEXT = {
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 12,
}
UNET = {
    "sample_size": 8,
    "down_block_types": ["CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D"],
    "block_out_channels": [32],
    "layers_per_block": 1,
    "cross_attention_dim": 8,
    "attention_head_dim": 2,
    "norm_num_groups": 8,
}
ADAPTER = {"block_out_channels": [32], "motion_layers_per_block": 1, "motion_num_attention_heads": 2}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def vae_run(folder: Path) -> VaeRun:
    return VaeRun(stage="vae", folder=folder, vae=VAE, clips=4, **COMMON)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAE and an image stage to go on from."""
    folder = tmp_path_factory.mktemp("finished")
    with_vae = vae_run(folder / "vae")
    train(with_vae, VaeStage(with_vae))
    image = base_run("image", folder / "image", folder)
    train(image, BaseStage(image))
    return folder


def base_run(stage: str, folder: Path, finished: Path, **changes: Any) -> BaseRun:
    told: dict[str, Any] = {"text": TEXT, "unet": UNET}
    if stage == "motion":
        told = {"adapter": ADAPTER, "start": finished / "image" / "parts"}
    return BaseRun(
        stage=stage, folder=folder, vae=finished / "vae" / "vae", clips=6, **COMMON | told | changes
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", ["vae", "image", "motion"])
def test_a_resumed_run_is_the_uninterrupted_one(stage: str, finished: Path, tmp_path: Path) -> None:
    def begun(name: str) -> tuple[Any, Any]:
        if stage == "vae":
            run: Any = vae_run(tmp_path / name)
            return run, VaeStage(run)
        run = base_run(stage, tmp_path / name, finished)
        return run, BaseStage(run)

    whole = train(*begun("whole"))
    parts = [*train(*begun("parts"), until=2), *train(*begun("parts"), until=5), *train(*begun("parts"))]
    assert parts == whole
    one, other = checkpoint.load(tmp_path / "whole"), checkpoint.load(tmp_path / "parts")
    assert one is not None
    assert other is not None
    for kind in ("values", "average"):
        assert all(torch.equal(one[kind][name], other[kind][name]) for name in one[kind]), kind


def test_a_motion_module_alone_leaves_the_rest_as_it_was(finished: Path, tmp_path: Path) -> None:
    run = base_run("motion", tmp_path, finished, trains=("adapter",))
    stage = BaseStage(run)
    assert stage.parameters()
    assert all(".motion_modules." in name for name in stage.parameters())
    before = {name: value.clone() for name, value in stage.parts.unet.state_dict().items()}
    train(run, stage)
    after = stage.parts.unet.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all("motion_modules." in name for name in changed)


def test_the_result_is_what_the_stock_pipeline_loads(finished: Path, tmp_path: Path) -> None:
    from diffusers import AnimateDiffPipeline, MotionAdapter

    run = base_run("motion", tmp_path, finished)
    train(run, BaseStage(run))
    adapter = MotionAdapter.from_pretrained(tmp_path / "parts" / "motion")
    pipe = AnimateDiffPipeline.from_pretrained(tmp_path / "parts" / "model", motion_adapter=adapter)
    pipe.set_progress_bar_config(disable=True)
    drawn = pipe(
        "a red star", num_frames=4, width=16, height=16, num_inference_steps=2, output_type="np"
    ).frames
    assert drawn.shape == (1, 4, 16, 16, 3)


def test_a_new_motion_module_begins_by_changing_nothing(finished: Path, tmp_path: Path) -> None:
    run = base_run("motion", tmp_path, finished)
    unet = BaseStage(run).parts.unet
    zero = [
        value for name, value in unet.named_parameters() if "motion_modules." in name and ".proj_out." in name
    ]
    assert zero
    assert all(not value.any() for value in zero)


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    from animorch import WeightsError

    (tmp_path / "state.pt").write_bytes(b"half a file")
    with pytest.raises(WeightsError, match=r"state\.pt cannot be read"):
        checkpoint.load(tmp_path)


def test_a_wrong_recipe_is_told_with_every_mistake(tmp_path: Path) -> None:
    config = tmp_path / "wrong.yaml"
    config.write_text("stage: image\nfolder: x\nsteps: 0\nbach: 3\n")
    done = subprocess.run(
        [sys.executable, "-m", "animorch_diffusers.training", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    for word in ("steps", "bach", "data", "vae"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr
