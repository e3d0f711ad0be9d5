"""Request: what one clip asks of a server, and what its reply must then say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from animorch_a1111.offers import Model

Generation = Literal["v1", "v2"]  # of the extension: they fail in different ways


@dataclass(frozen=True)
class Expected:
    """What is true of the reply if the server did what it was asked.

    args: AnimateDiff's, as sent. scheduler: a label, None where the server is not asked for one. loras:
    names as the tags have them; motion_loras: those of them. travel: frame: words that its prompt holds.
    vae: file, None for the checkpoint's own. controls: how many ControlNet units. published: known SHA-256 of
    the motion module, published_checkpoint of the checkpoint. embeddings: words whose use the info tells;
    None where the server does not tell it. motion: the spec's name of the module.
    """

    frames: int
    width: int
    height: int
    seed: int
    steps: int
    cfg: float
    sampler: str
    scheduler: str | None
    checkpoint: Model
    args: Mapping[str, Any]
    generation: Generation = "v2"
    loras: tuple[str, ...] = ()
    motion_loras: tuple[str, ...] = ()
    travel: Mapping[int, str] = field(default_factory=dict)
    clip_skip: int = 1
    vae: str | None = None
    controls: int = 0
    published: tuple[str, ...] = ()
    published_checkpoint: tuple[str, ...] = ()
    embeddings: tuple[str, ...] | None = None
    motion: str = "NAME"


@dataclass(frozen=True)
class Request:
    """POST /sdapi/v1/{route} with `body`.

    Before that `checkpoint` (a title) is to be loaded and `settings` are to stand, both through /options and
    never by override_settings. settings has only keys that the server has; they stay from clip to clip.
    """

    route: Literal["txt2img", "img2img"]
    body: Mapping[str, Any]
    expected: Expected
    checkpoint: str
    settings: Mapping[str, Any]


def generation(args: Mapping[str, Any]) -> Generation:
    """Which AnimateDiff takes these keys: v2 brought mask_path (Forge's branch has it too)."""
    return "v2" if "mask_path" in args else "v1"


def called(args: Mapping[str, Any]) -> str:
    """The extension's version in words, by the keys that it takes."""
    if "freeinit_enable" in args:
        return "version 2"
    return "Forge's version 2, without FreeInit" if "mask_path" in args else "version 1"
