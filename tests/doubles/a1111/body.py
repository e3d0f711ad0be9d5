"""Body: a request's fields, their types checked as webui's models do."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

WHOLE = ["seed", "subseed", "batch_size", "n_iter", "steps", "width", "height"]
NUMBERS = ["cfg_scale", "denoising_strength", "subseed_strength", "eta"]
TEXTS = [
    "prompt",
    "negative_prompt",
    "sampler_name",
    "sampler_index",
    "scheduler",
    "script_name",
    "force_task_id",
]
TABLES = ["override_settings", "alwayson_scripts"]
SAID = {"integer": int, "float": float, "str": str, "dict": dict}


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request, numbers in texts made numbers. Raises 422; unknown fields stay unread."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise invalid("body", "Expecting value", "value_error.jsondecode") from None
    if not isinstance(body, dict):
        raise invalid("body", "value is not a valid dict", "type_error.dict")
    for keys, kind in ((WHOLE, "integer"), (NUMBERS, "float"), (TEXTS, "str"), (TABLES, "dict")):
        for key in keys:
            if body.get(key) is not None:
                body[key] = _typed(key, body[key], kind)
    return body


def _typed(key: str, value: Any, kind: str) -> Any:
    right = SAID[kind]
    if isinstance(value, right) and not isinstance(value, bool):
        return value
    if kind in ("integer", "float") and isinstance(value, int | float | str):
        try:
            return right(value)
        except ValueError:
            pass
    if kind == "str" and isinstance(value, int | float):
        return str(value)
    raise invalid(key, f"value is not a valid {kind}", f"type_error.{kind}")


def invalid(key: str, said: str, kind: str) -> web.HTTPException:
    detail = {"detail": [{"loc": ["body", key], "msg": said, "type": kind}]}
    return web.HTTPUnprocessableEntity(text=json.dumps(detail), content_type="application/json")
