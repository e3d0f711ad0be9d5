"""Letters: Pillow's built-in font, and what to do about text that it has no signs for.

The built-in font holds ASCII and little more. It is used wherever it can be, so that a grid looks
the same on every machine; other text takes the first system font that has all of it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

BUILT_IN = ""
_SYSTEM = (  # Linux, macOS, Windows; the broadest last
    *("DejaVuSans.ttf", "Arial.ttf", "arial.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc"),
    *("Arial Unicode.ttf", "msyh.ttc", "YuGothM.ttc", "malgun.ttf"),
)
_PLAIN = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": ">", "ß": "ss"}
)
_NO_SIGN = "\uffff"  # not a character, so every font draws its box for it


def font(size: int, text: str = "") -> FreeTypeFont | Any:
    """Letters of `size` pixels in which `text` can be read, if there are any here."""
    return _opened(next((name for name in (BUILT_IN, *_SYSTEM) if _covers(name, text)), BUILT_IN), size)


def legible(text: str) -> str:
    """The text on one line; where no font here has its signs, without accents, and the rest as \\uXXXX.

    Boxes would look all alike, and two prompts must be told apart in the grid.
    """
    line = " ".join(text.split())
    if any(_covers(name, line) for name in (BUILT_IN, *_SYSTEM)):
        return line
    apart = unicodedata.normalize("NFKD", line.translate(_PLAIN))
    plain = (sign for sign in apart if not unicodedata.combining(sign))
    return "".join(sign if _covers(BUILT_IN, sign) else f"\\u{ord(sign):04x}" for sign in plain)


def _covers(name: str, text: str) -> bool:
    return (text.isascii() or all(_has(name, sign) for sign in set(text))) and _opened(name, 15) is not None


@lru_cache(maxsize=4096)
def _has(name: str, sign: str) -> bool:
    letters = _opened(name, 15)
    return letters is not None and _drawing(letters, sign) != _drawing(letters, _NO_SIGN)


def _drawing(letters: Any, sign: str) -> bytes:
    from PIL import Image, ImageDraw

    paper = Image.new("L", (40, 40))
    ImageDraw.Draw(paper).text((10, 10), sign, 255, letters)
    return paper.tobytes()


@lru_cache(maxsize=256)
def _opened(name: str, size: int) -> FreeTypeFont | Any | None:
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None  # not installed here
