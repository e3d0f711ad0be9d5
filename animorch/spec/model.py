"""Frozen: the base of every model that comes from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Frozen(BaseModel):
    """Immutable, and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def sentences(error: ValidationError, at: str = "") -> Iterator[str]:
    """One sentence for each thing pydantic found wrong: the key, the demand, the value found."""
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in ((at,) if at else ()) + item["loc"])
        if item["type"] == "extra_forbidden":
            yield f"{key} is not a known key; take it out or check its spelling"
        elif item["type"] == "missing":
            yield f"{key} is missing; give it a value"
        elif item["type"] == "value_error":
            said = item["msg"].removeprefix("Value error, ")
            yield f"{key}: {said}" if key and key not in said else said
        else:
            yield f"{key}={_short(item['input'])}: {item['msg'][:1].lower()}{item['msg'][1:]}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
