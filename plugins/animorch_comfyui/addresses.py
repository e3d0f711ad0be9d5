"""Addresses: the servers' URLs as options give them."""

from __future__ import annotations

from urllib.parse import urlsplit

from animorch_comfyui.client.credentials import HEADERS, TOKEN


def address(url: str) -> str:
    """A URL without the slash at its end; raises ValueError with a sentence for what is none."""
    text = url.strip().rstrip("/")
    text = text if "://" in text else f"http://{text}"
    parts = urlsplit(text)
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "has a name or a password in it, which records would keep; take them out and set "
            f"{TOKEN}, or {HEADERS}, in the environment"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is no address of a server; write it as http://127.0.0.1:8188")
    _ = parts.port  # raises ValueError for one that is no number
    return text
