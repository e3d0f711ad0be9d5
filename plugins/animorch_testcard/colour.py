"""Colour: OKLCH, in which equal lightness looks equally light, to and from sRGB.

L: lightness 0..1.  C: chroma 0..0.37.  h: hue in degrees.  RGB: three numbers 0..255.
"""

from __future__ import annotations

from math import atan2, cos, degrees, radians, sin

RGB = tuple[float, float, float]


def rgb(lightness: float, chroma: float, hue: float) -> RGB:
    """The sRGB colour, cut off at the edges of the gamut and rounded to a tenth."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return _encoded(red), _encoded(green), _encoded(blue)


def hue_of(colour: tuple[int, ...]) -> float | None:
    """Hue of an sRGB colour in degrees; None for a grey."""
    red, green, blue = (_decoded(part) for part in colour[:3])
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return degrees(atan2(b, a)) % 360 if a * a + b * b > 4e-4 else None


def _encoded(light: float) -> float:
    light = min(max(light, 0.0), 1.0)
    return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055), 1)


def _decoded(part: int) -> float:
    part_of_one = part / 255
    return part_of_one / 12.92 if part_of_one <= 0.04045 else float(((part_of_one + 0.055) / 1.055) ** 2.4)
