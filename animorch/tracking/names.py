"""Names and values as MLflow takes them: legal keys, bounded lengths."""

from __future__ import annotations

import hashlib
import posixpath
import re

KEY_LIMIT, PARAM_LIMIT, TAG_LIMIT = 250, 6000, 8000  # mlflow/utils/validation.py; longer is cut silently
_ILLEGAL = re.compile(r"[^\w./ -]")  # a colon is legal on some systems only


def legal(key: str) -> str:
    """The key with what MLflow refuses replaced by `_`; a long one is cut and ends in its hash."""
    key = _ILLEGAL.sub("_", key)
    if posixpath.normpath(key) != key or key.startswith((".", "/")):  # it must not mean another path
        key = re.sub(r"^\.+|\.$|/", "_", key) or "_"
    return key if len(key) <= KEY_LIMIT else f"{key[: KEY_LIMIT - 11]}-{short_hash(key)}"


def tag_value(text: str) -> str:
    """The text, cut visibly where MLflow would cut it silently."""
    return text if len(text) <= TAG_LIMIT else text[: TAG_LIMIT - 3] + "..."


def short_hash(text: str) -> str:
    """Ten hex characters of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
