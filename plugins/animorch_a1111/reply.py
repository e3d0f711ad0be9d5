"""Reply: the frames in a reply's base64 list, told apart by their first bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from animorch_a1111.fault import Fault

_PLURAL = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF", "mp4": "MP4", "webm": "WEBM"}


def kind(data: bytes) -> str:
    """png, jpeg, gif, webp, mp4, webm, or ? for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return "mp4"
    return "webm" if data.startswith(b"\x1aE\xdf\xa3") else "?"


def decoded_list(images: Sequence[Any]) -> list[tuple[str, bytes]]:
    """Kind and bytes of each; raises Fault for what is no base64."""
    return [(kind(data), data) for data in map(_bytes, images)]


def _bytes(text: Any) -> bytes:
    from base64 import b64decode
    from binascii import Error

    try:
        return b64decode(str(text).rpartition(",")[2], validate=True)  # a data: address ends with a comma
    except (Error, ValueError) as error:
        raise Fault(
            "the reply holds a picture that is no base64; look at the server's log", "frames"
        ) from error


def counted(found: Sequence[tuple[str, bytes]]) -> str:
    """In words: `16 PNG and 1 GIF`."""
    kinds = dict.fromkeys(one for one, _ in found)
    counts = (f"{sum(one == other for other, _ in found)} {_PLURAL.get(one, 'unknown')}" for one in kinds)
    return " and ".join(counts) or "no pictures"


def stills(found: Sequence[tuple[str, bytes]], first: int) -> list[bytes]:
    """The PNGs, without those before `first` (a grid, which a server may put there).

    Raises Fault for frames in a lossy format, which the option samples_format makes.
    """
    lossy = [one for one, _ in found if one in ("jpeg", "webp")]
    pngs = [data for one, data in found if one == "png"]
    if lossy and not pngs:
        raise Fault(
            f"the server gave its frames as {_PLURAL[lossy[0]]}, which loses detail; set its option "
            "samples_format to png",
            "frames",
        )
    return pngs[first:]


def array(data: Sequence[bytes]) -> Any:
    """uint8 of shape (T, H, W, 3); raises Fault for pictures that are broken or differ in size."""
    import numpy as np

    frames = [np.asarray(one) for one in _opened(data)]
    if len({frame.shape for frame in frames}) > 1:
        sizes = sorted({f"{frame.shape[1]}x{frame.shape[0]}" for frame in frames})
        raise Fault(f"the reply's frames differ in size ({', '.join(sizes)}); try it again", "frames")
    return np.stack(frames)


def _opened(data: Sequence[bytes]) -> Iterator[Any]:
    from io import BytesIO

    from PIL import Image

    for place, one in enumerate(data):
        try:
            with Image.open(BytesIO(one)) as picture:
                yield picture.convert("RGB")
        except (OSError, ValueError, SyntaxError) as error:
            raise Fault(
                f"frame {place} of the reply is a broken PNG; look at the server's log", "frames"
            ) from error
