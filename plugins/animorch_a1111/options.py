"""Options: what a session sets on a server, once, through /options, and gives back at its end.

Never by a request's override_settings: they leak (webui 1.7 to 1.10.1 restores only keys that config.json
has), and a checkpoint switched there leaves AnimateDiff with another model's weights.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from animorch import BackendError, WeightsError
from animorch_a1111.claim import Claim
from animorch_a1111.matching import without_hash
from animorch_a1111.server import API, Refused, Server

CHECKPOINT = "sd_model_checkpoint"
# AnimateDiff's guide asks for the first two. The third is the older way of padding, which webui 1.8 and
# later keep: it would override the first and cut prompts.
GUIDE: Mapping[str, bool] = {"pad_cond_uncond": True, "batch_cond_uncond": True, "pad_cond_uncond_v0": False}
WHY = {
    "pad_cond_uncond": "Pad prompt/negative prompt (to be same length): without it a prompt of more than 75 "
    "tokens beside a short negative one is an error; equal lengths are left as they are",
    "batch_cond_uncond": "Batch cond/uncond: prompt and negative prompt go through the UNet together, as the "
    "extension expects",
    "pad_cond_uncond_v0": "Pad prompt/negative prompt (v0): the older way, overrides the first, cuts prompts",
}
log = logging.getLogger("animorch.a1111")


class Settings:
    """The options of one server that a session holds at values of its own."""

    def __init__(self, server: Server, claim: Claim) -> None:
        self._server = server
        self._claim = claim

    def now(self) -> dict[str, Any]:
        """Every option as it stands."""
        found = self._server.get(f"{API}/options")
        return dict(found) if isinstance(found, Mapping) else {}

    def hold(self, wanted: Mapping[str, Any]) -> None:
        """Set the guide's options and `wanted`, those that the server has; the others as they were before.

        Raises BackendError when the server takes one and keeps another value.
        """
        known = self.now()
        before = {key: value for key, value in self._claim.remembered.items() if key != CHECKPOINT}
        asked = before | dict(GUIDE) | dict(wanted)
        self._set({key: value for key, value in asked.items() if key in known and known[key] != value}, known)

    def _set(self, changes: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        if not changes:
            return
        self._claim.remember({key: known[key] for key in changes if key not in self._claim.remembered})
        self._server.post(f"{API}/options", dict(changes), read=None)  # a VAE waits for the job under way
        found = self.now()
        kept = [f"{key}={found.get(key)!r}" for key, value in changes.items() if found.get(key) != value]
        if kept:
            asked = ", ".join(f"{key}={value!r}" for key, value in changes.items())
            raise BackendError(
                f"{self._server.url} was asked for {asked} and keeps {', '.join(kept)}; look whether its "
                "settings are frozen (--freeze-settings)"
            )

    def checkpoint(self) -> str:
        """The checkpoint that is set, as it was written; empty for none."""
        return str(self.now().get(CHECKPOINT) or "")

    def switch(self, title: str) -> None:
        """Load a checkpoint and read back that it is the one. It takes as long as the file is large."""
        before = self.checkpoint()
        if CHECKPOINT not in self._claim.remembered:
            self._claim.remember({CHECKPOINT: before})
        try:
            self._server.post(f"{API}/options", {CHECKPOINT: title}, read=None)
        except Refused as error:
            raise WeightsError(f"checkpoint {title} was not loaded; {error}") from error
        found = self.checkpoint()
        if not same_checkpoint(found, title):
            raise BackendError(
                f"{self._server.url} was asked for checkpoint {title} and has {found or 'none'}; load it by "
                "hand to see why"
            )

    def restore(self, checkpoint: bool = True) -> list[str]:
        """Give back what was changed and end the claim; returns the options given back.

        Nothing is lost when the server is away, or without `checkpoint`: the next session finds it.
        """
        before = self._claim.leave()
        if not before:
            return []
        known = self.now()
        changed = {key: value for key, value in before.items() if key in known and known[key] != value}
        loaded = changed.pop(CHECKPOINT, None)
        if changed:
            self._server.post(f"{API}/options", changed, read=None)
        if not loaded or same_checkpoint(str(known[CHECKPOINT]), loaded):
            self._claim.settled()
        elif checkpoint:
            self._server.post(f"{API}/options", {CHECKPOINT: loaded}, read=None)
            self._claim.settled()
            changed[CHECKPOINT] = loaded
        else:
            self._claim.settled({CHECKPOINT: loaded})
        return list(changed)


def same_checkpoint(one: str, other: str) -> bool:
    """Whether two titles name one file; the `[hash]` behind a name appears when it is first loaded."""
    return _bare(one) == _bare(other)


def _bare(title: str) -> str:
    return without_hash(title).replace("\\", "/").strip()
