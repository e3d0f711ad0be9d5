"""Decoded: the part of a film that training wants, cut and resized while it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from animorch.clip import Clip
from animorch.errors import MediaError
from animorch.media import animation, video
from animorch.media.captions.folder import natural
from animorch.media.decoder import decode
from animorch.media.rate import rational

if TYPE_CHECKING:
    from PIL.Image import Image

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})


@dataclass(frozen=True)
class Cut:
    """What of a film is wanted; see `decoded`."""

    start: int = 0
    count: int | None = None
    stride: int = 1
    fps: float | None = None
    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        if self.start < 0 or self.stride < 1 or (self.count is not None and self.count < 1):
            raise MediaError(
                f"start={self.start}, count={self.count}, stride={self.stride} are no frames; "
                "start is 0 or more, count and stride 1 or more"
            )
        if self.fps is not None and not self.fps > 0:
            raise MediaError(f"fps={self.fps} is no rate; give one above 0, or none to keep the film's")
        if (self.width is None) != (self.height is None) or min(self.width or 1, self.height or 1) < 1:
            raise MediaError(f"width={self.width}, height={self.height} is no size; give both, in pixels")


def decoded(
    path: Path | str,
    *,
    start: int = 0,
    count: int | None = None,
    stride: int = 1,
    fps: float | None = None,
    width: int | None = None,
    height: int | None = None,
) -> Clip:
    """Frames of a video (mp4, webm, mkv, mov …), an animation (gif, webp, apng) or a folder of pictures.

    fps: resample to this rate; null keeps the film's frames as they are. start: the first frame, counted
    at that rate. stride: keep every n-th from there. count: at most so many; null takes all. width and
    height (pixels): the short side is scaled to fit and the middle is cut out; null keeps the size.
    The clip's fps is the rate of the frames kept. Raises MediaError when the file cannot be read, or has
    no frame at start. Of a video nothing but the frames kept is held in memory.
    """
    cut, path = Cut(start, count, stride, fps, width, height), Path(path)
    if not path.exists():
        raise MediaError(f"there is no clip at {path}; check the path")
    if path.is_dir():
        return _of_folder(path, cut)
    if path.suffix.lower() in animation.SUFFIXES:
        return _of_animation(path, cut)
    clip = video.read(path, _filters(cut))
    return clip.at(clip.fps / stride)


def _filters(cut: Cut) -> str:
    """ffmpeg's filters (ffmpeg-filters), in the order in which `decoded` promises them."""
    chain = [] if cut.fps is None else [f"fps={rational(cut.fps)}"]
    if cut.start or cut.stride > 1:
        chain.append(rf"select='gte(n,{cut.start})*not(mod(n-{cut.start},{cut.stride}))'")
    if cut.count is not None:
        chain.append(f"trim=end_frame={cut.count}")  # ffmpeg reads no further
    if cut.width is not None:
        size = f"{cut.width}:{cut.height}"
        flags = "flags=bicubic+accurate_rnd+full_chroma_int"
        chain += [f"scale={size}:force_original_aspect_ratio=increase:{flags}", f"crop={size}"]
    return ",".join(chain)


def _of_folder(path: Path, cut: Cut) -> Clip:
    files = [file for file in path.iterdir() if file.suffix.lower() in _PICTURES and file.name[0] != "."]
    if not files:
        raise MediaError(f"the folder {path} holds no pictures (png, jpg, webp, bmp); check the path")
    files.sort(key=lambda file: natural(file.stem))

    def picture(place: int) -> Image:
        with animation.opened(files[place]) as image:
            return image.convert("RGB")

    return _of_pictures(path, len(files), Clip.fps, picture, cut)


def _of_animation(path: Path, cut: Cut) -> Clip:
    from PIL import Image

    whole = decode(path)
    return _of_pictures(path, len(whole), whole.fps, lambda place: Image.fromarray(whole.frames[place]), cut)


def _of_pictures(path: Path, total: int, rate: float, picture: Callable[[int], Image], cut: Cut) -> Clip:
    import numpy as np
    from PIL import Image, ImageOps

    places = _places(total, rate, cut)
    if not places:
        raise MediaError(f"{path} has {total} frames and none at start={cut.start}; lower it")
    frames = []
    for place in places:
        image = picture(place)
        if cut.width is not None and cut.height is not None:
            image = ImageOps.fit(image, (cut.width, cut.height), Image.Resampling.BICUBIC)
        frames.append(np.asarray(image))
    if len({frame.shape for frame in frames}) > 1:
        raise MediaError(f"the pictures of {path} have different sizes; give width and height")
    return Clip(np.stack(frames), (cut.fps or rate) / cut.stride)


def _places(total: int, rate: float, cut: Cut) -> list[int]:
    """Numbers of the frames kept; resampled as ffmpeg's fps filter does, to the nearest tick."""
    shown = list(range(total))
    if cut.fps is not None:
        step = rate / cut.fps
        count = max(1, round(total / step))
        shown = [min(total - 1, ceil((place + 0.5) * step) - 1) for place in range(count)]
    return shown[cut.start :: cut.stride][: cut.count]
