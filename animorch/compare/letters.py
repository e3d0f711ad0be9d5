"""Letters: Pillow's built-in font, and what to do about text that it has no signs for.

The built-in font holds ASCII and little more. It is used wherever it can be, so that a grid looks
the same on every machine; other text takes the first font here that has all of it, and where none
has, each stretch of it the first that has that. The fonts asked, in this order: the file that
ANIMORCH_FONT names, the usual system fonts by name, what fontconfig knows, the DejaVu Sans that comes
with matplotlib (and so with MLflow).
"""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animorch.compare.installed import holding

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from animorch.compare.style import Colour

BUILT_IN = ""
VARIABLE = "ANIMORCH_FONT"  # a font file of the user's own
_SYSTEM = (  # Linux, macOS, Windows; the broadest last
    *("DejaVuSans.ttf", "Arial.ttf", "arial.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc"),
    *("Arial Unicode.ttf", "msyh.ttc", "YuGothM.ttc", "malgun.ttf", "Nirmala.ttc", "LeelawUI.ttf"),
)
_PLAIN = str.maketrans(
    {"×": "x", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": ">", "ß": "ss"}
)
_NO_SIGN = "\uffff"  # not a character, so every font draws its box for it


def font(size: int, text: str = "") -> FreeTypeFont | Any:
    """One font for the whole text: where none has all of it, that of the first sign not in the built-in."""
    return _opened(next((name for name, _ in _pieces(text) if name != BUILT_IN), BUILT_IN), size)


def width_in(text: str, size: int) -> int:
    """Pixels that one line of letters of `size` pixels takes."""
    return int(sum(_letters(name, size).getlength(piece) for name, piece in _pieces(text))) + 1


def put(draw: ImageDraw, at: tuple[float, float], text: str, colour: Colour, size: int, anchor: str) -> None:
    """Draw one line; anchor: Pillow's two letters, of which the first is l, m or r."""
    x, y = at
    x -= {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * (width_in(text, size) - 1)
    for name, piece in _pieces(text):
        letters = _letters(name, size)
        draw.text((x, y), piece, colour, letters, anchor="l" + anchor[1])
        x += letters.getlength(piece)


def legible(text: str) -> str:
    """The text on one line; what no font here has a sign for without accents, or as \\uXXXX.

    Boxes would look all alike, and two prompts must be told apart in the grid.
    """
    return "".join(sign if _first(sign) is not None else _plain(sign) for sign in " ".join(text.split()))


def _plain(sign: str) -> str:
    apart = unicodedata.normalize("NFKD", sign.translate(_PLAIN))
    shown = (part for part in apart if unicodedata.category(part) not in ("Mn", "Cf"))
    return "".join(part if _has(BUILT_IN, part) else f"\\u{ord(part):04x}" for part in shown)


@lru_cache(maxsize=1024)
def _pieces(text: str) -> tuple[tuple[str, str], ...]:
    """The text in stretches, each with the name of a font that has it; one stretch wherever one font does."""
    whole = next((name for name in _known() if _covers(name, text)), None)
    if whole is not None:
        return ((whole, text),)
    named, last = [], BUILT_IN
    for sign in text:
        stays = sign.isspace() or unicodedata.combining(sign) or _has(last, sign)
        last = last if stays else _first(sign) or BUILT_IN
        named.append((last, sign))
    return tuple((name, "".join(sign for _, sign in run)) for name, run in groupby(named, lambda one: one[0]))


def _first(sign: str) -> str | None:
    """The first font that has the sign."""
    known = next((name for name in _known() if _has(name, sign)), None)
    return known if known is not None else next((name for name in holding(sign) if _has(name, sign)), None)


def _known() -> tuple[str, ...]:
    own = os.environ.get(VARIABLE)
    return (BUILT_IN, *((own,) if own else ()), *_SYSTEM, *_carried())


@lru_cache(maxsize=1)
def _carried() -> tuple[str, ...]:
    """The font that matplotlib's wheel carries, found without importing matplotlib."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return ()
    return (str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"),)


def _covers(name: str, text: str) -> bool:
    return all(_has(name, sign) for sign in set(text))


@lru_cache(maxsize=4096)
def _has(name: str, sign: str) -> bool:
    if name == BUILT_IN and sign.isascii():
        return True
    letters = _opened(name, 15)
    return letters is not None and _drawing(letters, sign) != _drawing(letters, _NO_SIGN)


def _drawing(letters: Any, sign: str) -> bytes:
    from PIL import Image, ImageDraw

    paper = Image.new("L", (40, 40))
    ImageDraw.Draw(paper).text((10, 10), sign, 255, letters)
    return paper.tobytes()


def _letters(name: str, size: int) -> Any:
    return _opened(name, size) or _opened(BUILT_IN, size)


@lru_cache(maxsize=256)
def _opened(name: str, size: int) -> FreeTypeFont | Any | None:
    """A font by its name or file; `FILE|2` is the third of a collection. None when it is not here."""
    from PIL import ImageFont

    if not name:
        return ImageFont.load_default(size)
    file, _, index = name.partition("|")
    try:
        return ImageFont.truetype(file, size, index=int(index or 0))
    except OSError:
        return None
