"""Table: a CSV with a clip and its caption in each row, WebVid's among them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from animorch.errors import UsageError
from animorch.media.captions.folder import FILMS, counted, listed, natural
from animorch.media.captions.found import Captions, text_of

# the first column found is taken: WebVid calls the caption `name`
CLIPS = ("path", "file", "videoid", "video")
TEXTS = ("caption", "text", "prompt", "name")

Row = dict[str | None, str | None]


@dataclass
class _Reading:
    """What the rows came to; numbers count the header as line 1."""

    pairs: dict[Path, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    vague: list[str] = field(default_factory=list)


def read(file: Path, folder: Path, clips: Sequence[Path]) -> Captions:
    """The rows' clips. Under `path` the table says which clips there are, wherever they lie; under
    `file` or `videoid` it must name the folder's clips, no more and no fewer."""
    table = csv.DictReader(StringIO(text_of(file), newline=""), skipinitialspace=True)
    columns = {str(name).strip().lower(): name for name in table.fieldnames or ()}
    where = next((name for name in CLIPS if name in columns), None)
    what = next((name for name in TEXTS if name in columns), None)
    if where is None or what is None:
        raise UsageError(
            f"{file.name} needs a column {' or '.join(CLIPS)}, and a column {' or '.join(TEXTS)}; "
            f"found {', '.join(columns) or 'nothing'}"
        )
    reading = _Reading()
    for number, row in enumerate(_rows(table, file), start=2):
        values = {name: str(row.get(columns[name]) or "").strip() for name in (where, what)}
        page = str(row.get(columns.get("page_dir", "page_dir")) or "").strip()
        bases = [folder, folder / page] if page else [folder]
        _take(reading, f"line {number}", values[where], values[what], None in row, [*bases, file.parent])
    named = {clip.resolve() for clip in reading.pairs}
    missing = () if where == "path" else tuple(clip for clip in clips if clip.resolve() not in named)
    told = sorted(reading.pairs.items(), key=lambda pair: natural(str(pair[0])))
    pairs = tuple((clip, text) for clip, text in told if text)
    looked_at = tuple(clip for clip, _ in told) + missing
    return Captions("table", pairs, missing, tuple(_said(reading, file.name)), looked_at)


def _rows(table: csv.DictReader[str], file: Path) -> Iterator[Row]:
    try:
        yield from table
    except csv.Error as error:  # above all a quote that never ends, and swallows all that follows
        said = (
            f"{file.name} is no table after line {table.line_num} ({error}); see that every quote is closed"
        )
        raise UsageError(said) from error


def _take(reading: _Reading, line: str, name: str, text: str, torn: bool, bases: Sequence[Path]) -> None:
    if torn:
        reading.torn.append(line)
        return
    found = _located(name, bases) if name else []
    if len(found) != 1:
        (reading.vague if found else reading.lost).append(f"{name or 'no name'} ({line})")
    elif found[0] in reading.pairs:
        reading.twice.append(f"{name} ({line})")
    else:
        reading.pairs[found[0]] = " ".join(text.split())
        reading.empty += [] if text else [f"{name} ({line})"]


def _located(name: str, bases: Sequence[Path]) -> list[Path]:
    """The clips that a name may mean, with or without its ending, in the first folder that has any."""
    for base in bases:
        exact = base / Path(name).expanduser()
        if exact.exists():
            return [exact]
        found = [exact.with_name(exact.name + suffix) for suffix in FILMS]
        if present := [path for path in found if path.is_file()]:
            return present
    return []


def _said(reading: _Reading, table: str) -> Iterator[str]:
    for rows, trouble in (
        (reading.torn, "more columns than the header; put a caption with commas in quotes"),
        (reading.lost, "a clip that is not there; check the names"),
        (reading.vague, "a name that several clips have; add its ending"),
        (reading.twice, "a clip that an earlier row has; keep one row"),
        (reading.empty, "no caption; write one"),
    ):
        if rows:
            verb = "has" if len(rows) == 1 else "have"
            yield f"{counted(rows, 'row')} of {table} {verb} {trouble}: {listed(rows)}"
