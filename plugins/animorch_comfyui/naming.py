"""Naming: what a server calls a weight file that a spec names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PureWindowsPath

from animorch import Weights, WeightsError

_ENDINGS = (".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin")
_SHOWN = 3  # close names in a sentence


def candidates(weights: Weights, models: Mapping[str, str]) -> tuple[str, ...]:
    """What the file may be called: as the option `models` says, the path's, the hub's, aliases, the name."""
    named = [
        models.get(weights.name),
        PureWindowsPath(weights.path).name if weights.path else None,  # splits at / and \\
        PureWindowsPath(weights.file).name if weights.file else None,
        *weights.aliases,
        weights.name,
    ]
    return tuple(dict.fromkeys(name for name in named if name))


def served(weights: Weights, label: str, choices: Sequence[str], models: Mapping[str, str]) -> str:
    """The server's own spelling of these weights among its `choices`.

    Slashes of either kind are one, subfolders may be left out; case, and then another ending of the same
    stem, are overlooked where nothing fits better. Raises WeightsError when there is none, or several.
    """
    for name in candidates(weights, models):
        for alike in _WAYS:
            found = [choice for choice in choices if alike(name, choice)]
            if len(found) == 1:
                return found[0]
            if found:
                raise WeightsError(_several(weights, label, found))
        if name == models.get(weights.name):
            break  # what was said on purpose is not guessed around
    raise WeightsError(_none(weights, label, choices, models))


def _plain(name: str) -> str:
    return name.replace("\\", "/").strip("/")


def _same(name: str, choice: str) -> bool:
    return _plain(name) == _plain(choice)


def _below(name: str, choice: str) -> bool:
    """Whether a choice is that name in a subfolder."""
    return _plain(choice).endswith(f"/{_plain(name)}")


def _cased(name: str, choice: str) -> bool:
    one, other = name.lower(), choice.lower()
    return _same(one, other) or _below(one, other)


def _stem(name: str) -> str:
    plain = _plain(name).lower()
    return next((plain.removesuffix(end) for end in _ENDINGS if plain.endswith(end)), plain)


def _stemmed(name: str, choice: str) -> bool:
    one, other = _stem(name), _stem(choice)
    return _same(one, other) or _below(one, other)


_WAYS: tuple[Callable[[str, str], bool], ...] = (_same, _below, _cased, _stemmed)


def _several(weights: Weights, label: str, found: Sequence[str]) -> str:
    named = " and ".join(found) if len(found) == 2 else ", ".join(found)
    return (
        f"{label}={weights.name} may be any of the server's {named}; choose one: "
        f"{setting(weights.name, found[0])}"
    )


def _none(weights: Weights, label: str, choices: Sequence[str], models: Mapping[str, str]) -> str:
    sought = " or ".join(candidates(weights, models))
    close = list(_close(candidates(weights, models), choices))
    near = f"; close are {', '.join(close)}" if close else ""
    has = f"; it has {', '.join(choices[:_SHOWN])}" if choices and not close else ""
    has = has or ("" if choices else "; it has none of this kind")
    example = close[0] if close else "NAME_ON_THE_SERVER"
    return (
        f"{label}={weights.name}: the server has no file {sought}{near}{has}; copy the file to it, or say "
        f"which it is: {setting(weights.name, example)}"
    )


def setting(name: str, value: str) -> str:
    """What to write on a command line, so that these weights are that file; a dot in a key would nest it."""
    if name.replace("_", "").replace("-", "").isalnum():
        return f"backend.models.{name}='{value}'"
    return f"\"backend.models={{{name}: '{value}'}}\""


def _close(sought: Sequence[str], choices: Sequence[str]) -> Iterator[str]:
    stems = {_stem(PureWindowsPath(choice).name): choice for choice in choices}
    names = (
        match for name in sought for match in get_close_matches(_stem(name), stems, n=_SHOWN, cutoff=0.5)
    )
    yield from list(dict.fromkeys(stems[name] for name in names))[:_SHOWN]
