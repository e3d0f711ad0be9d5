"""Installed: the fonts that fontconfig knows on this machine, and the signs that each has."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from typing import NamedTuple

_FORM = "%{file}|%{index}|%{slant}|%{weight}|%{charset}\n"  # fc-list(1): FcPatternFormat
_REGULAR = 80  # fontconfig's FC_WEIGHT_REGULAR


class _Font(NamedTuple):
    name: str  # FILE|INDEX
    upright: bool
    off: int  # distance from the regular weight
    spans: tuple[tuple[int, int], ...]  # first and last code point of each

    def has(self, code: int) -> bool:
        return any(first <= code <= last for first, last in self.spans)


def holding(sign: str) -> list[str]:
    """Fonts that have the sign, upright sans of regular weight first; none where there is no fontconfig."""
    fonts = [font for font in _fonts() if font.has(ord(sign))]
    return [font.name for font in sorted(fonts, key=_rank)]


def _rank(font: _Font) -> tuple[bool, bool, int, str]:
    return not font.upright, "sans" not in font.name.lower(), font.off, font.name


@lru_cache(maxsize=1)
def _fonts() -> tuple[_Font, ...]:
    try:
        said = subprocess.run(["fc-list", "--format", _FORM], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = said.stdout.decode(errors="replace").splitlines()
    return tuple(font for line in lines if (font := _font(line)) is not None)


def _font(line: str) -> _Font | None:
    """One line of fc-list; None for one that is not as we asked (a variable font's ranges)."""
    try:
        file, index, slant, weight, signs = line.rsplit("|", 4)
        spans = [span.partition("-") for span in signs.split()]
        codes = tuple((int(first, 16), int(last or first, 16)) for first, _, last in spans)
        return _Font(f"{file}|{int(index) & 0xFFFF}", slant == "0", abs(int(float(weight)) - _REGULAR), codes)
    except ValueError:
        return None
