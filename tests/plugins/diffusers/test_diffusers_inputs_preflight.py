"""Preflight of inputs: what is wrong with pictures and control weights is told by `animorch plan`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from animorch_diffusers import DiffusersBackend

CPU = DiffusersBackend(device="cpu", offline=True)


@pytest.fixture
def entry(controls: Path):
    """Fields for a weight file and pictures of the tiny controls."""

    def made(file: str, **fields: Any) -> dict[str, Any]:
        named = {
            key: [str(controls / one) for one in value]
            if isinstance(value, list)
            else {number: str(controls / one) for number, one in value.items()}
            if isinstance(value, dict)
            else str(controls / value)
            if key in ("pictures", "mask")
            else value
            for key, value in fields.items()
        }
        return {"name": file, "path": str(controls / file)} | named

    return made


def told(spec: Any) -> str:
    return "\n".join(CPU.unsupported(spec))


def test_good_inputs_have_no_problems_and_load_nothing_heavy(spec, entry, controls: Path) -> None:
    made = spec(
        init={"path": str(controls / "photo.png"), "strength": 0.5},
        mask=str(controls / "mask.png"),
        controlnets=[
            entry("controlnet.safetensors", pictures="photo.png"),
            entry("controlnet", pictures="film"),
        ],
        sparse_control=entry("sparse_rgb.ckpt", keyframes={0: "photo.png", -1: "photo.png"}),
        ip_adapters=[entry("ip_base.bin", images=["photo.png"], mask="mask.png")],
        regions=[{"prompt": "a dog", "mask": str(controls / "mask.png")}],
    )
    code = (
        "import json, sys; from animorch import RenderSpec; from animorch_diffusers import DiffusersBackend\n"
        f"spec = RenderSpec.model_validate(json.loads({json.dumps(made.model_dump_json())}))\n"
        "print(json.dumps([list(DiffusersBackend(device='cpu', offline=True).unsupported(spec)),\n"
        "[name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []]


def test_missing_files_are_each_named_by_their_field(spec, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.png")
    weights = {"name": "w", "path": str(tmp_path / "gone.safetensors")}
    said = told(
        spec(
            init=gone,
            mask=gone,
            controlnets=[weights | {"pictures": gone}],
            sparse_control=weights | {"keyframes": {1: gone}},
            ip_adapters=[weights | {"images": [gone], "mask": gone}],
            regions=[{"prompt": "a dog", "mask": gone}],
        )
    )
    fields = ("init", "mask", "controlnets[0]", "controlnets[0].pictures", "sparse_control", "ip_adapters[0]")
    parts = (
        "sparse_control.keyframes[1]",
        "ip_adapters[0].images[0]",
        "ip_adapters[0].mask",
        "regions[0].mask",
    )
    assert all(f"{field}: " in said for field in (*fields, *parts))
    assert said.count("there is no file or folder at") == len(said.splitlines())


def test_a_film_shorter_than_the_clip_is_told(spec, entry, controls: Path) -> None:
    net = entry("controlnet", pictures="film")
    said = told(spec(frames=5, init=str(controls / "film"), controlnets=[net]))
    assert "init: " in said
    assert "controlnets[0].pictures: " in said
    assert said.count("fewer frames than the clip's 5") == 2


def test_a_strength_that_leaves_no_step_is_told_with_one_that_does(spec, controls: Path) -> None:
    photo = str(controls / "photo.png")
    assert "set init.strength=0.25" in told(spec(init={"path": photo, "strength": 0.2}, steps=4))
    assert not told(spec(init={"path": photo, "strength": 0.25}, steps=4))


def test_a_mask_needs_an_init(spec, controls: Path) -> None:
    assert "there is no init; set init.path" in told(spec(mask=str(controls / "mask.png")))


def test_a_control_of_another_base_is_told(spec, entry, tmp_path: Path) -> None:
    assert "for base sdxl and checkpoint=tiny is of base sd15" in told(
        spec(controlnets=[entry("controlnet", pictures="film", base="sdxl")])
    )
    import torch
    from safetensors.torch import save_file

    hint = "controlnet_cond_embedding.conv_in.weight"
    attention = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    save_file({hint: torch.zeros(1, 1), attention: torch.zeros(4, 2048)}, tmp_path / "xl.safetensors")
    net = entry("controlnet", pictures="film") | {"path": str(tmp_path / "xl.safetensors")}
    assert "reads the text of sdxl" in told(spec(controlnets=[net]))


def test_a_window_of_no_steps_is_told(spec, entry) -> None:
    net = entry("controlnet", pictures="film", start=0.5, end=0.5)
    assert "it would never act" in told(spec(controlnets=[net]))


@pytest.mark.parametrize(("number", "known"), [(4, False), (-5, False), (3, True), (-4, True)])
def test_a_keyframe_outside_the_clip_is_told(spec, entry, number, known) -> None:
    said = told(spec(sparse_control=entry("sparse_rgb.ckpt", keyframes={number: "photo.png"})))
    assert ("the clip has frames 0 to 3" in said) != known


@pytest.mark.parametrize(
    ("file", "what"),
    [
        (
            "sparse_rgb.safetensors",
            "a SparseCtrl model for RGB keyframes, not a ControlNet; name it in sparse",
        ),
        ("sparse_rgb.ckpt", "a SparseCtrl model for RGB keyframes, not a ControlNet"),
        ("ip_base.safetensors", "an IP-Adapter, not a ControlNet; name it in ip_adapters"),
        ("../motion_a.safetensors", "a motion module"),
        ("../lora_kohya.safetensors", "a LoRA"),
        ("../checkpoint.safetensors", "a whole checkpoint"),
    ],
)
def test_another_kind_of_file_is_told_for_what_it_is(spec, entry, file, what) -> None:
    assert what in told(spec(controlnets=[entry(file, pictures="film")]))


def test_the_wrong_kind_of_sparsectrl_is_told_with_the_right_one(spec, entry) -> None:
    sparse = entry("sparse_rgb.safetensors", keyframes={0: "photo.png"}, kind="scribble")
    assert "set sparse_control.kind=rgb" in told(spec(sparse_control=sparse))


def test_frames_above_a_sparsectrls_table_are_told(spec, entry, motion, controls: Path) -> None:
    sparse = entry("sparse_rgb.safetensors", keyframes={0: "photo.png"})
    said = told(spec(sparse_control=sparse, frames=33))
    assert "sparse_control=sparse_rgb.safetensors has positions for 32 frames" in said


def test_an_adapter_without_its_encoder_is_told_what_to_set(
    spec, entry, controls: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "ip.safetensors"
    alone.write_bytes((controls / "ip_base.safetensors").read_bytes())
    adapter = entry("ip_base.safetensors", images=["photo.png"]) | {"path": str(alone)}
    assert "set ip_adapters[0].encoder" in told(spec(ip_adapters=[adapter]))
    encoder = {"name": "vit", "path": str(controls / "image_encoder")}
    assert not told(spec(ip_adapters=[adapter | {"encoder": encoder}]))


def test_a_faceid_adapter_is_told(spec, entry, controls: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    face = {"image_proj.norm.weight": torch.zeros(2), "image_proj.proj.0.weight": torch.zeros(2, 2)}
    save_file(face | {"ip_adapter.1.to_k_ip.weight": torch.zeros(2, 32)}, tmp_path / "face.safetensors")
    adapter = entry("ip_base.safetensors", images=["photo.png"])
    adapter |= {
        "path": str(tmp_path / "face.safetensors"),
        "encoder": {"name": "v", "path": str(controls / "image_encoder")},
    }
    assert "FaceID" in told(spec(ip_adapters=[adapter]))
