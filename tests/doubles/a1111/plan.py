"""Plan: one generation request as the server reads it, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.a1111 import animatediff, prompts
from tests.doubles.a1111.animatediff import Setup
from tests.doubles.a1111.pixels import Frames, painted
from tests.doubles.a1111.samplers import Sampling, sampling
from tests.doubles.a1111.settings import PAINTED
from tests.doubles.a1111.stock import Checkpoint, Lora, Stock, digest

FIELDS = """
    subseed subseed_strength seed_resize_from_h seed_resize_from_w eta s_churn s_noise s_min_uncond tiling
    restore_faces enable_hr hr_scale hr_upscaler hr_second_pass_steps hr_resize_x hr_resize_y
    denoising_strength firstpass_image refiner_checkpoint refiner_switch_at init_images mask mask_blur
    inpainting_fill inpaint_full_res inpaint_full_res_padding inpainting_mask_invert resize_mode
    initial_noise_multiplier image_cfg_scale styles
"""  # of a request; each changes pixels


@dataclass
class Plan:
    """A request with the server's defaults and silent corrections in it."""

    route: str
    prompt: str
    negative: str
    seed: int
    steps: int
    cfg: float
    width: int
    height: int
    clips: int
    batch: int
    sampling: Sampling
    scripts: Mapping[str, Any]
    setup: Setup | str  # "off", "broken"
    fields: dict[str, Any]
    loras: list[tuple[Lora, str, str]]
    corrections: list[str] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """Pictures that one clip of the reply should have."""
        return self.batch if isinstance(self.setup, str) else int(self.setup.video_length)

    def travel(self) -> prompts.Travel | None:
        """Raises TravelError; None without AnimateDiff, where the lines are one plain prompt."""
        if isinstance(self.setup, str):
            return None
        setup = self.setup
        loop = setup.video_length > setup.batch_size and setup.closed_loop in ("R+P", "A")
        return prompts.travel(self.prompt, setup.video_length, setup.slots, loop=loop)

    def units(self) -> list[dict[str, Any]]:
        """ControlNet's, as they came by the API."""
        given: Mapping[str, Any] = next(
            (one for name, one in self.scripts.items() if name.lower() == "controlnet"), {}
        )
        return [unit for unit in given.get("args") or [] if unit.get("enabled", True)]

    def lengths_differ(self, travel: prompts.Travel | None) -> bool:
        """Whether prompt and negative prompt have different numbers of 75-token pieces."""
        texts = travel.prompts if travel else (self.prompt,)
        return max(map(prompts.chunks, texts)) != prompts.chunks(self.negative)


def planned(body: Mapping[str, Any], route: str, stock: Stock, version: str, number: int = 0) -> Plan:
    """The plan of a request's body, types checked before; seed -1 becomes one that hangs on `number`."""
    scripts = body.get("alwayson_scripts") or {}
    setup = animatediff.read(scripts, version)
    words = sampling(body.get("sampler_name") or body.get("sampler_index"), body.get("scheduler"))
    prompt, seed = str(body.get("prompt") or ""), int(body.get("seed", -1))
    found, unknown = prompts.loras(prompt, stock)
    layout = "original" if version == "v1.13.1" else "converted"
    skipped = [one for one in found if one[0].layout and (one[0].layout != layout or isinstance(setup, str))]
    corrections = [*words.corrections, *(f"lora {name}" for name in unknown)]
    corrections += [f"motion lora {name}" for _, name, _ in skipped]
    width, height = int(body.get("width") or 512), int(body.get("height") or 512)
    corrections += ["size"] if width % 8 or height % 8 else []
    return Plan(
        route=route,
        prompt=prompt,
        negative=str(body.get("negative_prompt") or ""),
        seed=seed if seed >= 0 else int(digest(f"seed {number}")[:7], 16),
        steps=int(body.get("steps") or 50),
        cfg=float(body.get("cfg_scale") or 7.0),
        width=width // 8 * 8,
        height=height // 8 * 8,
        clips=int(body.get("n_iter") or 1),
        batch=int(body.get("batch_size") or 1),
        sampling=words,
        scripts=scripts,
        setup=setup,
        fields={key: body[key] for key in FIELDS.split() if body.get(key) not in (None, "", [])},
        loras=[one for one in found if one not in skipped],
        corrections=corrections,
    )


@dataclass
class Light:
    """What a plan is seen in: the model and the settings at work, and what damages the pictures."""

    checkpoint: Checkpoint
    settings: Mapping[str, Any]
    vae: str = ""
    damage: tuple[str, ...] = ()  # words; empty for a healthy server


def vae_of(settings: Mapping[str, Any], stock: Stock) -> tuple[str, bool]:
    """The VAE file at work ("" the checkpoint's own), and whether the name asked for was taken."""
    name = settings["sd_vae"]
    return (name, True) if name in stock.vaes else ("", name in ("Automatic", "None", None, ""))


def clip(plan: Plan, light: Light, *, context: int, travel: prompts.Travel | None, first_seed: int) -> Frames:
    """Frames (slots, H, W, 3) of one clip, or of an ordinary batch. `context` as really used."""
    on = None if isinstance(plan.setup, str) else plan.setup
    img2img = plan.route == "img2img"
    common: dict[str, Any] = {
        "checkpoint": light.checkpoint.file,
        "vae": light.vae,
        "negative": plan.negative,
        "sampler": plan.sampling.sampler.name,
        "schedule": plan.sampling.schedule,
        "steps": plan.steps,
        "cfg": plan.cfg,
        "fields": plan.fields,
        "loras": [(lora.name, weights) for lora, _, weights in plan.loras],
        "options": {key: light.settings[key] for key in PAINTED},
        "pad": plan.lengths_differ(travel) and padding(light.settings),
        "controls": [one for name, one in plan.scripts.items() if name.lower() == "controlnet"],
        "motion": on.facts(img2img=img2img, context=context) if on else None,
        "damage": light.damage,
    }
    slots = on.slots if on else plan.batch
    texts: list[Any] = list(travel.between) if travel else [prompts.without_tags(plan.prompt)] * slots
    frames = [[text, first_seed + at] for at, text in enumerate(texts)]
    return painted(common, frames, plan.width, plan.height)


def padding(settings: Mapping[str, Any]) -> str:
    if settings["pad_cond_uncond_v0"]:
        return "Pad conds v0"
    return "Pad conds" if settings["pad_cond_uncond"] else ""
