"""Palette: the few colours that stand for all of a clip's.

Median cut (Heckbert 1982, as Pillow does it) on a sample of the pixels, then Lloyd's k-means on the same
sample: the boxes of median cut ignore how colours lie inside them, and k-means moves each to its middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Pixels = np.ndarray[Any, Any]


def of_pixels(sample: Pixels, colours: int, rounds: int) -> Pixels:
    """At most `colours` colours, uint8 (N, 3), for a sample of pixels, uint8 (M, 3)."""
    import numpy as np
    from PIL import Image

    cut = Image.fromarray(sample[None]).quantize(colours, method=Image.Quantize.MEDIANCUT)
    palette = np.asarray(cut.getpalette("RGB"), np.float32).reshape(-1, 3)[:colours]
    points = sample.astype(np.float32)
    for _ in range(rounds):
        palette = _moved(points, palette)
    return np.unique(np.rint(palette).astype(np.uint8), axis=0)


def _moved(points: Pixels, palette: Pixels) -> Pixels:
    """Each colour at the mean of the points nearest to it; one with no points stays."""
    import numpy as np

    nearest = ((palette**2).sum(1) - 2 * points @ palette.T).argmin(1)
    counts = np.bincount(nearest, minlength=len(palette))[:, None]
    sums = np.stack([np.bincount(nearest, points[:, part], len(palette)) for part in range(3)], axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), palette).astype(np.float32)


def indices(frame: Pixels, palette: Pixels) -> Pixels:
    """A frame, uint8 (H, W, 3), as places in the palette, uint8 (H, W), with Floyd-Steinberg dithering.

    What a pixel is off by goes to its neighbours, so a gradient has no bands. Pillow looks colours up in
    steps of 4, which the dithering evens out, and is ten times faster than ffmpeg's paletteuse for it.
    """
    import numpy as np
    from PIL import Image

    holder = Image.new("P", (1, 1))
    rest = np.repeat(palette[:1], 256 - len(palette), axis=0)
    holder.putpalette(np.concatenate([palette, rest]).tobytes())
    dithered = Image.fromarray(frame).quantize(palette=holder, dither=Image.Dither.FLOYDSTEINBERG)
    places = np.asarray(dithered)
    return np.where(places < len(palette), places, 0).astype(np.uint8)  # the rest is the first colour again
