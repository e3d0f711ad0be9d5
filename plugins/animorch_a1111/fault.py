"""Fault: a clip that a server did not make as asked, and what that says about the server."""

from __future__ import annotations

from typing import Literal

from animorch import BackendError

# for tests and for whoever decides what to do next; the sentence is for people
Cause = Literal[
    "absent",  # AnimateDiff did not run: module or arguments
    "swallowed",  # AnimateDiff broke after its module was put in
    "different",  # it ran, with other values than asked
    "frames",  # another count, size or kind of pictures
    "black",
    "padding",
    "table",
    "nan",
    "memory",
    "login",
    "api",
    "request",
    "server",
]


class Fault(BackendError):
    """One failed clip.

    poisoned: motion modules may still be in the server's UNet, so heal it before anything else. hopeless: no
    other clip can succeed on this server until a person has done something.
    """

    def __init__(
        self, sentence: str, cause: Cause, *, poisoned: bool = False, hopeless: bool = False
    ) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.poisoned = poisoned
        self.hopeless = hopeless
