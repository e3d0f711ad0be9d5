"""Backdrop: what stands still. Sky with the checkpoint's pattern, colour bars, wedge, rim and signs."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from PIL import Image, ImageDraw

from animorch import RenderSpec
from animorch_testcard.chance import between, pick, share
from animorch_testcard.colour import RGB, rgb
from animorch_testcard.look import Look, look_of

Ints = tuple[int, ...]
_BARS = ((191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191))


def ints(colour: RGB | tuple[float, ...]) -> Ints:
    return tuple(round(part) for part in colour)


@dataclass(frozen=True)
class Layout:
    """Measures of the card while it is drawn, `fine` times larger than the clip.

    unit: a hundredth of the short side. middle, radius: the disc. disc: its mask.
    """

    fine: int
    size: tuple[int, int]
    unit: float
    middle: tuple[float, float]
    radius: int
    disc: Image.Image

    @classmethod
    def of(cls, spec: RenderSpec) -> Layout:
        short = min(spec.width, spec.height)
        fine = 4 if short <= 160 else 2 if short <= 800 else 1
        width, height, unit = spec.width * fine, spec.height * fine, short * fine / 100
        radius = max(3, round(36 * unit))
        disc = Image.new("L", (2 * radius, 2 * radius))
        ImageDraw.Draw(disc).ellipse((0, 0, 2 * radius - 1, 2 * radius - 1), fill=255)
        return cls(fine, (width, height), unit, (width / 2, height / 2 + unit), radius, disc)

    @property
    def corner(self) -> tuple[int, int]:
        return round(self.middle[0]) - self.radius, round(self.middle[1]) - self.radius

    @property
    def hair(self) -> int:
        """Width of the thinnest line."""
        return max(1, round(0.3 * self.unit))

    def inside(self, x: float, y: float) -> tuple[float, float]:
        """A place in the disc's measure (radius 1) as a pixel of the disc's square."""
        return round(self.radius * (1 + x), 2), round(self.radius * (1 + y), 2)

    def around(self, turn: float, away: float) -> tuple[float, float]:
        """A place `away` radii from the middle, `turn` (0..1) clockwise from the top, as a pixel."""
        x, y = sin(2 * pi * turn), -cos(2 * pi * turn)
        return self.middle[0] + away * self.radius * x, self.middle[1] + away * self.radius * y


def backdrop(spec: RenderSpec, layout: Layout, look: Look) -> Image.Image:
    picture = _sky(layout, look)
    brush = ImageDraw.Draw(picture)
    _pattern(brush, spec, layout, look)
    _bars(brush, layout)
    _wedge(brush, spec, layout)
    _rim(brush, spec, layout, look)
    _pips(brush, spec, layout, look)
    _banned(brush, spec, layout, look)
    _ribbons(brush, spec, layout)
    _windows(brush, spec, layout, look)
    return picture


def _sky(layout: Layout, look: Look) -> Image.Image:
    ends = Image.new("RGB", (1, 2))
    ends.putdata([ints(look.sky[0]), ints(look.sky[1])])
    return ends.resize(layout.size, Image.Resampling.BILINEAR)


def _pattern(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout, look: Look) -> None:
    """The checkpoint decides: squares, diagonals, rings or dots, thin on the sky."""
    name = f"{spec.checkpoint.name} {spec.checkpoint.content()}"
    line = ints(tuple(0.85 * sky + 0.15 * ink for sky, ink in zip(look.sky[0], look.ink, strict=True)))
    gap, kind = between(7, 11, name, "gap") * layout.unit, pick(4, name, "pattern")
    (width, height), (x, y) = layout.size, layout.middle
    count = int(max(width, height) / gap) + 1
    for step in range(-count, count + 1):
        at = step * gap
        if kind == 0:
            brush.line((x + at, 0, x + at, height), fill=line, width=layout.hair)
            brush.line((0, y + at, width, y + at), fill=line, width=layout.hair)
        elif kind == 1:
            brush.line((x + at - height, 0, x + at + height, 2 * height), fill=line, width=layout.hair)
        elif kind == 2 and step > 0:
            reach = layout.radius + at
            brush.ellipse((x - reach, y - reach, x + reach, y + reach), outline=line, width=layout.hair)
        elif kind == 3:
            _dots(brush, layout, y + at, gap, line)


def _dots(brush: ImageDraw.ImageDraw, layout: Layout, y: float, gap: float, paint: Ints) -> None:
    x, dot = layout.middle[0] % gap, 0.7 * layout.unit
    while x < layout.size[0]:
        brush.ellipse((x - dot, y - dot, x + dot, y + dot), fill=paint)
        x += gap


def _bars(brush: ImageDraw.ImageDraw, layout: Layout) -> None:
    """The seven colour bars at three quarters, by which saturation is judged."""
    width, edge = layout.size[0], 5 * layout.unit
    for place, paint in enumerate(_BARS):
        brush.rectangle((width * place // 7, 0, width * (place + 1) // 7, edge), fill=paint)


def _wedge(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout) -> None:
    """Eleven greys from black to white, by which contrast is judged; the schedule spaces them."""
    (width, height), top = layout.size, layout.size[1] - 4 * layout.unit
    bend = 1.0 if spec.schedule == "normal" else between(0.45, 2.2, spec.schedule, "bend")
    edges = [round(width * (place / 11) ** bend) for place in range(12)]
    for place in range(11):
        grey = round(25.5 * place)
        brush.rectangle((edges[place], top, edges[place + 1], height), fill=(grey,) * 3)


def _rim(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout, look: Look) -> None:
    """A ring round the disc, broken as the sampler likes, and a tick for each step."""
    dashes = 2 * pick(9, spec.sampler, "dashes")
    reach, (x, y) = layout.radius + 1.4 * layout.unit, layout.middle
    box, wide = (x - reach, y - reach, x + reach, y + reach), max(2, round(0.9 * layout.unit))
    if dashes == 0:
        brush.ellipse(box, outline=ints(look.ink), width=wide)
    for dash in range(dashes):
        brush.arc(box, 360 * dash / dashes, 360 * (dash + 0.62) / dashes, fill=ints(look.ink), width=wide)
    ticks = min(spec.steps, 240)
    for tick in range(ticks):
        ends = layout.around(tick / ticks, 1.06), layout.around(tick / ticks, 1.105)
        brush.line(ends, fill=ints(look.ink), width=layout.hair)


def _pips(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout, look: Look) -> None:
    """A pip for each step of clip_skip, at the left below the middle."""
    dot, x = 0.8 * layout.unit, 4 * layout.unit
    for pip in range(spec.clip_skip):
        y = layout.size[1] * 0.80 - 2.6 * layout.unit * pip
        brush.ellipse((x - dot, y - dot, x + dot, y + dot), fill=ints(look.ink))


def _banned(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout, look: Look) -> None:
    """What the negative prompt would look like, struck out, at the right below the middle."""
    if not spec.negative_prompt:
        return
    unwanted, size = look_of(spec.negative_prompt), 4.5 * layout.unit
    x, y = layout.size[0] - 8 * layout.unit, layout.size[1] * 0.79
    corners = [
        (x + size * radius * sin(2 * pi * place / 72), y - size * radius * cos(2 * pi * place / 72))
        for place, radius in enumerate(unwanted.outlines[0])
    ]
    brush.polygon(corners, fill=ints(unwanted.paints[0]))
    wide = max(2, round(layout.unit))
    brush.ellipse((x - size, y - size, x + size, y + size), outline=(215, 45, 45), width=wide)
    cut = 0.7 * size
    brush.line((x - cut, y - cut, x + cut, y + cut), fill=(215, 45, 45), width=wide)


def ribbon(name: str) -> RGB:
    """The colour of a LoRA."""
    return rgb(0.70, 0.16, 360 * share(name, "ribbon"))


def _ribbons(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout) -> None:
    """A ribbon at the left edge for each LoRA, as tall as its weight; motion LoRAs at the right edge."""
    wide, (width, height) = 1.8 * layout.unit, layout.size
    for place, lora in enumerate(spec.loras):
        x, tall = place * 1.3 * wide, min(abs(lora.weight), 2) * height * 0.3
        brush.rectangle((x, height / 2 - tall, x + wide, height / 2 + tall), fill=ints(ribbon(lora.name)))
    for place, lora in enumerate(spec.motion_loras):
        x, tall = width - place * 1.3 * wide, min(abs(lora.weight), 2) * height * 0.3
        brush.rectangle((x - wide, height / 2 - tall, x, height / 2 + tall), fill=ints(ribbon(lora.name)))


def _windows(brush: ImageDraw.ImageDraw, spec: RenderSpec, layout: Layout, look: Look) -> None:
    """A row for each window of the first step: which frames it holds, under the colour bars."""
    if spec.window is None:
        return
    windows = spec.window.at_step(0, spec.frames)[:12]
    wide, top = layout.size[0], 5.6 * layout.unit
    tall = min(1.0 * layout.unit, 5 * layout.unit / len(windows))
    for row, window in enumerate(windows):
        y = top + row * tall
        for frame in window:
            left, right = wide * frame / spec.frames, wide * (frame + 1) / spec.frames
            brush.rectangle((left, y, right, y + 0.6 * tall), fill=ints(look.paints[row % 5]))
