"""Rules: every piece of advice by its name, and all of them asked of one experiment."""

from __future__ import annotations

from collections.abc import Collection

from animorch.advice import frames, guidance, mixture, picture, words
from animorch.advice.note import Note, Rule
from animorch.spec.experiment import Experiment

_ANIMATEDIFF = "guoyww/AnimateDiff, README"
_LIGHTNING = "ByteDance/AnimateDiff-Lightning, model card"
_LCM = "wangfuyun/AnimateLCM, model card"
_GUIDE = "practice of people who render much; not measured here"

RULES: tuple[Rule, ...] = (
    Rule("frames_trained", f"{_ANIMATEDIFF}; Lightricks/LongAnimateDiff; Hotshot-XL", frames.frames_trained),
    Rule("window_overlap", "sd-webui-animatediff, docs/features.md: overlap", frames.window_overlap),
    Rule("travel_close", "sd-webui-animatediff, issues 267 and 308", frames.travel_close),
    Rule("motion_scale", "ComfyUI-AnimateDiff-Evolved, README: scale_multival", frames.motion_scale),
    Rule("cfg_range", f"{_ANIMATEDIFF}; {_LIGHTNING}; {_LCM}", guidance.cfg_outside),
    Rule("negative_unused", "Ho and Salimans 2022, arXiv:2207.12598, equation 6", guidance.negative_unused),
    Rule("few_steps", f"{_ANIMATEDIFF}; {_LIGHTNING}", guidance.few_steps),
    Rule("many_steps", f"{_LIGHTNING}; {_LCM}", guidance.many_steps),
    Rule("distilled_sampling", f"{_LIGHTNING}; {_LCM}", guidance.distilled_sampling),
    Rule("beta_schedule", "guoyww/AnimateDiff, configs/inference; docs/sampling.md", mixture.beta_schedule),
    Rule("v3_adapter", f"{_ANIMATEDIFF}: v3; issue 257", mixture.v3_adapter),
    Rule("lcm_lora", _LCM, mixture.lcm_lora),
    Rule("lora_weight", _GUIDE, mixture.lora_weight),
    Rule("motion_lora_module", f"{_ANIMATEDIFF}: MotionLoRA; {_LIGHTNING}", mixture.motion_lora_module),
    Rule("prompt_tense", _GUIDE, words.prompt_tense),
    Rule("prompt_long", "openai/clip-vit-large-patch14, config: 77 positions", words.prompt_long),
    Rule("size_trained", f"{_ANIMATEDIFF}; SDXL report, arXiv:2307.01952", picture.size_trained),
    Rule("size_step", "Stable Diffusion's UNet: latents an eighth, halved three times", picture.size_step),
    Rule("gif_banding", "GIF89a specification: colour tables", picture.gif_banding),
    Rule("gif_fps", "GIF89a specification: delay time", picture.gif_fps),
)
BACKEND = "backend"  # what a backend says of it (Backend.notes)
NAMES = (*(rule.name for rule in RULES), BACKEND)
ALL = "all"


def advice(experiment: Experiment, silent: Collection[str] = ()) -> list[Note]:
    """Notes on an experiment, in the table's order, without those named in `silent`."""
    if ALL in silent:
        return []
    return [note for rule in RULES if rule.name not in silent for note in rule.notes(experiment)]
