"""The ComfyUI double's files, nodes and other routes are those of the real server."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.doubles.comfyui import Double
from tests.doubles.comfyui.visitor import Visitor, changed, example, small


@pytest.fixture
def visitor(double: Double) -> Iterator[Visitor]:
    with Visitor(double.url) as each:
        yield each


def png(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (value, 0, 0)).save(file, "PNG")
    return file.getvalue()


def upload(visitor: Visitor, data: bytes, **form: str) -> dict:
    return visitor.http.post("/upload/image", files={"image": ("a.png", data)}, data=form).json()


def test_pixels_follow_the_bytes_of_an_upload_not_its_name(double: Double, visitor: Visitor) -> None:
    one, two = upload(visitor, png(1)), upload(visitor, png(2))
    same = upload(visitor, png(1), subfolder="animorch")

    def graph(name: str) -> dict:
        made = small(sampler__latent_image=["start", 0], sampler__denoise=0.5)
        made["picture"] = {"class_type": "LoadImage", "inputs": {"image": name}}
        made["start"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["picture", 0], "vae": ["ckpt", 2]}}
        return made

    keys = [double.key(graph(name), "decode") for name in (one["name"], two["name"], "animorch/a.png")]
    assert keys[0] == keys[2] != keys[1]
    assert same == {"name": "a.png", "subfolder": "animorch", "type": "input"}
    (frame,) = visitor.frames(visitor.run(graph("animorch/a.png")))
    assert frame.shape == (48, 64, 3)


def test_an_upload_of_other_bytes_gets_another_name(visitor: Visitor) -> None:
    names = [upload(visitor, png(value))["name"] for value in (1, 1, 2, 3)]
    assert names == ["a.png", "a.png", "a (1).png", "a (2).png"]
    assert upload(visitor, png(4), overwrite="true")["name"] == "a.png"
    assert visitor.view({"filename": "a.png", "subfolder": "", "type": "input"}).content == png(4)


def test_files_are_shown_only_from_the_server_s_folders(visitor: Visitor) -> None:
    def status(name: str, subfolder: str = "", kind: str = "output") -> int:
        return visitor.view({"filename": name, "subfolder": subfolder, "type": kind}).status_code

    assert status("gone.png") == 404
    assert status("../a.png") == status("/etc/passwd") == status("a.png", kind="secret") == 400
    assert status("a.png", "../..") == 403


def test_video_formats_have_the_traps_of_the_real_ones(visitor: Visitor) -> None:
    entry = visitor.run(changed(example(), video__format="video/8bit-png"))
    (item,) = entry["outputs"]["video"]["gifs"]
    assert "%03d" in item["filename"]
    assert visitor.view(item).status_code == 404
    real = {**item, "filename": item["filename"] % 1}
    assert visitor.view(real).status_code == 200
    entry = visitor.run(changed(example(), video__format="video/nvenc_h264-mp4"))
    assert entry["status"]["status_str"] == "success"
    (item,) = entry["outputs"]["video"]["gifs"]
    assert visitor.view(item).content == b""


def test_core_videos_are_kept_under_images(visitor: Visitor) -> None:
    graph = small()
    graph["made"] = {"class_type": "CreateVideo", "inputs": {"images": ["decode", 0], "fps": 8}}
    saved = {"video": ["made", 0], "filename_prefix": "v", "format": "mp4", "codec": "h264"}
    graph["video"] = {"class_type": "SaveVideo", "inputs": saved}
    webp = {"images": ["decode", 0], "filename_prefix": "w", "fps": 8, "lossless": True, "quality": 80}
    graph["webp"] = {"class_type": "SaveAnimatedWEBP", "inputs": {**webp, "method": "default"}}
    graph["seen"] = {"class_type": "PreviewImage", "inputs": {"images": ["decode", 0]}}
    outputs = visitor.run(graph)["outputs"]
    assert outputs["video"]["animated"] == outputs["webp"]["animated"] == [True]
    assert outputs["video"]["images"][0]["filename"] == "v_00001_.mp4"
    assert outputs["seen"]["images"][0]["type"] == "temp"
    for node, kind in (("video", "video/mp4"), ("webp", "image/webp"), ("seen", "image/png")):
        assert visitor.view(outputs[node]["images"][0]).headers["content-type"] == kind


def test_object_info_has_both_spellings_of_a_combo(visitor: Visitor) -> None:
    info = visitor.http.get("/object_info").json()
    assert "random_sd15.safetensors" in info["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0]
    kind, more = info["SaveVideo"]["input"]["required"]["format"]
    assert (kind, more["options"]) == ("COMBO", ["auto", "mp4"])
    assert "crf" in str(
        info["VHS_VideoCombine"]["input"]["required"]["format"][1]["formats"]["video/h264-mp4"]
    )
    assert info["ADE_AnimateDiffLoaderWithContext"]["deprecated"] is True
    assert visitor.http.get("/object_info/KSampler").json() == {"KSampler": info["KSampler"]}
    assert visitor.http.get("/object_info/Nobody").json() == {}
    assert "tooltip" not in json.dumps(info)


def test_every_route_is_there_under_api_too(visitor: Visitor) -> None:
    for route in (
        "queue",
        "prompt",
        "history",
        "object_info",
        "system_stats",
        "features",
        "models",
        "embeddings",
    ):
        assert visitor.http.get(f"/api/{route}").json() == visitor.http.get(f"/{route}").json()
    assert "styles\\random_ink.safetensors" in visitor.http.get("/models/loras").json()
    assert visitor.http.get("/models/nothing").status_code == 404
    assert visitor.http.get("/system_stats").json()["system"]["comfyui_version"] == "0.3.64"
    assert visitor.http.get("/internal/logs/raw").json()["entries"] == []


def test_a_foreign_origin_is_refused(double: Double, visitor: Visitor) -> None:
    assert visitor.http.get("/queue", headers={"Origin": "http://elsewhere"}).status_code == 403
    assert visitor.http.get("/queue", headers={"Origin": double.url}).status_code == 200
