"""Answers: what an error of the server means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from animorch_a1111.fault import Fault
from animorch_a1111.request import Expected

_LONG = 300  # characters of a server's own words that are repeated
_LOG = "look at the server's log"


def answered(status: int, body: Any, expected: Expected) -> Fault:
    """The fault that an answer other than 200 with JSON stands for."""
    name, text = _said(body)
    told = f" ({_short(text)})" if text else ""
    if status == 401:
        return Fault(
            f"the server wants a login{told}; set ANIMORCH_A1111_AUTH=user:password, as its --api-auth says",
            "login",
            hopeless=True,
        )
    if status in (404, 405) and not name:
        return Fault(
            f"the server has no such route{told}; start it with --api, and look whether backend.url is "
            "A1111's",
            "api",
            hopeless=True,
        )
    if status == 422:
        return _unread(text)
    if status == 500 or name:
        return _error(name, text, expected)
    return Fault(
        f"the server, or a gateway before it, answered {status}{told}; the clip may still be rendering: "
        f"{_LOG}",
        "server",
    )


def _unread(text: str) -> Fault:
    if "Script" in text and "not found" in text:
        return Fault(
            f"the server does not know the extension ({_short(text)}); install sd-webui-animatediff, restart "
            f"it and {_LOG}",
            "absent",
            hopeless=True,
        )
    return Fault(
        f"the server refused the request: {_short(text)}; look whether its version is 1.6 or later", "request"
    )


def _error(name: str, text: str, expected: Expected) -> Fault:
    """An exception of the server's, by its class and words."""
    said = f"{name}: {_short(text)}" if text else name or "an error without a word"
    known = (
        _poisoned(name, said),
        _padding(name, text, said),
        _table(text, said, expected),
        _numbers(name, said),
        _memory(name, text, said),
        _picture(text, said),
    )
    found = next((fault for fault in known if fault), None)
    return found or Fault(f"the server broke off with {said}; {_LOG}", "server", poisoned=True)


def _poisoned(name: str, said: str) -> Fault | None:
    if name != "EinopsError":
        return None
    return Fault(
        f"motion modules of an earlier error are in the server's model, or AnimateDiff refused its arguments "
        f"({said}); it is healed before the next clip, and this command tries the clip again",
        "swallowed",
        poisoned=True,
    )


def _padding(name: str, text: str, said: str) -> Fault | None:
    if name != "IndexError" or "out of bounds" not in text:
        return None
    return Fault(
        f"prompt and negative prompt are of unlike length and the server does not pad them ({said}); switch "
        "on 'Pad prompt/negative prompt' in its settings, as animorch does where it may",
        "padding",
    )


def _table(text: str, said: str, expected: Expected) -> Fault | None:
    if "size of tensor" not in text or "must match" not in text:
        return None
    return Fault(
        f"the motion module {expected.args.get('model')} has fewer positions than the "
        f"{expected.args.get('batch_size')} frames that it was to take at once ({said}); set window.length "
        "to 24 for a v1 module, 32 for v2 and v3",
        "table",
    )


def _numbers(name: str, said: str) -> Fault | None:
    if name != "NansException":
        return None
    return Fault(
        f"the model came to NaNs ({said}); start the server with --no-half-vae or --upcast-sampling, or use "
        "another VAE",
        "nan",
    )


def _memory(name: str, text: str, said: str) -> Fault | None:
    if "OutOfMemory" not in name and "out of memory" not in text.lower():
        return None
    return Fault(
        f"the server ran out of memory ({said}); lower width, height or window.length, or start it with "
        "--medvram. If later clips fail too, restart it",
        "memory",
        poisoned=True,
    )


def _picture(text: str, said: str) -> Fault | None:
    if "Invalid encoded image" not in text and "Init image not found" not in text:
        return None
    return Fault(f"the server could not read init's picture ({said}); give another image", "request")


def _said(body: Any) -> tuple[str, str]:
    """The exception's class and words; A1111 puts these in `detail` or in `errors`."""
    if not isinstance(body, Mapping):
        return "", str(body or "")
    detail, errors = body.get("detail"), body.get("errors")
    if isinstance(detail, list):  # of a request that could not be read
        detail = "; ".join(_field(one) for one in detail)
    name = str(body.get("error") or "")
    text = " ".join(str(one) for one in (detail, errors) if one)
    return ("" if name == "HTTPException" else name), text


def _field(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    where = one.get("loc")
    place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
    return f"{place}: {one.get('msg', '')}" if place else str(one.get("msg", ""))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"
