"""Infotext: what a reply says about itself."""

from __future__ import annotations

import json
from typing import Any

from tests.doubles.a1111 import prompts
from tests.doubles.a1111.plan import Light, Plan, padding
from tests.doubles.a1111.samplers import SCHEDULERS
from tests.doubles.a1111.stock import Stock, digest

VERSION = "v1.10.1"
ALWAYS = {  # of an info, whatever was asked
    "restore_faces": False,
    "face_restoration_model": None,
    "seed_resize_from_w": -1,
    "seed_resize_from_h": -1,
    "styles": [],
    "job_timestamp": "20240727000000",
    "is_using_inpainting_conditioning": False,
    "version": VERSION,
}


def extra(
    plan: Plan, light: Light, travel: prompts.Travel | None, stock: Stock, animatediff: str
) -> dict[str, Any]:
    """extra_generation_params: the schedule really used, AnimateDiff, the hashes of LoRAs and embeddings."""
    found: dict[str, Any] = {}
    if animatediff:
        found["AnimateDiff"] = animatediff
    if plan.sampling.schedule:
        found["Schedule type"] = SCHEDULERS[plan.sampling.schedule]
    if plan.loras:
        found["Lora hashes"] = ", ".join(f"{name}: {lora.hash}" for lora, name, _ in plan.loras)
    used = prompts.embeddings(f"{plan.prompt}\n{plan.negative}", stock)
    if used:
        found["TI hashes"] = ", ".join(f"{name}: {hash_}" for name, hash_ in used.items())
    if (pad := padding(light.settings)) and plan.lengths_differ(travel):
        found[pad] = True
    for place, unit in enumerate(plan.units()):
        found[f"ControlNet {place}"] = f"Module: {unit.get('module')}, Model: {unit.get('model')}"
    if plan.route == "img2img":
        found["Denoising strength"] = plan.fields.get("denoising_strength", 0.75)
    return found


def infotext(plan: Plan, light: Light, extra: dict[str, Any], seed: int, prompt: str) -> str:
    """The text in a picture's `parameters`."""
    said: dict[str, Any] = {
        "Steps": plan.steps,
        "Sampler": plan.sampling.sampler.name,
        "Schedule type": plan.sampling.label,
        "CFG scale": plan.cfg,
        "Seed": seed,
        "Size": f"{plan.width}x{plan.height}",
        "Model hash": light.checkpoint.short,
        "VAE hash": digest(light.vae)[:10] if light.vae else None,
        "VAE": light.vae or None,
        "Model": light.checkpoint.stem,
        "Clip skip": skip if (skip := light.settings["CLIP_stop_at_last_layers"]) > 1 else None,
        **extra,
        "Version": VERSION,
    }
    negative = f"\nNegative prompt: {plan.negative}" if plan.negative else ""
    parts = (f"{key}: {_quoted(value)}" for key, value in said.items() if value is not None)
    return f"{prompt}{negative}\n{', '.join(parts)}"


def info(
    plan: Plan,
    light: Light,
    extra: dict[str, Any],
    travel: prompts.Travel | None,
    texts: list[str],
    first: int,
) -> str:
    """The reply's `info`: JSON inside JSON. `first` is index_of_first_image."""
    slots = plan.batch if isinstance(plan.setup, str) else plan.setup.slots
    seeds = [plan.seed + at for at in range(slots * plan.clips)]
    said = {
        "prompt": plan.prompt,
        "all_prompts": list(travel.prompts) * plan.clips if travel else [plan.prompt] * len(seeds),
        "negative_prompt": plan.negative,
        "all_negative_prompts": [plan.negative] * len(seeds),
        "seed": plan.seed,
        "all_seeds": seeds,
        "subseed": plan.fields.get("subseed", -1),
        "all_subseeds": seeds,
        "subseed_strength": plan.fields.get("subseed_strength", 0),
        "width": plan.width,
        "height": plan.height,
        "sampler_name": plan.sampling.sampler.name,
        "cfg_scale": plan.cfg,
        "steps": plan.steps,
        "batch_size": slots,
        "sd_model_name": light.checkpoint.stem,
        "sd_model_hash": light.checkpoint.short,
        "sd_vae_name": light.vae or None,
        "sd_vae_hash": digest(light.vae)[:10] if light.vae else None,
        "denoising_strength": plan.fields.get("denoising_strength"),
        "extra_generation_params": extra,
        "index_of_first_image": first,
        "infotexts": texts,
        "clip_skip": light.settings["CLIP_stop_at_last_layers"],
    }
    return json.dumps(said | ALWAYS)


def _quoted(value: Any) -> str:
    text = str(value)
    return json.dumps(text) if any(mark in text for mark in ",\n:") else text
