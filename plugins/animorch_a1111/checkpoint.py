"""Checkpoint: the server's entry for it, and the options that a clip wants to stand on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from animorch import RenderSpec
from animorch_a1111.loras import tags
from animorch_a1111.matching import Match, Named, matched, without_hash
from animorch_a1111.neutral import NEUTRAL
from animorch_a1111.offers import Model, Offers

TELL_EMBEDDINGS = "textual_inversion_add_hashes_to_infotext"
_OWN_VAE = (
    "None"  # the option's word for the VAE in the checkpoint; Automatic would look for a file beside it
)


def checkpoint_of(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Model | None:
    title = _checkpoint(spec, offers, models).name
    return next((one for one in offers.checkpoints if one.title == title), None)


def vae_of(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> str | None:
    """The server's name of another VAE; None for the checkpoint's own."""
    return _vae(spec, offers, models).name if spec.vae else None


def settings_for(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> dict[str, Any]:
    """Options that decide this clip's pixels and cannot be said in a request without leaking.

    Frames come back in samples_format; without the hashes nobody could tell whether LoRAs and
    embeddings were used.
    """
    wanted: dict[str, Any] = {
        **NEUTRAL,
        "CLIP_stop_at_last_layers": spec.clip_skip,
        "sd_vae": vae_of(spec, offers, models) or _OWN_VAE,
        "samples_format": "png",
    }
    if tags(spec, offers, models):
        wanted["lora_add_hashes_to_infotext"] = True
    if spec.embeddings:
        wanted[TELL_EMBEDDINGS] = True
    if spec.init:
        wanted |= {"img2img_color_correction": False, "img2img_fix_steps": False}
    return {key: value for key, value in wanted.items() if key in offers.options}


def checkpoint_problems(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Iterator[str]:
    """A checkpoint or VAE that the server lacks, and options that it does not know."""
    found = _checkpoint(spec, offers, models)
    if found.name is None:
        yield found.problem
    if spec.vae and (vae := _vae(spec, offers, models)).name is None:
        yield vae.problem
    asked = {"CLIP_stop_at_last_layers": f"clip_skip={spec.clip_skip}" if spec.clip_skip != 1 else ""}
    asked["sd_vae"] = f"vae={spec.vae.name}" if spec.vae else ""
    for option, field in asked.items():
        if field and option not in offers.options:
            yield f"{field} is set by the option {option}, which this server does not have; take it out"


def _checkpoint(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Match:
    known = [
        Named(one.title, (one.title, without_hash(one.title), one.file or one.title, one.model_name))
        for one in offers.checkpoints
    ]
    return matched(spec.checkpoint, "checkpoint", "checkpoint", known, models)


def _vae(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Match:
    assert spec.vae is not None
    return matched(spec.vae, "vae", "VAE", [Named(name, (name,)) for name in offers.vaes], models)
