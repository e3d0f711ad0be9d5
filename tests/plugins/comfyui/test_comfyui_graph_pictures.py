"""Pictures, masks, controls, looks and regions of a spec, as uploads and nodes of a graph."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from animorch_comfyui.graph import build
from comfyui_graphs import assert_taken, film, graph, inputs, kinds, offers, picture, server, shown, spec

from animorch import Unsupported

CANNY = {"name": "control_v11f1p_sd15_depth", "weight": 0.7, "start": 0.1, "end": 0.8}
V3 = {"name": "v3_sd15_mm", "base": "sd15", "family": "v3", "table": 32}


def test_an_init_image_is_sent_at_the_clips_size_and_repeated(tmp_path: Path) -> None:
    init = {"path": picture(tmp_path / "photo.png"), "strength": 0.5}
    built = build(spec(init=init, steps=10), offers())
    assert_taken(built, server())
    (sent,) = built.pictures
    data = sent.data()
    assert sent.name == f"{sha256(data).hexdigest()[:24]}.png"
    assert shown(data).shape == (48, 64, 3)
    assert inputs(built.graph, "RepeatLatentBatch")["amount"] == 6
    sampler = inputs(built.graph, "KSampler")
    assert (sampler["denoise"], sampler["steps"], built.steps) == (0.5, 5, 5)
    assert sampler["latent_image"] == ["latents_repeated", 0]


def test_more_frames_than_latents_repeat_are_repeated_as_images(tmp_path: Path) -> None:
    init = {"path": picture(tmp_path / "photo.png")}
    found = graph(spec(frames=70, init=init, window={"length": 16}))
    assert inputs(found, "RepeatImageBatch")["amount"] == 70
    assert "RepeatLatentBatch" not in kinds(found)


def test_frames_of_a_film_are_a_batch_in_their_order(tmp_path: Path) -> None:
    built = build(spec(frames=3, init={"path": film(tmp_path / "film", 4)}), offers())
    assert_taken(built, server())
    assert [int(shown(each.data())[0, 0, 0]) for each in built.pictures] == [0, 20, 40]
    assert built.graph["init_to_3"]["inputs"] == {"image1": ["init_to_2", 0], "image2": ["init_3", 0]}
    assert inputs(built.graph, "VAEEncode")["pixels"] == ["init_to_3", 0]


def test_a_mask_is_sent_at_the_latents_size(tmp_path: Path) -> None:
    init = {"path": picture(tmp_path / "photo.png")}
    mask = {"path": picture(tmp_path / "mask.png", width=64, height=48)}
    built = build(spec(init=init, mask=mask), offers())
    assert_taken(built, server())
    sent = shown(built.pictures[1].data())
    assert sent.shape == (6, 8, 3)
    assert sent[0, :, 0].tolist() == [255] * 4 + [0] * 4
    assert inputs(built.graph, "SetLatentNoiseMask")["mask"] == ["mask", 0]
    assert inputs(built.graph, "KSampler")["latent_image"] == ["masked", 0]


def test_controlnets_are_applied_one_after_the_other(tmp_path: Path) -> None:
    edges = picture(tmp_path / "edges.png")
    nets = [CANNY | {"pictures": edges}, {"name": "control_v11p_sd15_openpose", "pictures": edges}]
    found = graph(spec(controlnets=nets))
    first, second = (found[f"controlnet_{number}_applied"]["inputs"] for number in (1, 2))
    assert (first["strength"], first["start_percent"], first["end_percent"]) == (0.7, 0.1, 0.8)
    assert second["positive"] == ["controlnet_1_applied", 0]
    assert second["negative"] == ["controlnet_1_applied", 1]
    assert found["controlnet_2"]["inputs"]["control_net_name"] == "control_v11p_sd15_openpose.pth"
    assert found["sampler"]["inputs"]["negative"] == ["controlnet_2_applied", 1]


def test_under_sliding_windows_a_control_is_one_that_knows_their_frames(tmp_path: Path) -> None:
    """AnimateDiff-Evolved refuses ComfyUI's own control there, once its sampler starts."""
    edges = picture(tmp_path / "edges.png")
    asked = spec(frames=12, window={"length": 8}, controlnets=[CANNY | {"pictures": edges}])
    assert inputs(graph(asked), "ACN_AdvancedControlNetApply_v2")["strength"] == 0.7
    with pytest.raises(Unsupported, match="ComfyUI-Advanced-ControlNet"):
        build(asked, offers("ACN_*"))


