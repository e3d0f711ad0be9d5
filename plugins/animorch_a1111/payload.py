"""Payload: a spec as one request of A1111's API. One clip is one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from animorch import RenderSpec, Unsupported
from animorch_a1111.checkpoint import TELL_EMBEDDINGS, checkpoint_of, settings_for, vae_of
from animorch_a1111.controls import units
from animorch_a1111.loras import motion_names, tags
from animorch_a1111.motion import motion_file
from animorch_a1111.offers import Offers
from animorch_a1111.pictures import sent
from animorch_a1111.refusals import problems
from animorch_a1111.request import Expected, Request, generation
from animorch_a1111.sampling import sampling_for
from animorch_a1111.travel import prompt_text, told
from animorch_a1111.windows import window_args
from animorch_a1111.words import in_their_words, words_of

_FPS = 8  # of files that stay on the server; it must be a whole number above 0
# Frames come back as PNGs and nothing is encoded there; without PNG one video format would have to be named
_FORMAT = ("PNG",)
_WHOLE = 10**18  # latent_scale at which the init picture is not faded into noise frame by frame


def request(spec: RenderSpec, offers: Offers, models: Mapping[str, str]) -> Request:
    """The request for one clip; raises Unsupported with all that is in its way."""
    if found := problems(spec, offers, models):
        raise Unsupported("; also: ".join(found))
    args = _arguments(spec, models)
    expected = _expected(spec, offers, models, args)
    body = _common(spec, offers, models, expected) | (_image_to_image(spec) if spec.init else {})
    body["alwayson_scripts"] = {"AnimateDiff": {"args": [args]}}
    if spec.controlnets:
        body["alwayson_scripts"]["ControlNet"] = {"args": units(spec, offers, models)}
    return Request(
        route="img2img" if spec.init else "txt2img",
        body=body,
        expected=expected,
        checkpoint=expected.checkpoint.title,
        settings=settings_for(spec, offers, models),
    )


def _common(
    spec: RenderSpec, offers: Offers, models: Mapping[str, str], expected: Expected
) -> dict[str, Any]:
    """What both routes take; what is null in a request would be the server's own option, so it is said."""
    words = words_of(spec, offers, models)
    marks = "".join(str(tag) for tag in tags(spec, offers, models))
    scheduler = {"scheduler": expected.scheduler or "Automatic"} if offers.schedulers is not None else {}
    return {
        "prompt": prompt_text(spec, marks, words),
        "negative_prompt": in_their_words(spec.negative_prompt, words),
        "steps": spec.steps,
        "cfg_scale": spec.cfg,
        "sampler_name": expected.sampler,
        **scheduler,
        "seed": spec.seed,
        "subseed_strength": 0,
        "width": spec.width,
        "height": spec.height,
        "n_iter": 1,
        "batch_size": 1,
        "restore_faces": False,
        "tiling": False,
        "send_images": True,
        "save_images": False,
    }


def _image_to_image(spec: RenderSpec) -> dict[str, Any]:
    """The picture, and the mask whose white part is rendered."""
    assert spec.init is not None
    mask = (
        {
            "mask": sent(spec.mask.path, spec.width, spec.height, grey=True),
            "mask_blur": 0,
            "inpainting_fill": 1,  # begin from the picture, under the mask too
            "inpaint_full_res": False,
            "inpainting_mask_invert": 0,
        }
        if spec.mask
        else {}
    )
    return {
        "init_images": [sent(spec.init.path, spec.width, spec.height)],
        "denoising_strength": spec.init.strength,
        "resize_mode": 0,
        "initial_noise_multiplier": 1.0,
        "include_init_images": False,
        **mask,
    }


def _arguments(spec: RenderSpec, models: Mapping[str, str]) -> dict[str, Any]:
    """AnimateDiff's one dict; problems() has seen that its version accepts every key."""
    args: dict[str, Any] = {
        "model": motion_file(spec, models),
        "enable": True,
        "video_length": spec.frames,
        "fps": _FPS,
        "loop_number": 0,
        **window_args(spec),
        "format": list(_FORMAT),
        "interp": "Off",
    }
    if spec.freeinit:
        args |= {
            "freeinit_enable": True,
            "freeinit_filter": spec.freeinit.filter,
            "freeinit_ds": spec.freeinit.spatial,
            "freeinit_dt": spec.freeinit.temporal,
            "freeinit_iters": spec.freeinit.iterations,
        }
    if spec.init:
        args |= {"latent_power": 1, "latent_scale": _WHOLE}
    return args


def _expected(
    spec: RenderSpec, offers: Offers, models: Mapping[str, str], args: Mapping[str, Any]
) -> Expected:
    sampling, checkpoint = sampling_for(spec, offers), checkpoint_of(spec, offers, models)
    assert checkpoint is not None, spec.checkpoint.name  # problems() has refused it
    words = words_of(spec, offers, models)
    return Expected(
        frames=spec.frames,
        width=spec.width,
        height=spec.height,
        seed=spec.seed,
        steps=spec.steps,
        cfg=spec.cfg,
        sampler=sampling.sampler,
        scheduler=sampling.scheduler,
        checkpoint=checkpoint,
        args=args,
        generation=generation(offers.args or {}),
        loras=tuple(tag.name for tag in tags(spec, offers, models)),
        motion_loras=motion_names(spec, offers, models),
        travel=told(spec, words),
        clip_skip=spec.clip_skip,
        vae=vae_of(spec, offers, models),
        controls=len(spec.controlnets),
        published=spec.motion.sha256,
        published_checkpoint=spec.checkpoint.sha256,
        motion=spec.motion.name,
        embeddings=tuple(word.theirs for word in words) if TELL_EMBEDDINGS in offers.options else None,
    )
