"""Credentials: headers from the environment, asked for at every call and kept nowhere."""

from __future__ import annotations

import json
import os
import re

from animorch import UsageError

TOKEN, HEADERS = "ANIMORCH_COMFYUI_TOKEN", "ANIMORCH_COMFYUI_HEADERS"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110, section 5.6.2


def credentials() -> dict[str, str]:
    """Headers that a server behind a login asks for; raises UsageError, which tells no value."""
    headers = _listed(os.environ.get(HEADERS, ""))
    if token := os.environ.get(TOKEN, "").strip():
        headers["Authorization"] = f"Bearer {token}"
    for name, value in headers.items():
        if not (_NAME.fullmatch(name) and value.isascii() and value.isprintable()):
            raise UsageError(f"a header in {HEADERS} or {TOKEN} has characters that HTTP does not carry")
    return headers


def _listed(text: str) -> dict[str, str]:
    """Lines of `Name: value`, or a JSON object."""
    if text.lstrip().startswith("{"):
        try:
            return {str(name).strip(): str(value).strip() for name, value in json.loads(text).items()}
        except ValueError:
            raise UsageError(f"{HEADERS} begins as JSON and is none; write lines of `Name: value`") from None
    headers = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"{HEADERS} has a line without a colon; write lines of `Name: value`, or JSON")
        headers[name.strip()] = value.strip()
    return headers
