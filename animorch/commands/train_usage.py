"""The help text of `animorch train`: the keys of the chosen mode, with what they stand at."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from animorch.config.folders import choices
from animorch.registry import model_of, offers

_TEXT = """\
animorch train: learn weights from clips; the same command goes on where it was stopped

  animorch train mode=motion data.folder=clips name=mine   a folder of captioned clips
  animorch train mode=NAME --help                          the keys of that mode
  animorch train recipe=NAME                               a whole configuration of conf/recipe

Choices
{choices}

Keys of every training
{house}

Keys of mode={mode}{about}
{options}

Flags     --cfg job prints the composed config; --config-dir DIR, --config-name NAME as in rendering
Folder    {{runs}}/training/{{name}}/: config.yaml, log.txt, losses.jsonl, validation/, result/, record.json
MLflow    experiment `training`, one run a training; `animorch dashboard` shows it
Exit      0 good   2 wrong usage or config   3 failed   130 interrupted, the checkpoint is kept
"""
_WIDE = 110


def train_usage(values: Mapping[str, Any]) -> str:
    """What `animorch train --help` prints for these composed values; `???` is a value you have to give."""
    from animorch.config.settings import TrainSettings

    cls = offers("mode")[str(values["mode"])]
    about = (cls.__doc__ or "").strip().splitlines()
    return _TEXT.format(
        choices=_table({group: ", ".join(names) for group, names in _choices(cls).items()}),
        house=_table(dict(_rows(TrainSettings, values))),
        mode=cls.name,
        about=f": {about[0].rstrip('.')}" if about else "",
        options=_table(dict(_rows(cls, values))),
    ).rstrip()


def _choices(cls: type[BaseModel]) -> dict[str, list[str]]:
    found = {"mode": list(offers("mode")), "recipe": choices("recipe") or ["none yet"]}
    return found | {group: choices(group) for group in ("checkpoint", "motion") if group in cls.model_fields}


def _rows(model: type[BaseModel], values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """`key = value` to its description, nested models by their dotted keys."""
    for key, field in model.model_fields.items():
        value, nested = values.get(key), model_of(field)
        if not prefix and key in ("checkpoint", "motion"):
            name = value.get("name") if isinstance(value, Mapping) else value
            yield f"{key}={_shown(name)}", _said(field)
        elif nested is not None and isinstance(value, Mapping):
            yield from _rows(nested, value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={_shown(value)}", _said(field)


def _said(field: FieldInfo) -> str:
    """The description, and the words that the field takes where they are few."""
    words = [word for word in _words(field.annotation) if isinstance(word, str)]
    return " ".join(part for part in (field.description, f"({' | '.join(words)})" if words else "") if part)


def _words(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _words(part)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_shown, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _table(rows: Mapping[str, str]) -> str:
    width = min(34, max(map(len, rows), default=0))
    lines = []
    for key, text in rows.items():
        first = f"  {key:<{width}}  "
        if len(key) > width:  # a long value has a line of its own
            lines += textwrap.wrap(key, _WIDE, initial_indent="  ", subsequent_indent="    ")
            first = " " * (width + 4)
        lines += textwrap.wrap(text, _WIDE, initial_indent=first, subsequent_indent=" " * (width + 4)) or (
            [first.rstrip()] if first.strip() else []
        )
    return "\n".join(lines)
