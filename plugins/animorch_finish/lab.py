"""Lab: sRGB to CIELAB and back, D65, by the formulas of IEC 61966-2-1 and CIE 15:2004."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Picture = np.ndarray[Any, Any]

_XYZ = (  # linear sRGB to XYZ
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE = (0.95047, 1.0, 1.08883)
_EDGE = 6 / 29


def of_rgb(picture: Picture) -> Picture:
    """uint8 (H, W, 3) as float32 L* in 0..100, a*, b*."""
    import numpy as np

    steps = np.arange(256, dtype=np.float32) / 255
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4).astype(np.float32)
    share = linear[picture] @ (np.array(_XYZ, np.float32).T / np.array(_WHITE, np.float32))
    bent = np.where(share > _EDGE**3, np.cbrt(share), share / (3 * _EDGE**2) + 4 / 29)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def to_rgb(colours: Picture) -> Picture:
    """float (H, W, 3) as uint8, what lies outside of sRGB cut off."""
    import numpy as np

    y = (colours[..., 0] + 16) / 116
    bent = np.stack([y + colours[..., 1] / 500, y, y - colours[..., 2] / 200], axis=-1)
    share = np.where(bent > _EDGE, bent**3, 3 * _EDGE**2 * (bent - 4 / 29))
    linear = (share * np.array(_WHITE)) @ np.linalg.inv(np.array(_XYZ)).T
    linear = np.clip(linear, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    whole: Picture = np.rint(shown * 255).astype(np.uint8)
    return whole
