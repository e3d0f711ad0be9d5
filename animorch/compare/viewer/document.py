"""Document: template, styles, modules, facts and pictures in one HTML file that asks for no other."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

from animorch.compare.viewer.sprite import Sprite
from animorch.spec.identity import digest

_STYLES = ("base.css", "board.css", "panels.css")
_ENTRY = "main"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:const|async function|function|class) (\w+)", re.MULTILINE)
_MARK = re.compile(r'<meta name="animorch-viewer" content="([0-9a-f]*)" data-wrong="([^"]*)">')
_HEAD = 65536  # letters at the start of a page in which its mark stands


@dataclass(frozen=True)
class Mark:
    """What a page says of itself at its head: the hash of what it shows, and its wrong cells."""

    key: str
    wrong: tuple[str, ...]


def document(title: str, mark: Mark, page: dict[str, Any], sprites: Sequence[Sprite | None]) -> str:
    """The page's text. page: what the modules read as JSON; sprites: of each cell, None for no clip."""
    template = _asset("template.html")
    pictures = "\n".join(
        f'<script type="text/plain" id="sheet-{cell}-{number}">{b64encode(sheet).decode()}</script>'
        for cell, found in enumerate(sprites)
        for number, sheet in enumerate(found.sheets if found else ())
    )
    parts = {
        "TITLE": escape(title),
        "KEY": mark.key,
        "WRONG": escape(json.dumps(mark.wrong)),
        "STYLE": "".join(map(_asset, _STYLES)),
        "PAGE": _embedded(page),
        "PICTURES": pictures,
        "SCRIPT": script(),
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], template)


def mark_of(path: Path) -> Mark | None:
    """The mark of a page that `document` made; None for any other file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            found = _MARK.search(file.read(_HEAD))
    except OSError:
        return None
    return Mark(found[1], tuple(json.loads(unescape(found[2])))) if found else None


def sources() -> str:
    """Hash of everything that a page is made of besides facts and pictures."""
    return digest([_asset("template.html"), *map(_asset, _STYLES), script()])


def script() -> str:
    """Every module after those that it needs, each a function's body whose exports it returns."""
    return "\n".join(_module(name) for name in _ordered(_ENTRY, set()))


def _module(name: str) -> str:
    """What a bundler makes of a module, for the forms of import and export that ours use."""
    text = _asset(f"{name}.js")
    given = ", ".join(_EXPORT.findall(text))
    body = _IMPORT.sub(r"const \1 = $\2;", text).replace("\nexport ", "\n")
    return f"const ${name} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"


def _ordered(name: str, seen: set[str]) -> Iterator[str]:
    seen.add(name)
    for _, needed in _IMPORT.findall(_asset(f"{name}.js")):
        if needed not in seen:
            yield from _ordered(needed, seen)
    yield name


def _embedded(page: dict[str, Any]) -> str:
    """JSON that ends no script element, whatever a prompt says."""
    text = json.dumps(page, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _asset(name: str) -> str:
    return (files("animorch.compare.viewer") / "assets" / name).read_text(encoding="utf-8")
