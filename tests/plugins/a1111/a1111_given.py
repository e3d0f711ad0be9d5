"""Given: a server's lists, specs, a reader of prompt travel, and replies, for tests without a server."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from animorch_a1111.offers import LoraFile, Model, Offers, Sampler, Scheduler
from animorch_a1111.payload import request
from animorch_a1111.request import Request
from PIL import Image

from animorch import RenderSpec
from animorch.testing.material import small_spec
from tests.doubles.a1111.animatediff import V1, V2

SAMPLERS = {
    "DPM++ 2M": "k_dpmpp_2m",
    "DPM++ SDE": "k_dpmpp_sde",
    "DPM++ 2M SDE": "k_dpmpp_2m_sde",
    "DPM++ 2S a": "k_dpmpp_2s_a",
    "Euler a": "k_euler_a",
    "Euler": "k_euler",
    "DPM2 a": "k_dpm_2_a",
    "DPM adaptive": "k_dpm_ad",
    "DDIM": "ddim",
    "UniPC": "unipc",
    "LCM": "k_lcm",
}
SCHEDULERS = {
    "automatic": "Automatic",
    "karras": "Karras",
    "sgm_uniform": "SGM Uniform",
    "align_your_steps": "Align Your Steps",
    "normal": "Normal",
    "ddim": "DDIM",
}
HASH = "6ce0161689"
OPTIONS = {
    "CLIP_stop_at_last_layers": 2,
    "sd_vae": "Automatic",
    "samples_format": "jpg",
    "lora_add_hashes_to_infotext": False,
    "img2img_color_correction": True,
    "enable_prompt_comments": True,
    "pad_cond_uncond": False,
}
V2_SERVER = Offers(
    samplers=tuple(Sampler(name, (alias,)) for name, alias in SAMPLERS.items()),
    schedulers=tuple(Scheduler(name, label) for name, label in SCHEDULERS.items()),
    checkpoints=(
        Model(f"sd15.safetensors [{HASH}]", "sd15", "sd15.safetensors", HASH, HASH + "0" * 54),
        Model("anime/third.safetensors", "anime_third", "third.safetensors"),
        Model("one/twin.safetensors", "one_twin", "twin.safetensors"),
        Model("two/twin.safetensors", "two_twin", "twin.safetensors"),
    ),
    loras=(
        LoraFile("film_grain", "grain", "film_grain.safetensors"),
        LoraFile("ink.v1.5", "Ink", "ink.v1.5.safetensors"),
        LoraFile("mm_sd15_v2_lora_ZoomIn", "", "mm_sd15_v2_lora_ZoomIn.safetensors"),
    ),
    vaes=("mse.safetensors",),
    embeddings=("easynegative", "bad-hands-5"),
    args=V2,
    options=OPTIONS,
)
V1_SERVER = replace(V2_SERVER, args=V1, controls=("None", "control_v11p_sd15_canny [d14c016b]"))
OLD_SERVER = replace(
    V1_SERVER,
    schedulers=None,
    samplers=tuple(Sampler(name) for name in ("Euler", "DPM++ 2M", "DPM++ 2M Karras", "DDIM")),
)
MODELS = {"v15_v2": "mm_sd15_v2.safetensors"}


def spec(**changes: Any) -> RenderSpec:
    return small_spec(**changes)


def asked(server: Offers = V2_SERVER, models: Mapping[str, str] = MODELS, **changes: Any) -> Request:
    return request(spec(**changes), server, models)


def animatediff(sent: Request) -> dict[str, Any]:
    (args,) = sent.body["alwayson_scripts"]["AnimateDiff"]["args"]
    return dict(args)


def read_travel(prompt: str, frames: int) -> tuple[list[str], dict[int, str], list[str]] | None:
    """Head, keys and tail by the extension's page; None where a prompt is plain. Asserts its rules."""
    lines = prompt.strip().split("\n")
    begins = next((place for place, line in enumerate(lines) if re.match(r"\d+:", line)), None)
    if begins is None:
        return None
    keys: dict[int, str] = {}
    place = begins
    while place < len(lines) and (found := re.fullmatch(r"(\d+): (.+)", lines[place])):
        assert not keys or int(found[1]) > max(keys), "keys must rise"
        keys[int(found[1])] = found[2]
        place += 1
    if not keys:
        return None
    assert max(keys) < frames, "a key after the last frame"
    return lines[:begins], keys, lines[place:]


def pictures(count: int = 6, width: int = 64, height: int = 48) -> np.ndarray[Any, Any]:
    """Frames of noise: uint8 (count, height, width, 3)."""
    return np.random.default_rng(count).integers(1, 256, (count, height, width, 3), np.uint8)


def encoded(frame: np.ndarray[Any, Any], kind: str = "PNG") -> str:
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, kind)
    return base64.b64encode(stream.getvalue()).decode()


def reply(sent: Request, frames: Sequence[str] | None = None, **changes: Any) -> dict[str, Any]:
    """What a server answers that did as asked; `changes` go into the info, None takes a key away."""
    expected = sent.expected
    args = {key: value for key, value in expected.args.items() if key not in ("enable", "format")}
    said = ", ".join(f"{key}: {value}" for key, value in args.items())
    told = [""] * expected.frames
    for frame, words in expected.travel.items():
        told[frame:] = [f", {words}, "] * (expected.frames - frame)
    info: dict[str, Any] = {
        "all_prompts": told if expected.travel else [sent.body["prompt"]] * expected.frames,
        "seed": expected.seed,
        "all_seeds": [expected.seed + place for place in range(expected.frames)],
        "width": expected.width,
        "height": expected.height,
        "sampler_name": expected.sampler,
        "cfg_scale": expected.cfg,
        "steps": expected.steps,
        "sd_model_name": expected.checkpoint.file.rpartition(".")[0],
        "sd_model_hash": expected.checkpoint.hash,
        "sd_vae_name": expected.vae,
        "clip_skip": expected.clip_skip,
        "index_of_first_image": 0,
        "infotexts": [f"a red kite\nSteps: 4, AnimateDiff: {said}"] * expected.frames,
        "version": "v1.10.1",
        "AnimateDiff": f"{said}, mm_hash: 5edf5eb3, version: v2.0.1-a",
        "Schedule type": expected.scheduler,
        "Lora hashes": ", ".join(f"{name}: aaaaaaaaaaaa" for name in expected.loras) or None,
        **{f"ControlNet {place}": "Module: none" for place in range(expected.controls)},
    } | changes
    inside = {key for key in info if key[0].isupper()}
    info["extra_generation_params"] = {key: info.pop(key) for key in inside if info[key] is not None}
    found = [key for key in inside if key in info]
    for key in found:
        info.pop(key)
    images = frames if frames is not None else [encoded(one) for one in pictures(expected.frames)]
    return {"images": list(images), "parameters": {}, "info": json.dumps(info)}
