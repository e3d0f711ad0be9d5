"""Failure: what can go wrong between a clip and a server, and the sentence for it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from animorch import BackendError
from animorch_comfyui.built import Built

log = logging.getLogger(__name__)

LONGEST = 300  # characters of a server's own words in a sentence
_FOLDERS = re.compile(r"(?<![\w:/.])(?:/|[A-Za-z]:\\)(?:[^\s/\\:'\"]+[/\\])+(?=[^\s/\\'\"]+)")
_MEMORY = re.compile(r"out ?of ?memory|allocation on device|OutOfMemory|not enough memory", re.IGNORECASE)


class Gone(BackendError):
    """The server does not answer, or not as a ComfyUI does; another one may."""


class Barred(Gone):
    """No waiting helps: it wants other credentials, or is no ComfyUI."""


class Refused(BackendError):
    """The server will not take this graph."""


class Lost(BackendError):
    """The server knows nothing of a job that it was given: it was started anew."""


class Stale(BackendError):
    """The files that the server names are of another run, or not there any more."""


def short(text: object) -> str:
    """Words of a server on one line, without the folders of its machine, cut at a sane length."""
    line = " ".join(_FOLDERS.sub("", str(text)).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def named(built: Built, node: object) -> str:
    """A node for people: its title and its class."""
    said = built.graph.get(str(node)) or {}
    kind = str(said.get("class_type") or "node")
    title = str((said.get("_meta") or {}).get("title") or node)
    return kind if title == kind else f"{title} ({kind})"


def refusal(url: str, built: Built, answer: Mapping[str, Any]) -> Refused:
    """A sentence from the answer to POST /prompt: its `error` and `node_errors`."""
    listed = answer.get("node_errors")
    found = [
        f"{named(built, node)}: {_complaint(error)}"
        for node, said in (listed.items() if isinstance(listed, Mapping) else ())
        for error in said.get("errors") or ()
    ]
    error = answer.get("error")
    if not found and isinstance(error, Mapping):
        words = (error.get("message"), error.get("details"))
        found = [": ".join(str(word) for word in words if word)]
    said = short("; ".join(found[:4]) or error or "no reason given")
    more = f" (and {len(found) - 4} more)" if len(found) > 4 else ""
    return Refused(
        f"{url} refuses this graph: {said}{more}; its nodes or models may have changed, plan again"
    )


def _complaint(error: Mapping[str, Any]) -> str:
    words = [str(error.get("message") or error.get("type") or "refused")]
    if details := error.get("details"):
        words.append(str(details))
    return " ".join(words)


def failure(url: str, built: Built, data: Mapping[str, Any]) -> BackendError:
    """A sentence from an `execution_error` message; its traceback goes to the log."""
    kind, message = str(data.get("exception_type") or ""), str(data.get("exception_message") or "")
    log.debug("%s: %s: %s\n%s", url, kind, message, "".join(map(str, data.get("traceback") or ())))
    where = named(built, data.get("node_id"))
    if _MEMORY.search(f"{kind} {message}"):
        return BackendError(
            f"{url} ran out of memory at {where}; set fewer frames or a smaller width and height, "
            "window.length=16, or backend.tiled_decode=true"
        )
    said = short(message) or "no reason given"
    return BackendError(f"{url} failed at {where}: {kind.rpartition('.')[2] or 'error'}: {said}")


def none_left(reasons: Sequence[BackendError]) -> BackendError:
    """Why none of several servers can make a clip; of one, its own words."""
    if len(reasons) == 1:
        return reasons[0]
    said = "; ".join(dict.fromkeys(map(str, reasons)))
    return BackendError(f"none of {len(reasons)} servers can make this clip: {said}")


def cancelled(url: str) -> BackendError:
    return BackendError(
        f"somebody cancelled this clip's job at {url}; repeat the command when the server is free for it"
    )
