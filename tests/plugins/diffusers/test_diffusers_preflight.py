"""Preflight and identity: every problem at once, before a heavy library is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from animorch_diffusers import DiffusersBackend, device
from animorch_diffusers.layout import layout_of
from animorch_diffusers.tensors import shapes_in

CPU = DiffusersBackend(device="cpu")
HUB = {"name": "sd15", "base": "sd15", "repo": "owner/name"}


def problems(spec, backend=CPU) -> str:
    return "\n".join(backend.unsupported(spec))


def test_a_good_spec_has_no_problems(spec) -> None:
    assert not problems(spec())


def test_import_identity_and_preflight_load_no_heavy_library(spec) -> None:
    code = (
        "import json, sys; from animorch import RenderSpec; from animorch_diffusers import DiffusersBackend\n"
        "backend = DiffusersBackend(offline=True); backend.identity()\n"
        f"print(json.dumps([backend.preflight([RenderSpec.model_validate({spec().model_dump(mode='json')!r})]),\n"
        "[name for name in ('torch', 'diffusers', 'transformers', 'numpy', 'peft') if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[[]], []]


def test_many_problems_are_told_at_once(spec) -> None:
    told = list(
        CPU.unsupported(
            spec(
                width=66,
                height=70,
                travel={"blend": "slerp"},
                freenoise={"length": 4},
                sampler="x",
            )
        )
    )
    words = (
        "give prompt_travel, or take travel out",
        "take freenoise out, or set frames above 4",
        "width=66",
        "height=70 is not a multiple of 8",
        "sampler=x",
    )
    assert all(any(word in sentence for sentence in told) for word in words)
    assert len(told) == len(words)


def test_fp16_on_the_cpu_is_refused_with_the_reason(spec) -> None:
    assert "about 60 times slower" in problems(spec(), DiffusersBackend(device="cpu", dtype="fp16"))
    assert not problems(spec(), DiffusersBackend(device="cpu", dtype="bf16"))


def test_missing_libraries_are_named_with_the_command(spec, monkeypatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(device, "version", missing)
    told = problems(spec())
    assert "pip install 'animorch[diffusers]'" in told
    assert "backend=testcard" in told
    assert "torch, diffusers" in told
    assert CPU.identity()["torch"] is None


def test_missing_weights_are_named_each(spec, motion, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.safetensors")
    told = problems(
        spec(
            checkpoint={"name": "c", "base": "sd15", "path": gone},
            motion=motion("m", path=gone),
            loras=[gone],
            motion_loras=[gone],
        )
    )
    assert told.count("there is no file or folder at") == 4
    assert "loras[0]" in told


def test_weights_without_path_and_repo_are_told(spec) -> None:
    told = problems(spec(motion={"name": "nowhere", "base": "sd15"}))
    assert "motion=nowhere has neither a path nor a repo" in told


def test_an_unknown_suffix_is_told_with_the_known(spec, motion, tmp_path: Path) -> None:
    (tmp_path / "module.gguf").write_bytes(b"x")
    assert "none of .safetensors, .ckpt" in problems(
        spec(motion=motion("m", path=str(tmp_path / "module.gguf")))
    )


def test_a_folder_that_is_not_diffusers_is_told(spec, motion, tmp_path: Path) -> None:
    assert "has no config.json" in problems(spec(motion=motion("m", path=str(tmp_path))))
    checkpoint = {"name": "c", "base": "sd15", "path": str(tmp_path)}
    assert "has no model_index.json" in problems(spec(checkpoint=checkpoint))


def test_a_truncated_safetensors_is_found_before_rendering(
    spec, motion, weights: Path, tmp_path: Path
) -> None:
    from tiny import write_truncated

    write_truncated(weights / "motion_a.safetensors", tmp_path / "cut.safetensors")
    assert "is truncated" in problems(spec(motion=motion("m", path=str(tmp_path / "cut.safetensors"))))


@pytest.mark.parametrize("off", ["option", "environment"])
def test_offline_names_the_command_that_fetches(spec, tmp_path: Path, monkeypatch, off) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1" if off == "environment" else "")
    backend = DiffusersBackend(device="cpu", offline=off == "option")
    told = problems(spec(checkpoint=HUB | {"revision": "v2"}, motion=HUB | {"file": "mm.ckpt"}), backend)
    assert "run: animorch models pull owner/name@v2" in told
    assert "run: animorch models pull owner/name/mm.ckpt" in told


def test_hub_weights_are_no_problem_online(spec, monkeypatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert not problems(spec(checkpoint=HUB, motion=HUB | {"file": "mm.ckpt"}))


def test_a_single_file_needs_no_config_and_one_given_must_be_a_folder_of_them(
    spec, weights: Path, tmp_path: Path
) -> None:
    single = {"name": "one", "base": "sd15", "path": str(weights / "checkpoint.safetensors")}
    offline = DiffusersBackend(device="cpu", offline=True)
    assert not problems(spec(checkpoint=single), offline)
    assert not problems(spec(checkpoint=single | {"config": str(weights / "checkpoint")}), offline)
    assert "has no model_index.json" in problems(spec(checkpoint=single | {"config": str(tmp_path)}), offline)
    gone = problems(spec(checkpoint=single | {"config": str(tmp_path / "gone")}), offline)
    assert "checkpoint.config: one: there is no file or folder" in gone


@pytest.mark.parametrize(
    ("file", "what"),
    [("lora_kohya.safetensors", "is a LoRA"), ("checkpoint.safetensors", "is a whole checkpoint")],
)
def test_another_kind_of_file_given_as_motion_is_told_for_what_it_is(spec, motion, file, what) -> None:
    assert what in problems(spec(motion=motion(file)))


def test_frames_above_the_table_in_a_files_header_are_told(spec, motion) -> None:
    assert "more than the 24" in problems(spec(motion=motion("motion_v1.safetensors"), frames=25))


@pytest.mark.parametrize(
    ("name", "mid_block", "table"), [("motion_a", True, 32), ("motion_v1", False, 24)], ids=["v2", "v1"]
)
def test_a_layout_is_read_off_the_shapes(weights: Path, name, mid_block, table) -> None:
    layout = layout_of(shapes_in(weights / f"{name}.safetensors"), name)
    config = json.loads((weights / name / "config.json").read_text())
    assert (layout.mid_block, layout.table, layout.channels) == (mid_block, table, (32, 64))
    for key in ("motion_layers_per_block", "motion_num_attention_heads", "use_motion_mid_block"):
        assert layout.config(32, None)[key] == config[key]


def test_the_published_v2_shape_gives_the_published_config() -> None:
    stem = "{}.motion_modules.{}.temporal_transformer.{}"
    shapes = {}
    for block, channels in enumerate((320, 640, 1280, 1280)):
        for place in range(2):
            shapes[stem.format(f"down_blocks.{block}", place, "proj_out.bias")] = (channels,)
            shapes[stem.format(f"down_blocks.{block}", place, "transformer_blocks.0.pos_encoder.pe")] = (
                1,
                64,
                channels,
            )
    shapes[stem.format("mid_block", 0, "norm.bias")] = (1280,)
    config = layout_of(shapes, "long").config(32, None)
    assert config["block_out_channels"] == (320, 640, 1280, 1280)
    assert (config["motion_layers_per_block"], config["motion_num_attention_heads"]) == (2, 8)
    assert (config["motion_norm_num_groups"], config["motion_max_seq_length"]) == (32, 64)


def test_identity_holds_what_changes_pixels_and_nothing_else() -> None:
    same = DiffusersBackend(device="cpu", offline=True).identity()
    assert CPU.identity() == same
    assert "+" not in same["torch"]
    others = [{"dtype": "bf16"}, {"decode_chunk": 1}]  # each moves a pixel
    assert all(DiffusersBackend(device="cpu", **other).identity() != same for other in others)


def test_threads_are_the_ones_asked_for_or_told_or_there(spec, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert DiffusersBackend(device="cpu").numerics(spec()) == {"threads": 3}
    assert DiffusersBackend(device="cpu", threads=2).numerics(spec()) == {"threads": 2}
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert DiffusersBackend(device="cpu").numerics(spec())["threads"] >= 1
    assert DiffusersBackend(device="cuda").numerics(spec()) == {}


@pytest.mark.parametrize(
    ("tag", "sees", "expected"),
    [("+cpu", True, "cpu"), ("+cu128", True, "cuda"), ("+cu128", False, "cpu"), ("", True, "cuda")],
)
def test_auto_device_is_told_from_the_wheel_and_the_machine(monkeypatch, tag, sees, expected) -> None:
    monkeypatch.setattr(device, "version", lambda name: f"2.13.0{tag}")
    monkeypatch.setattr(
        device, "requires", lambda name: ["nvidia-cublas-cu12==12.8; platform_system=='Linux'"]
    )
    monkeypatch.setattr(device.sys, "platform", "linux")
    monkeypatch.setattr(device, "_sees_nvidia", lambda: sees)
    assert device.resolve_device("auto") == expected
    assert device.resolve_dtype("auto", expected) == ("fp16" if expected == "cuda" else "fp32")
