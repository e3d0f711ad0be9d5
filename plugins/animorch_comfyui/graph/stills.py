"""Stills: pictures of a spec as PNGs of the size wanted, named by their content.

Aspect is kept: the short side is scaled to fit (Lanczos for images) and the middle is cut out; images are
turned as their EXIF says. Films and folders are read as `animorch.decoded` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from animorch import MediaError, Pictures, decoded
from animorch_comfyui.built import Picture

Array = Any
_STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".apng"})
_FINE = 8  # pixels that a latent's brightness is the mean of, along each side
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's mode L
_HEX = 24  # characters of a name


def pictures(path: str, frames: int, width: int, height: int) -> list[Picture]:
    """One picture for an image, else one for each frame.

    Raises UsageError when nothing is there, MediaError when it cannot be read or has too few frames.
    """
    found = Pictures(path=path).local()
    return _named(found, frames, lambda: _shown(found, frames, width, height), ("colour", width, height))


def masks(path: str, frames: int, width: int, height: int) -> list[Picture]:
    """Brightness at the latents' size, in grey; raises as `pictures`."""
    found = Pictures(path=path).local()
    return _named(
        found, frames, lambda: grey(brightness(path, frames, width, height)), ("mask", width, height)
    )


def square(path: str, side: int) -> Picture:
    """The middle of one image at this size, scaled as CLIP's own preparation does (bicubic)."""
    found = Pictures(path=path).local()
    return _named(found, 1, lambda: _square(found, side), ("square", side, side))[0]


def as_it_is(path: str) -> Picture:
    """One image of its own size, with what of it is transparent, which LoadImage gives as its mask.

    Raises UsageError when nothing is there, MediaError when it is no single image.
    """
    found = Pictures(path=path).local()
    if not _is_still(found):
        raise MediaError(f"{found} is a film, and a graph of your own loads one picture; give an image")
    return _named(found, 1, lambda: [_turned(found)], ("as it is",))[0]


def of_array(shown: Array) -> list[Picture]:
    """Pictures of uint8 (T, H, W, 3) that no file holds."""
    return [_kept(_png(each)) for each in shown]


def brightness(path: str, frames: int, width: int, height: int) -> Array:
    """uint8 (1 or T, height, width), 0 black to 255 white, at the latents' size."""
    import numpy as np

    shown = _shown(Pictures(path=path).local(), frames, width * _FINE, height * _FINE)
    tiled = shown.reshape(len(shown), height, _FINE, width, _FINE, 3)
    mean = tiled.mean(axis=(2, 4), dtype=np.float64) @ np.array(_LUMA)
    return np.clip(np.rint(mean), 0, 255).astype(np.uint8)


def grey(bright: Array) -> Array:
    """(T, H, W) as (T, H, W, 3)."""
    import numpy as np

    return np.repeat(bright[..., None], 3, axis=-1)


def _named(path: Path, frames: int, make: Callable[[], Array], how: tuple[object, ...]) -> list[Picture]:
    """Pictures whose bytes are made again when they are asked for, so that a sweep does not keep them."""
    made = _Made(make, (path, frames, how, _stamp(path)))
    return [Picture(name, partial(_data, made, at)) for at, name in enumerate(_names(made))]


class _Made:
    """What makes pictures, known by what it makes them of."""

    def __init__(self, make: Callable[[], Array], of: tuple[object, ...]) -> None:
        self.make, self.of = make, of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Made) and self.of == other.of

    def __hash__(self) -> int:
        return hash(self.of)


@lru_cache(maxsize=256)
def _names(made: _Made) -> tuple[str, ...]:
    return tuple(map(_name, _pngs(made)))


@lru_cache(maxsize=2)  # a film's frames are asked for one after the other
def _pngs(made: _Made) -> tuple[bytes, ...]:
    return tuple(map(_png, made.make()))


def _data(made: _Made, at: int) -> bytes:
    return _pngs(made)[at]


def _stamp(path: Path) -> tuple[object, ...]:
    """What changes when a file, or a frame in a folder, does."""
    files: Iterable[Path] = sorted(path.iterdir()) if path.is_dir() else [path]
    return tuple((each.name, stat.st_size, stat.st_mtime_ns) for each in files for stat in [each.stat()])


def _kept(data: bytes) -> Picture:
    return Picture(_name(data), lambda: data)


def _name(data: bytes) -> str:
    return f"{sha256(data).hexdigest()[:_HEX]}.png"


def _png(shown: Array) -> bytes:
    from PIL import Image

    held = BytesIO()
    Image.fromarray(shown).save(held, "PNG", compress_level=1)
    return held.getvalue()


def _shown(path: Path, frames: int, width: int, height: int) -> Array:
    """uint8 (1 or frames, height, width, 3)."""
    import numpy as np
    from PIL import Image, ImageOps

    if _is_still(path):
        return np.array(ImageOps.fit(_opened(path), (width, height), Image.Resampling.LANCZOS))[None]
    shown = decoded(path, count=frames, width=width, height=height).frames
    if len(shown) < frames:
        raise MediaError(
            f"{path} has fewer frames than the clip's {frames}; lower frames, or give a longer film or one "
            "image"
        )
    return shown


def _square(path: Path, side: int) -> Array:
    import numpy as np
    from PIL import Image, ImageOps

    return np.array(ImageOps.fit(_opened(path), (side, side), Image.Resampling.BICUBIC))[None]


def _is_still(path: Path) -> bool:
    from PIL import Image

    if path.is_dir() or path.suffix.lower() not in _STILLS:
        return False
    try:
        with Image.open(path) as found:
            return int(getattr(found, "n_frames", 1)) == 1
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(_no_image(path)) from error


def _turned(path: Path) -> Array:
    """uint8 (height, width, 3 or 4)."""
    import numpy as np

    image = _opened(path, "RGBA")
    return np.array(image if image.getextrema()[3][0] < 255 else image.convert("RGB"))


def _opened(path: Path, mode: str = "RGB") -> Any:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as found:
            return ImageOps.exif_transpose(found).convert(mode)
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(_no_image(path)) from error


def _no_image(path: Path) -> str:
    return f"{path} cannot be read as an image; check that it is one, and whole"
