"""Healing: motion modules that an error left in a server's UNet, found and taken out.

Such a server answers every ordinary txt2img with a 500 EinopsError until the next valid AnimateDiff call,
and a checkpoint that is loaded meanwhile stays wrong until it is loaded again (extension v2; issues 532,
546, 563).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from animorch import BackendError
from animorch_a1111.options import Settings, same_checkpoint
from animorch_a1111.server import API, Reply, Server

_STILL: dict[str, Any] = {
    "prompt": "",
    "steps": 1,
    "width": 64,
    "height": 64,
    "seed": 0,
    "batch_size": 1,
    "n_iter": 1,
    "save_images": False,
}


class Unhealed(BackendError):
    """A server that must be started anew before anything that it renders can be believed."""


def still_works(server: Server) -> bool:
    """Whether an ordinary picture of one step comes out, as it does from a server that is not poisoned."""
    reply = server.generate("txt2img", _STILL)
    return reply.status == 200 and len(_of(reply, "images")) == 1


def heal(server: Server, settings: Settings, modules: Iterable[str], *, poisoned: bool, loaded: str) -> bool:
    """Make sure that the server is clean; returns whether it had been poisoned.

    modules: files of motion modules to take along, the likeliest first. poisoned: known to be, so that
    nothing has to be proved. loaded: the checkpoint of the last time that all was well; another one was
    loaded into a poisoned UNet, or may have been, and is loaded again.
    Raises Unhealed with the instruction to restart the server when that does not help.
    """
    if not poisoned and still_works(server):
        return False
    settings.hold({})  # the clip's own VAE or clip_skip may be what a plain picture breaks off at
    if not poisoned and still_works(server):
        return False
    any(_animates(server, module) for module in dict.fromkeys(filter(None, modules)))
    if not still_works(server):
        raise Unhealed(_restart(server, "a plain picture still fails after a frame by AnimateDiff"))
    if not same_checkpoint(settings.checkpoint(), loaded):
        _load_again(server, settings)
    return True


def _animates(server: Server, module: str) -> bool:
    """One frame with the module; its parameters in the reply say that the extension came through."""
    args = {
        "enable": True,
        "model": module,
        "video_length": 1,
        "batch_size": 1,
        "fps": 8,
        "format": ["PNG"],
    }
    reply = server.generate("txt2img", _STILL | {"alwayson_scripts": {"AnimateDiff": {"args": [args]}}})
    extra = _info(reply).get("extra_generation_params")
    return reply.status == 200 and isinstance(extra, Mapping) and "AnimateDiff" in extra


def _load_again(server: Server, settings: Settings) -> None:
    """Away to another checkpoint and back: asking for the one that is loaded loads nothing.

    Where there is no other, none can have been loaded meanwhile.
    """
    mine = settings.checkpoint()
    listed = server.get(f"{API}/sd-models")
    titles = [str(model.get("title")) for model in listed if isinstance(model, Mapping)]
    other = next((title for title in titles if not same_checkpoint(title, mine)), None)
    if other is None or not mine:
        return
    settings.switch(other)
    settings.switch(mine)
    if not still_works(server):
        raise Unhealed(_restart(server, "a plain picture fails after the checkpoint was loaded again"))


def _restart(server: Server, reason: str) -> str:
    return (
        f"{server.url} keeps motion modules in its UNet after an AnimateDiff error and could not be healed "
        f"({reason}); restart the web UI, then repeat the command"
    )


def _info(reply: Reply) -> Mapping[str, Any]:
    """The reply's `info`, which is JSON inside of JSON."""
    text = reply.body.get("info") if isinstance(reply.body, Mapping) else None
    try:
        info = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return info if isinstance(info, Mapping) else {}


def _of(reply: Reply, key: str) -> list[Any]:
    found = reply.body.get(key) if isinstance(reply.body, Mapping) else None
    return found if isinstance(found, list) else []
