"""Models shown: what is known of weights as rows, as a table and as a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animorch.errors import WeightsError

if TYPE_CHECKING:
    from animorch.models.registry import Model

Row = dict[str, Any]
_ABOUT = re.compile(r"^About ([\d.]+ [GM]B)")  # in the notes, where no page states the bytes


def rows(kind: str | None) -> list[Row]:
    """One for each preset, then one for each other file in the models folders."""
    from animorch.models.registry import models

    listed = [_row(model) for model in models(kind)]
    seen = {row["path"] for row in listed}
    return listed + [row for row in _unlisted(kind) if row["path"] not in seen]


def _row(model: Model) -> Row:
    from animorch.models.place import place_of, size_of

    weights, place = model.entry, place_of(model.entry)
    return {
        "kind": model.group,
        "name": weights.name,
        "base": model.base,
        "bytes": weights.bytes or (size_of(place.path) if place else None),
        "about": "".join(f"~{told}" for told in _ABOUT.findall(weights.notes)),
        "licence": weights.licence,
        "where": place.within if place else None,
        "path": str(place.path) if place else None,
    }


def _unlisted(kind: str | None) -> Iterator[Row]:
    """Files that no preset stands for; they are chosen by their own name."""
    from animorch.shelf.search import files
    from animorch.shelf.trees import KINDS

    for each in KINDS if kind is None else (kind,):
        for path in files(each):
            yield {
                "kind": each,
                "name": path.stem,
                "base": _base(path),
                "bytes": path.stat().st_size,
                "about": "",
                "licence": None,
                "where": "models folder",
                "path": str(path),
            }


def _base(path: Path) -> str | None:
    from animorch.shelf.layout import layout_of

    try:
        return layout_of(path).base
    except WeightsError:
        return None


def table(found: list[Row]) -> None:
    """Print the rows, a heading for each kind, in the width of the terminal, 80 columns where it has none."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.width = min(console.width, 100)
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("name", overflow="fold", max_width=30)
    shown.add_column("base", no_wrap=True)
    shown.add_column("size", justify="right", no_wrap=True)
    shown.add_column("licence", overflow="ellipsis", no_wrap=True, max_width=14)
    shown.add_column("where", no_wrap=True)
    kind = None
    for row in found:
        if row["kind"] != kind:
            kind = row["kind"]
            shown.add_row(f"[bold]{kind}[/bold]")
        where = row["where"] or "[dim]not here[/dim]"
        cells = (row["base"] or "", size(row["bytes"]) or row["about"], row["licence"] or "")
        shown.add_row(_plain("  " + row["name"]), *map(_plain, cells), where)
    console.print(shown)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def size(count: int | None) -> str:
    """Bytes for a person."""
    if count is None:
        return ""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def facts(model: Model) -> Row:
    """Everything that is known of weights; null where nothing is."""
    from animorch.models.place import place_of

    weights, place = model.entry, place_of(model.entry, hashed=True)
    known = weights.model_dump(mode="json")
    return {
        "kind": model.group or None,
        **known,
        "base": model.base,
        "where": place.within if place else None,
        "found": str(place.path) if place else None,
        "command": model.needs if weights.repo else None,
    }


def sheet(found: Row) -> str:
    """The facts as lines for a person."""
    source = [found["repo"], found["file"], found["revision"] and f"revision {found['revision']}"]
    lines: dict[str, Any] = {
        "kind": found["kind"],
        "base": found["base"],
        "family": found.get("family"),
        "frames": _frames(found),
        "noise": _noise(found),
        "recommends": _pairs(found.get("recommends") or {}),
        "weight": found.get("weight"),
        "licence": found["licence"],
        "size": f"{size(found['bytes'])} ({found['bytes']:,} bytes)" if found["bytes"] else None,
        "source": " · ".join(part for part in source if part) or found["path"],
        "sha256": ("\n" + " " * 14).join(found["sha256"]),
        "notes": found["notes"],
        "here": f"{found['found']} ({found['where']})" if found["found"] else "no",
        "to get it": found["command"],
    }
    said = [f"  {key:<12}{value}" for key, value in lines.items() if value not in (None, "")]
    return "\n".join([found["name"], *said])


def _frames(found: Row) -> str | None:
    if found.get("trained_frames") is None:
        return None
    table = f", at most {found['table']}" if found.get("table") else ""
    return f"made for {found['trained_frames']}{table}"


def _noise(found: Row) -> str | None:
    if found.get("beta_schedule") is None:
        return None
    return f"{found['beta_schedule']} {found['beta_start']} to {found['beta_end']}"


def _pairs(values: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in values.items() if value is not None)
