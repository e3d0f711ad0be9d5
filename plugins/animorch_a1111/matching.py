"""Matching: the server's own spelling of weights that a spec names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from animorch import Weights

_ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin")
_SHOWN = 5
_PLAIN = re.compile(r"[\w./\\-]*")  # what the command line takes without quotes of its own


class Named(NamedTuple):
    """A thing that the server has: what it is sent by, and all that may mean it."""

    name: str
    spellings: tuple[str, ...]


class Match(NamedTuple):
    """The server's spelling, or a sentence that says why there is none."""

    name: str | None
    problem: str = ""


def base(path: str) -> str:
    """A file's name; folders may be parted by either slash."""
    return path.replace("\\", "/").rpartition("/")[2]


def stem(name: str) -> str:
    """Without the ending of a weight file; other dots belong to the name."""
    ending = next((ending for ending in _ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]


def without_hash(title: str) -> str:
    """A title without the `[hash]` that the server puts behind it; a name may have brackets of its own."""
    return title.rpartition(" [")[0] or title if title.endswith("]") else title


def candidates(wanted: Weights, models: Mapping[str, str]) -> list[str]:
    """What these weights may be called there: what `backend.models` says and nothing else, or file names."""
    if wanted.name in models:
        return [models[wanted.name]]
    files = [base(path) for path in (wanted.path, wanted.file) if path]
    return list(dict.fromkeys([*files, *wanted.aliases, wanted.name]))


def matched(
    wanted: Weights, label: str, kind: str, offered: Sequence[Named], models: Mapping[str, str]
) -> Match:
    """The offered thing that the weights mean; two that fit equally well are refused, naming both."""
    asked = candidates(wanted, models)
    for one in asked:
        for hits in _hits(one, offered):
            if len(hits) > 1:
                return Match(
                    None,
                    f"{label}={wanted.name} fits {' and '.join(hits)} on the server; say which one with "
                    f"{option(wanted, hits[0])}",
                )
            if hits:
                return Match(hits[0])
    return Match(None, _missing(wanted, label, kind, asked, offered))


def _hits(asked: str, offered: Sequence[Named]) -> Iterator[list[str]]:
    """Names that fit, from the strictest reading to the loosest: as written, without folder, without
    ending, in any case."""
    readings = (
        lambda text: text.replace("\\", "/"),
        lambda text: stem(text.replace("\\", "/")),
        base,
        lambda text: stem(base(text)),
        lambda text: base(text).casefold(),
        _short,
    )
    for read in readings:
        wanted = read(asked)
        fits = (one.name for one in offered if any(read(spelling) == wanted for spelling in one.spellings))
        yield list(dict.fromkeys(fits))


def _missing(wanted: Weights, label: str, kind: str, asked: Sequence[str], offered: Sequence[Named]) -> str:
    shown = _close(asked, offered)
    if shown:
        found = f"close are {', '.join(shown)}"
    elif offered:
        have = ", ".join(one.name for one in offered[:_SHOWN])
        found = f"it has {have}{' …' if len(offered) > _SHOWN else ''}"
    else:
        found = "it has none"
    return (
        f"{label}={wanted.name}: the server has no {kind} called {' or '.join(asked)}; {found}; put the file "
        f"there, or name the server's with {option(wanted, 'NAME')}"
    )


def _close(asked: Sequence[str], offered: Sequence[Named]) -> list[str]:
    """Names that hold what was asked for, then those that are like it."""
    names = {_short(spelling): one.name for one in offered for spelling in one.spellings}
    words = [_short(one) for one in asked]
    holding = [name for short, name in names.items() if any(word in short for word in words)]
    alike = [names[one] for word in words for one in get_close_matches(word, names, n=3, cutoff=0.5)]
    return list(dict.fromkeys([*holding, *alike]))[:_SHOWN]


def _short(name: str) -> str:
    return stem(base(name)).casefold()


def option(wanted: Weights, value: str) -> str:
    """What names the server's file, as the command line takes it.

    A dot in a name would begin a table of its own, and brackets a list.
    """
    said = value if _PLAIN.fullmatch(value) else f'"{value}"'
    return (
        f"backend.models='{{{wanted.name}: {said}}}'"
        if "." in wanted.name
        else f"backend.models.{wanted.name}='{said}'"
    )
