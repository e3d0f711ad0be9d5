"""Output: the pictures and videos of a reply, in the order in which the extension gives them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.doubles.a1111 import infotext, media
from tests.doubles.a1111.animatediff import VIDEOS, Setup
from tests.doubles.a1111.pixels import Frames
from tests.doubles.a1111.plan import Light, Plan
from tests.doubles.a1111.prompts import Travel
from tests.doubles.a1111.stock import MotionModule, Stock, digest


@dataclass
class Output:
    """What a run made. `clips` hold every frame that was computed, also those that are not returned."""

    plan: Plan
    light: Light
    mode: str
    travel: Travel | None
    stock: Stock
    clips: list[Frames]
    module: MotionModule | None
    short: bool = False  # a frame gets lost
    frames: Frames | None = None
    lost: list[str] = field(default_factory=list)  # asked for and silently not returned

    def reply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The reply's JSON; encodes, so it runs in a thread."""
        extra = self._extra()
        grid = bool(body.get("save_images")) and sum(map(len, self.clips)) > 1
        texts = self._texts(extra, grid)
        pictures = [*self._images(texts, grid), *self._maps(extra)]
        images = [base64.b64encode(one).decode() for one in pictures]
        told = infotext.info(self.plan, self.light, extra, self.travel, texts, int(grid))
        return {
            "images": images if body.get("send_images", True) else [],
            "parameters": {key: value for key, value in body.items() if key != "init_images"},
            "info": told,
        }

    def _extra(self) -> dict[str, Any]:
        setup, said = self.plan.setup, ""
        if self.mode == "animated" and isinstance(setup, Setup) and self.module:
            said = setup.said(digest(self.module.file), img2img=self.plan.route == "img2img")
        return infotext.extra(self.plan, self.light, self.travel, self.stock, said)

    def _texts(self, extra: dict[str, Any], grid: bool) -> list[str]:
        """An infotext for each computed picture, the grid's first; a travel's lines stand in them whole."""
        count = sum(map(len, self.clips))
        seeds = [self.plan.seed] * grid + [self.plan.seed + at for at in range(count)]
        return [infotext.infotext(self.plan, self.light, extra, seed, self.plan.prompt) for seed in seeds]

    def _images(self, texts: list[str], grid: bool) -> list[bytes]:
        setup = self.plan.setup
        everything = np.concatenate(self.clips)
        raw = [self._picture(frame, texts[grid + at]) for at, frame in enumerate(everything)]
        if grid:
            raw.insert(0, self._picture(np.concatenate(list(everything), axis=1), texts[0]))
        self.frames = everything
        if self.short and len(raw) > 1:
            raw.pop()
        if self.mode != "animated" or not isinstance(setup, Setup):
            return raw
        if (videos := self._videos(setup, texts[grid])) is None:
            return raw
        frames = [self._picture(frame, texts[-1]) for frame in self.frames] if "Frame" in setup.format else []
        return videos + (frames[:-1] if self.short else frames)

    def _maps(self, extra: Mapping[str, Any]) -> list[bytes]:
        """A picture for each ControlNet unit, which that extension lays behind the others."""
        units = sum(key.startswith("ControlNet ") for key in extra)
        return [self._picture(np.full_like(self.clips[0][0], 200), "")] * units

    def _videos(self, setup: Setup, text: str) -> list[bytes] | None:
        """Videos of all clips; None where none is saved: the reply has the server's own pictures."""
        kinds = [kind for kind in VIDEOS if kind in setup.format]
        if "MP4" in kinds and setup.fps != int(setup.fps):
            self.lost.append("MP4")
            return None
        videos = []
        for clip in self.clips:
            self.frames = clip[: setup.video_length]
            shown = mirrored(self.frames) if loops(setup) else self.frames
            crf = self.light.settings.get("animatediff_mp4_crf", 23)
            videos += [media.video(kind, shown, setup.fps, setup.loop_number, text, crf) for kind in kinds]
            self.frames = shown if kinds else self.frames
        return videos or None

    def _picture(self, frame: Frames, text: str) -> bytes:
        return media.picture(frame, text, self.light.settings)


def loops(setup: Setup) -> bool:
    """Closed loop A goes back through the frames where one context holds the whole clip."""
    return bool(setup.closed_loop == "A" and setup.video_length <= setup.batch_size)


def mirrored(frames: Frames) -> Frames:
    return np.concatenate([frames, frames[-2:0:-1]])
