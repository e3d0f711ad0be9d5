from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from animorch import WeightsError
from animorch.shelf.header import shapes_in
from animorch.shelf.layout import layout_of, told_by
from tests.models.material import checkpoint, hotshot, motion, safetensors

LORA = {"lora_unet_down_blocks_1_attn2_to_k.lora_down.weight": (8, 768)}
MOVE = {"down_blocks.0.motion_modules.0.temporal_transformer.to_q_lora.down.weight": (8, 320)}


@pytest.mark.parametrize(
    ("shapes", "kind", "base", "family", "table"),
    [
        (motion(table=24), "motion", "sd15", "v1", 24),
        (motion(table=32), "motion", "sd15", "v3", 32),
        (motion(table=32, mid=True), "motion", "sd15", "v2", 32),
        (motion(table=32, mid=True, prefix="module."), "motion", "sd15", "v2", 32),
        (motion(table=None, mid=True), "motion", "sd15", "v2", None),
        (motion(table=128, mid=True), "motion", "sd15", "v2", 128),
        (motion(table=None), "motion", "sd15", "unknown", None),
        (motion(3, 32), "motion", "sdxl", "sdxl", 32),
        (hotshot(), "motion", "sdxl", "hotshot", 24),
        (LORA, "lora", "sd15", None, None),
        (MOVE, "motion_lora", "sd15", None, None),
        (checkpoint(), "checkpoint", "sd15", None, None),
        (checkpoint(xl=True), "checkpoint", "sdxl", None, None),
        ({"encoder.conv_in.weight": (4,), "decoder.conv_in.weight": (4,)}, "vae", None, None, None),
        ({"emb_params": (1, 768)}, "embedding", "sd15", None, None),
        ({"clip_l": (1, 768), "clip_g": (1, 1280)}, "embedding", "sdxl", None, None),
        ({"zero_convs.0.0.weight": (4,)}, "controlnet", None, None, None),
        ({"something.weight": (4,)}, None, None, None, None),
    ],
)
def test_a_file_is_told_by_its_header_alone(
    tmp_path: Path, shapes, kind: str | None, base: str | None, family: str | None, table: int | None
) -> None:
    told = layout_of(safetensors(tmp_path / "x.safetensors", shapes))
    assert (told.kind, told.base, told.family, told.table) == (kind, base, family, table)


def test_a_pickle_is_told_without_torch_and_without_running_it(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    tensors = {f"module.{name}": torch.zeros(shape) for name, shape in motion(table=24).items()}
    path = tmp_path / "x.ckpt"
    torch.save({"state_dict": tensors, "global_step": 7, "optimiser": {"lr": [1e-4]}}, path)
    assert shapes_in(path) == dict(motion(table=24))
    assert told_by(shapes_in(path)).family == "v1"


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("sprung"),))


def test_code_in_a_pickle_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    torch.save({"x": torch.zeros(3), "trap": Trap()}, "x.ckpt")
    assert shapes_in(Path("x.ckpt")) == {"x": (3,)}
    assert not Path("sprung").exists()


@pytest.mark.parametrize("content", [b"", b"\x10", b"\xff" * 40, pickle.dumps([1, 2]), b"PK\x03\x04broken"])
@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="x"):
        layout_of(path)


def test_a_truncated_file_says_by_how_much(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "x.safetensors", motion())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="is truncated"):
        layout_of(path)
