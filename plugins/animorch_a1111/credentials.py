"""Credentials: user, password and further headers, from environment variables and from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from animorch import UsageError

AUTH = "ANIMORCH_A1111_AUTH"  # user:password of the server's --api-auth
HEADERS = "ANIMORCH_A1111_HEADERS"  # lines `Name: value`, for a proxy before the server


@dataclass(frozen=True)
class Credentials:
    """What a server is shown. `repr` shows none of it."""

    auth: tuple[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def credentials(environment: Mapping[str, str] = os.environ) -> Credentials:
    """Those of the environment; raises UsageError, which repeats no secret, for one that cannot be read."""
    return Credentials(_auth(environment.get(AUTH, "")), _headers(environment.get(HEADERS, "")))


def _auth(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    user, colon, password = text.partition(":")
    if not colon:
        raise UsageError(f"{AUTH} has no colon; write it as user:password, as the server's --api-auth")
    return user, password


def _headers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not (colon and name and line.isascii() and name.replace("-", "").isalnum()):
            raise UsageError(f"line {number} of {HEADERS} is no header; write each as Name: value")
        found[name] = value
    return found
