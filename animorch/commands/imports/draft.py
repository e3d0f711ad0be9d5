"""Draft: what an import is about to write, and all that a person must know of it."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import yaml


@dataclass
class Draft:
    """A recipe in the making.

    name: of the recipe, and so of the training. form: whose config it was. choices: config groups and what
    is chosen of them. rows: clip and caption, for a table beside the recipe. dangers: what would give
    another result than the person expects. notes: what was left out or read otherwise.
    """

    name: str
    form: str
    source: Path
    values: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, str]] = field(default_factory=list)
    dangers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def put(self, key: str, value: Any) -> None:
        """Set a dotted key of the recipe."""
        *groups, last = key.split(".")
        place = self.values
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value

    def idle(self, fields: Sequence[str], why: str) -> None:
        """Name fields that are left out, with the reason that they share."""
        if fields:
            self.notes.append(f"left out, {why}: {', '.join(fields)}")

    def recipe(self) -> str:
        """The YAML text, its warnings at the top."""
        said = [_comment("!", sentence) for sentence in self.dangers]
        said += [_comment("-", sentence) for sentence in self.notes]
        choices = [f"  - override /{group}: {choice}" for group, choice in self.choices.items()]
        body = yaml.safe_dump(
            _plain({"name": self.name, **self.values}),
            sort_keys=False,
            allow_unicode=True,
            width=110,
            default_flow_style=None,
        )
        head = f"# {self.form} config, {self.source.name}: `animorch train recipe={self.name}`"
        return "\n".join(["# @package _global_", head, *said, "defaults:", *choices, "", body])

    def table(self) -> str:
        """The CSV text of the clips and captions."""
        page = StringIO()
        writer = csv.writer(page, lineterminator="\n")
        writer.writerows([("path", "caption"), *self.rows])
        return page.getvalue()


def _comment(mark: str, sentence: str) -> str:
    return textwrap.fill(sentence, 110, initial_indent=f"# {mark} ", subsequent_indent="#   ")


def _plain(value: Any) -> Any:
    """`${` begins a reference in a config; a prompt means the characters."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.replace("${", r"\${") if isinstance(value, str) else value
