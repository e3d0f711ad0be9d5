"""Card: the frames of a test card. A disc with moving shapes, colour bars, a grey wedge and words."""

from __future__ import annotations

from math import cos, pi, sin
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from animorch import RenderSpec
from animorch_testcard.backdrop import Layout, backdrop, ints
from animorch_testcard.chance import digest
from animorch_testcard.develop import develop
from animorch_testcard.look import CORNERS, Look, look_at
from animorch_testcard.movement import Pose, camera_at, pose, seen
from animorch_testcard.words import write

_ANGLES = [(cos(2 * pi * place / CORNERS), sin(2 * pi * place / CORNERS)) for place in range(CORNERS)]


def draw(spec: RenderSpec) -> np.ndarray[Any, Any]:
    """Every frame: uint8, (frames, height, width, 3), RGB."""
    layout, seed = Layout.of(spec), digest(spec)
    frames = np.empty((spec.frames, spec.height, spec.width, 3), np.uint8)
    behind: tuple[Look, Image.Image] | None = None
    for frame in range(spec.frames):
        look, prompt = look_at(spec, frame)
        if behind is None or behind[0] != look:
            behind = look, backdrop(spec, layout, look)
        picture = _scene(spec, layout, look, behind[1], frame)
        write(picture, spec, look, prompt, frame)
        frames[frame] = develop(picture, spec, seed, frame)
    return frames


def _scene(spec: RenderSpec, layout: Layout, look: Look, behind: Image.Image, frame: int) -> Image.Image:
    """The backdrop with the disc's contents on it, at the clip's own size."""
    stage = _stage(layout, look)
    camera = camera_at(spec, frame)
    brush = ImageDraw.Draw(stage)
    _graph(brush, layout, look, camera)
    for shape, outline in enumerate(look.outlines):
        place = seen(pose(spec, shape, frame), camera)
        _shape(brush, layout, place, look.sizes[shape], outline, ints(look.paints[shape]))
    picture = behind.copy()
    picture.paste(stage, layout.corner, layout.disc)
    return picture.reduce(layout.fine) if layout.fine > 1 else picture


def _stage(layout: Layout, look: Look) -> Image.Image:
    """What is in the disc behind the shapes: a gradient."""
    ends = Image.new("RGB", (1, 2))
    ends.putdata([ints(look.stage[0]), ints(look.stage[1])])
    return ends.resize((2 * layout.radius, 2 * layout.radius), Image.Resampling.BILINEAR)


def _graph(brush: ImageDraw.ImageDraw, layout: Layout, look: Look, camera: Pose) -> None:
    """Graph paper that moves with the camera only, so that a pan or a roll can be told from the shapes."""
    line = ints(tuple(0.8 * stage + 0.2 * ink for stage, ink in zip(look.stage[0], look.ink, strict=True)))
    for step in range(-8, 9):
        for ends in (((step / 3, -3), (step / 3, 3)), ((-3, step / 3), (3, step / 3))):
            shown = [seen(Pose(x, y), camera) for x, y in ends]
            brush.line([layout.inside(at.x, at.y) for at in shown], fill=line, width=layout.hair)


def _shape(
    brush: ImageDraw.ImageDraw,
    layout: Layout,
    place: Pose,
    size: float,
    outline: tuple[float, ...],
    paint: tuple[int, ...],
) -> None:
    c, s, reach = cos(place.turn), sin(place.turn), size * place.size
    shadow = tuple(part * 45 // 100 for part in paint)
    for grow, shift, fill in ((1.0, 0.03, shadow), (1.0, 0.0, paint)):
        corners = [
            layout.inside(
                place.x + shift + grow * reach * radius * (c * x - s * y),
                place.y + shift + grow * reach * radius * (s * x + c * y),
            )
            for (x, y), radius in zip(_ANGLES, outline, strict=True)
        ]
        brush.polygon(corners, fill=fill)
