"""Lists: what the server says it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.doubles.a1111.animatediff import DEFAULTS
from tests.doubles.a1111.samplers import ALIASES, SAMPLERS, SCHEDULERS

if TYPE_CHECKING:
    from tests.doubles.a1111.webui import Webui

HOME = "/srv/webui"


def models(webui: Webui) -> list[dict[str, Any]]:
    """hash and sha256 are null, and the title has none, until a file was loaded once."""
    return [
        {
            "title": webui.machine.title(one),
            "model_name": one.stem,
            "hash": one.short if one.file in webui.machine.known else None,
            "sha256": one.sha256 if one.file in webui.machine.known else None,
            "filename": f"{HOME}/models/Stable-diffusion/{one.file}",
            "config": None,
        }
        for one in webui.stock.checkpoints
    ]


def loras(webui: Webui) -> list[dict[str, Any]]:
    path = f"{HOME}/models/Lora"
    return [
        {
            "name": one.name,
            "alias": one.alias or one.name,
            "path": f"{path}/{one.name}.safetensors",
            "metadata": {},
        }
        for one in webui.stock.loras
    ]


def samplers(webui: Webui) -> list[dict[str, Any]]:
    """v1.13.1 brings an LCM of its own, so there are two."""
    found = [*SAMPLERS, SAMPLERS[-1]] if webui.extension and webui.version == "v1.13.1" else SAMPLERS
    return [
        {"name": one.name, "aliases": [one.alias], "options": {"scheduler": one.own} if one.own else {}}
        for one in found
    ]


def schedulers(webui: Webui) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": label,
            "aliases": ALIASES.get(name),
            "default_rho": -1.0,
            "need_inner_model": name in ("sgm_uniform", "simple", "normal", "uniform"),
        }
        for name, label in SCHEDULERS.items()
    ]


def scripts(webui: Webui) -> dict[str, list[str]]:
    return {"txt2img": webui.scripts(), "img2img": webui.scripts()}


def script_info(webui: Webui) -> list[dict[str, Any]]:
    """AnimateDiff's one argument has a dict for its value: every key it takes, with the default."""
    empty = {"minimum": None, "maximum": None, "step": None, "choices": None}
    found = []
    for img2img in (False, True):
        for name in webui.scripts():
            value: Any = DEFAULTS[webui.version] if name == "animatediff" else None
            args = [{"label": None, "value": value} | empty] if value else []
            found.append({"name": name, "is_alwayson": True, "is_img2img": img2img, "args": args})
    return found


def vaes(webui: Webui) -> list[dict[str, Any]]:
    return [{"model_name": one, "filename": f"{HOME}/models/VAE/{one}"} for one in webui.stock.vaes]


def embeddings(webui: Webui) -> dict[str, Any]:
    one = {"step": None, "sd_checkpoint": None, "sd_checkpoint_name": None, "shape": 768, "vectors": 8}
    return {"loaded": dict.fromkeys(webui.stock.embeddings, one), "skipped": {}}


def memory(webui: Webui) -> dict[str, Any]:
    return {"ram": {"free": 8e9, "used": 4e9, "total": 12e9}, "cuda": {"error": "unavailable"}}


def flags(webui: Webui) -> dict[str, Any]:
    return {"api": True, "nowebui": not webui.ui, "disable_nan_check": "black" in webui.mood.faults}


def extensions(webui: Webui) -> list[dict[str, Any]]:
    """Empty: the extension is not a git clone."""
    return []


LISTS = {
    "sd-models": models,
    "loras": loras,
    "samplers": samplers,
    "schedulers": schedulers,
    "scripts": scripts,
    "script-info": script_info,
    "sd-vae": vaes,
    "embeddings": embeddings,
    "memory": memory,
    "cmd-flags": flags,
    "extensions": extensions,
}
