"""Healing: motion modules that an error left in a server's UNet, found and taken out.

Such a server answers every ordinary txt2img with a 500 EinopsError until the next valid AnimateDiff call,
and a checkpoint that is loaded meanwhile stays wrong until it is loaded again (extension v2; issues 532,
546, 563).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from animorch import BackendError
from animorch_a1111.fault import Fault
from animorch_a1111.infotext import read
from animorch_a1111.options import Settings, same_checkpoint
from animorch_a1111.server import API, Server

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


@dataclass(frozen=True)
class Tended:
    """What was put right: options given back after a killed session, and whether it was poisoned."""

    restored: list[str]
    healed: bool


class Unhealed(BackendError):
    """A server that must be started anew before anything that it renders can be believed."""


def heal(
    server: Server,
    settings: Settings,
    modules: Iterable[str],
    *,
    poisoned: bool,
    loaded: str,
    allowed: bool = True,
) -> bool:
    """Make sure that the server is clean; returns whether it had been poisoned.

    modules: files of motion modules to take along, the likeliest first. poisoned: known to be, so that
    nothing has to be proved. loaded: the checkpoint of the last time that all was well; another one was
    loaded into a poisoned UNet, or may have been, and is loaded again. allowed: to do more than look.
    Raises Unhealed with the instruction to restart the server when that does not help.
    """
    if not poisoned and not _amiss(server):
        return False
    settings.hold({})  # the clip's own VAE or clip_skip may be what a plain picture breaks off at
    amiss = "" if poisoned else _amiss(server)
    if not (poisoned or amiss):
        return False
    if not allowed:
        raise Unhealed(
            f"{server.url} may be poisoned by an AnimateDiff error{amiss and f' ({amiss})'} and "
            "backend.heal=false; restart the web UI, or set backend.heal=true"
        )
    any(_animates(server, module) for module in dict.fromkeys(filter(None, modules)))
    if amiss := _amiss(server):
        raise Unhealed(_restart(server, amiss))
    if not same_checkpoint(settings.checkpoint(), loaded):
        _load_again(server, settings)
    return True


def _amiss(server: Server) -> str:
    """What is wrong with an ordinary picture of one step; nothing on a server that is not poisoned."""
    reply = server.generate("txt2img", _STILL)
    images = reply.body.get("images") if isinstance(reply.body, Mapping) else None
    if reply.status != 200:
        return reply.said or f"status {reply.status}"
    return "" if isinstance(images, list) and len(images) == 1 else "no single picture came back"


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
    body = reply.body if isinstance(reply.body, Mapping) else {}
    try:
        return reply.status == 200 and bool(read(body.get("info")).animatediff)
    except Fault:
        return False


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
    if amiss := _amiss(server):
        raise Unhealed(_restart(server, amiss))


def _restart(server: Server, amiss: str) -> str:
    """Only an EinopsError is poison for certain; NaNs or a full memory are not cured by a start alone."""
    likely = (
        "keeps motion modules in its UNet after an AnimateDiff error and could not be healed"
        if "EinopsError" in amiss
        else "cannot make a plain picture of one step, with or without AnimateDiff"
    )
    return f"{server.url} {likely} ({amiss}); restart the web UI, look at its log, then repeat the command"