@pytest.mark.parametrize("kind", ["rgb", "scribble"])
def test_sparse_control_places_keyframes_by_their_numbers(tmp_path: Path, kind: str) -> None:
    one, other = picture(tmp_path / "one.png", white=0.2), picture(tmp_path / "other.png", white=0.9)
    sparse = {
        "name": f"v3_sd15_sparsectrl_{kind}",
        "kind": kind,
        "keyframes": {-1: one, 0: other},
        "weight": 0.6,
    }
    built = build(spec(motion=V3, sparse_control=sparse), offers())
    assert_taken(built, server())
    assert inputs(built.graph, "ACN_SparseCtrlIndexMethodNode")["indexes"] == "0,5"
    assert built.graph["keyframe_1"]["inputs"]["image"] == f"animorch/{built.pictures[0].name}"
    assert shown(built.pictures[0].data()).mean() > shown(built.pictures[1].data()).mean()
    assert ("ACN_SparseCtrlRGBPreprocessor" in kinds(built.graph)) == (kind == "rgb")
    assert inputs(built.graph, "ControlNetApplyAdvanced")["strength"] == 0.6


def test_an_ip_adapter_sees_squares_through_the_encoder_of_its_base(tmp_path: Path) -> None:
    looks = [picture(tmp_path / "a.png"), picture(tmp_path / "b.png", white=0.1)]
    mask = picture(tmp_path / "mask.png")
    adapter = {"name": "ip-adapter-plus_sd15", "images": looks, "weight": 0.8, "mask": mask}
    built = build(spec(ip_adapters=[adapter]), offers())
    assert_taken(built, server())
    applied = inputs(built.graph, "IPAdapterAdvanced")
    assert (applied["weight"], applied["attn_mask"]) == (0.8, ["ip_adapter_1_mask", 0])
    assert (
        inputs(built.graph, "CLIPVisionLoader")["clip_name"] == "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"
    )
    assert shown(built.pictures[0].data()).shape == (224, 224, 3)
    assert built.graph["animated"]["inputs"]["model"] == ["ip_adapter_1_applied", 0]


def test_an_image_encoder_that_cannot_be_guessed_is_asked_for(tmp_path: Path) -> None:
    adapter = {"name": "ip-adapter_sd15", "images": picture(tmp_path / "a.png")}
    has = offers(clip_vision=["model.safetensors", "clip_l.safetensors"])
    with pytest.raises(Unsupported, match=r"set ip_adapters\[0\]\.encoder"):
        build(spec(ip_adapters=[adapter]), has)
    found = build(spec(ip_adapters=[adapter | {"encoder": {"name": "model"}}]), has).graph
    assert inputs(found, "CLIPVisionLoader")["clip_name"] == "model.safetensors"


def test_regions_and_what_they_leave_over_make_up_the_picture(tmp_path: Path) -> None:
    left = picture(tmp_path / "left.png", width=64, height=48, white=0.25)
    regions = [{"prompt": "a boat", "mask": left, "weight": 1.5}]
    built = build(spec(prompt="the sea", regions=regions), offers())
    assert_taken(built, server())
    rest, region = (built.graph[f"{node}_masked"]["inputs"] for node in ("rest", "region_1"))
    assert (rest["conditioning"], rest["strength"]) == (["prompt", 0], 1.0)
    assert (region["conditioning"], region["strength"]) == (["region_1", 0], 1.5)
    white, black = (shown(each.data()).astype(int) for each in built.pictures)
    assert np.array_equal(white + black, np.full_like(white, 255))
    assert built.graph["sampler"]["inputs"]["positive"] == ["regions_1", 0]


def test_pictures_are_known_by_what_they_show(tmp_path: Path) -> None:
    one, again = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")
    other = picture(tmp_path / "c.png", white=0.9)
    first, second, third = (build(spec(init={"path": path}), offers()) for path in (one, again, other))
    assert first.key() == second.key() != third.key()
    picture(tmp_path / "a.png", white=0.3)
    assert build(spec(init={"path": one}), offers()).key() != first.key()


def test_pictures_that_are_missing_or_too_few_are_told_with_all_else(tmp_path: Path) -> None:
    net = CANNY | {"pictures": film(tmp_path / "film", 2)}
    asked = spec(init={"path": str(tmp_path / "none.png")}, controlnets=[net], sampler="eulr")
    with pytest.raises(Unsupported, match=r"none\.png.*fewer frames than the clip's 6.*eulr"):
        build(asked, offers())
