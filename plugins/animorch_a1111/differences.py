"""Differences: what a reply's info says otherwise than the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from animorch_a1111.infotext import Info
from animorch_a1111.request import Expected


def differences(info: Info, expected: Expected) -> list[str]:
    """A sentence for each; the server corrects names that it does not know without a word."""
    return [said for check in _CHECKS for said in check(info, expected)]


def _module(info: Info, expected: Expected) -> Iterator[str]:
    """Every argument that the extension repeats is the one that was sent."""
    needed = {"model", "video_length", "batch_size"}
    needed |= {"freeinit_enable"} if expected.args.get("freeinit_enable") else set()
    for key, asked in expected.args.items():
        found = info.animatediff.get(key)
        if found is None and key in needed:
            yield f"AnimateDiff does not say its {key} and was asked for {asked}; look at its version"
        elif found is not None and not same(found, asked):
            yield f"AnimateDiff used {key}={found} and was asked for {asked}; look at the server's log"


def _checkpoint(info: Info, expected: Expected) -> Iterator[str]:
    model, name = expected.checkpoint, info.said.get("sd_model_name")
    found = info.said.get("sd_model_hash")
    if model.hash and found:
        right = model.hash[:10] == str(found)[:10]
    else:
        right = name in (model.model_name, model.file.rpartition(".")[0], model.title)
    if not right:
        yield (
            f"the frames are of checkpoint {name} ({found}) and {model.title} was asked for; somebody else "
            "may have switched it: give animorch a server of its own"
        )


def _sampling(info: Info, expected: Expected) -> Iterator[str]:
    found, schedule = info.said.get("sampler_name"), info.extra.get("Schedule type")
    if found != expected.sampler:
        yield (
            f"the server sampled with {found} instead of {expected.sampler}, as it does with a name it does "
            "not know; take another sampler"
        )
    elif expected.scheduler not in (None, "Automatic", schedule):
        yield (
            f"the server used the schedule {schedule or 'Automatic'} instead of {expected.scheduler}, as it "
            "does with a name it does not know; take another schedule"
        )


def _numbers(info: Info, expected: Expected) -> Iterator[str]:
    """Size, steps, guidance, seeds, layers: all that the info repeats."""
    asked = {
        "width": expected.width,
        "height": expected.height,
        "steps": expected.steps,
        "cfg_scale": expected.cfg,
        "seed": expected.seed,
        "clip_skip": expected.clip_skip,
    }
    for key, value in asked.items():
        found = info.said.get(key)
        if found is not None and not same(str(found), value):
            yield f"the server used {key}={found} and was asked for {value}; look at its settings"
    seeds = info.said.get("all_seeds")
    wanted = [expected.seed + place for place in range(expected.frames)]
    if isinstance(seeds, list) and seeds[: expected.frames] != wanted:
        yield f"the frames' seeds begin {seeds[:3]} instead of {wanted[:3]}; look at its extensions"


def _vae(info: Info, expected: Expected) -> Iterator[str]:
    if "sd_vae_name" not in info.said:  # before 1.7
        return
    found = info.said["sd_vae_name"]
    found = None if found in ("", "None") else found
    if found != expected.vae:
        yield (
            f"the server decoded with VAE {found or 'of the checkpoint'} instead of "
            f"{expected.vae or 'the checkpoint’s own'}; look at its setting SD VAE, and whether it was "
            "started with --vae-path"
        )


def _loras(info: Info, expected: Expected) -> Iterator[str]:
    for name in expected.loras:
        if name.replace(",", "") in info.loras:
            continue
        if name in expected.motion_loras:
            layout = "conrevo's converted" if expected.generation == "v2" else "the original (guoyww's)"
            yield (
                f"the motion LoRA {name} was not used: this version of AnimateDiff passes over files in "
                f"another layout without a word and wants {layout}; put that file in models/Lora"
            )
        else:
            yield (
                f"the LoRA {name} was not used: A1111 passes over one that it cannot read, or that fits no "
                "layer of this checkpoint; look at the server's log"
            )


def _embeddings(info: Info, expected: Expected) -> Iterator[str]:
    if expected.embeddings is None:
        return
    used, listed = ({name.casefold() for name in names} for names in (info.embeddings, expected.embeddings))
    for name in sorted(listed - used):
        yield (
            f"the embedding {name} was not used: it may be of another base than the checkpoint; look at the "
            "server's log"
        )
    for name in sorted(used - listed):
        yield (
            f"the server used its embedding {name}, which a prompt says; list it, as in "
            f"embeddings=[{{name: {name}}}], or say it otherwise"
        )


def _travel(info: Info, expected: Expected) -> Iterator[str]:
    prompts = info.said.get("all_prompts")
    prompts = prompts if isinstance(prompts, list) else []
    for frame, words in expected.travel.items():
        told = str(prompts[frame]) if frame < len(prompts) else ""
        if words not in told or "\n" in told:  # with more than a line it is the travel itself, as it was sent
            yield (
                f"frame {frame} was not told {words!r}: AnimateDiff did not follow the prompt's travel"
                + ("; version 1 needs ControlNet installed for it" if expected.generation == "v1" else "")
            )
            return


def _controls(info: Info, expected: Expected) -> Iterator[str]:
    ran = sum(key.startswith("ControlNet ") for key in info.extra)
    if ran < expected.controls:
        yield (
            f"{ran} of {expected.controls} ControlNet units are in the reply's info; look at the server's "
            "log, and at its setting for the number of units"
        )


def same(found: str, asked: Any) -> bool:
    """Equal as text, or as numbers (8 and 8.0; whole ones exactly, since seeds have 64 bits)."""
    if isinstance(asked, str) or found == str(asked):
        return found == str(asked)
    try:
        return bool(float(found) == asked)
    except ValueError:
        return False


_CHECKS: tuple[Callable[[Info, Expected], Iterator[str]], ...] = (
    *(_module, _checkpoint, _sampling, _numbers, _vae, _loras, _embeddings, _travel, _controls),
)
