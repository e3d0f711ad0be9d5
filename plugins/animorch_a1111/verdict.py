"""Verdict: whether a reply is the clip that was asked for.

200 alone says nothing: A1111 swallows the errors of extensions, and corrects what it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from animorch_a1111.answers import answered
from animorch_a1111.differences import differences
from animorch_a1111.fault import Fault
from animorch_a1111.infotext import Info, facts, read
from animorch_a1111.reply import array, counted, decoded_list, stills
from animorch_a1111.request import Expected


@dataclass(frozen=True)
class Judged:
    """A clip that is what was asked for.

    frames: uint8 (T, H, W, 3). infotext: as A1111 writes it. facts: for the record.
    """

    frames: Any
    infotext: str
    facts: Mapping[str, str]


def verdict(status: int, body: Any, expected: Expected) -> Judged:
    """Judge any answer to a request; body is the reply's JSON, or its text where it is none.

    Raises Fault, whose sentence names the likely cause and whose `poisoned` asks for a healing.
    """
    if status != 200 or not isinstance(body, Mapping):
        raise answered(status, body, expected)
    info = read(body.get("info"))
    images = body.get("images")
    found = decoded_list(images if isinstance(images, list) else [])
    if not info.animatediff:
        raise _absent(found, expected)
    if unlike := differences(info, expected):
        raise Fault("; also: ".join(unlike), "different")
    return Judged(_frames(found, info, expected), info.text, facts(info, expected))


def _absent(found: list[tuple[str, bytes]], expected: Expected) -> Fault:
    """AnimateDiff is not in the reply: what came instead tells where it broke."""
    model = expected.args.get("model")
    pictures = sum(kind == "png" for kind, _ in found)
    if expected.generation == "v2" and pictures > 1:  # it had set the number of frames, module in place
        likely = "it stopped after its module was in place"
        travels = ", perhaps at the prompt's travel lines" if expected.travel else ""
        return Fault(
            f"{pictures} frames came back and AnimateDiff is not in their info: {likely}{travels}; look at "
            "the server's log for 'Error running before_process'",
            "swallowed",
            poisoned=True,
        )
    shown = "one still picture" if len(found) == 1 else f"{counted(found)} that have nothing to do together"
    return Fault(
        f"AnimateDiff did not run and {shown} came back: the motion module {model} is missing in the "
        "server's AnimateDiff folder, spelled otherwise, unreadable (a .ckpt of a recent torch: use "
        f".safetensors) or of another base; set backend.models.{expected.motion} to the file's name there, "
        "or read the server's log",
        "absent",
    )


def _frames(found: list[tuple[str, bytes]], info: Info, expected: Expected) -> Any:
    """The frames, counted, measured and looked at."""
    pngs = stills(found, info.first)
    if len(pngs) == expected.frames + expected.controls:  # ControlNet lays its pictures behind the frames
        pngs = pngs[: expected.frames]
    if len(pngs) != expected.frames:
        raise Fault(
            f"{expected.frames} frames were asked for and {counted(found)} came back; look whether another "
            "extension of the server changes them",
            "frames",
        )
    frames = array(pngs)
    height, width = frames.shape[1:3]
    if (width, height) != (expected.width, expected.height):
        raise Fault(
            f"{expected.width}x{expected.height} was asked for and frames of {width}x{height} came back; "
            "look whether another extension of the server enlarges them",
            "frames",
        )
    _look(frames)
    return frames


def _look(frames: Any) -> None:
    """Black frames are NaNs that the server did not check for; equal ones cannot come of unequal seeds."""
    black = [place for place, dark in enumerate(frames.reshape(len(frames), -1).max(axis=1) == 0) if dark]
    if black:
        raise Fault(
            f"{len(black)} of {len(frames)} frames are black: NaNs that the server was told not to check for "
            "(--disable-nan-check); try --no-half-vae or --upcast-sampling there, or another VAE",
            "black",
        )
    if len(frames) > 1 and (frames == frames[0]).all():
        raise Fault(
            f"all {len(frames)} frames are one and the same picture, which unequal seeds cannot give; "
            "restart the server and try it again",
            "frames",
            poisoned=True,
        )
