"""Moods: how a double misbehaves, changeable while it runs.

A mood is written `name`, `name=value` or `name@2=value`: only for the second job that the server accepted.
Several are separated by commas.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMES: dict[str, str] = {
    "fast": "nothing special",
    "slow": "so many seconds a step (0.2)",
    "silent_socket": "after so many messages to a socket (0) nothing is sent any more",
    "restart": "in the middle of the job queue, history and cache are lost; down for so many seconds (0.2)",
    "node_errors_200": "the last of several output nodes is called invalid: 200, and the job runs without it",
    "stale_cache": "outputs of the same pictures are taken from the cache even under another filename_prefix",
    "empty_history": "history is written so many seconds (0.2) after execution_success",
    "zero_video": "videos have no bytes; status success",
    "truncated_png": "one frame is cut off in the middle",
    "missing_file": "one file that history names is not there",
    "errors_500": "every n-th request (2) is answered 500",
    "disconnects": "every n-th request (2): closed unanswered, by turns before and after it took effect",
    "cut_bodies": "every n-th answer (2) breaks off in the middle of its body",
    "wrong_frame_count": "one frame less than asked for; two for one",
    "wrong_size": "frames are 8 pixels wider than asked for",
    "execution_error": "the sampler raises",
    "oom": "the sampler runs out of memory",
    "uuid_rule": "prompt_id has to be a canonical lower-case UUID",
    "old_ids": "the client's prompt_id is ignored",
    "jobs_api": "/api/jobs is there",
    "lost_outputs_without_client_id": "cached outputs are missing in the history of a job without client_id",
    "auth": "401 without `Authorization: Bearer value` (secret)",
    "header": "401 without this header (X-Key: secret)",
    "prefix_only": "routes are there under /api only",
    "interrupted_by_another": "someone else interrupts the job at its first step",
    "deleted_by_another": "someone else deletes the job from the queue as soon as it is there",
    "dead": "connections are accepted and never answered",
}
_WRITTEN = re.compile(r"(?P<name>\w+)(@(?P<job>\d+))?(=(?P<value>[^@]+))?")


@dataclass(frozen=True)
class Mood:
    """One way to misbehave, for one job (counted from 1) or for all."""

    name: str
    job: int | None = None
    value: str | None = None

    def __str__(self) -> str:
        job = f"@{self.job}" if self.job else ""
        return f"{self.name}{job}={self.value}" if self.value else f"{self.name}{job}"

    @classmethod
    def read(cls, text: str) -> Mood:
        written = _WRITTEN.fullmatch(text.strip())
        if written is None or written["name"] not in NAMES:
            raise ValueError(f"no such mood: {text!r}; there are {', '.join(NAMES)}")
        return cls(written["name"], int(written["job"]) if written["job"] else None, written["value"])


class Moods:
    """The moods that a double is in."""

    def __str__(self) -> str:
        return ", ".join(map(str, self._moods))

    def __init__(self, text: str = "") -> None:
        self.set(text)

    def set(self, text: str) -> None:
        """Only these moods from now on."""
        self._moods = [Mood.read(each) for each in text.split(",") if each.strip()]

    def add(self, text: str) -> None:
        self._moods = [*self._moods, *(Mood.read(each) for each in text.split(",") if each.strip())]

    def drop(self, name: str) -> None:
        self._moods = [mood for mood in self._moods if mood.name != name]

    def on(self, name: str, job: int | None = None) -> bool:
        """Whether the mood holds now, for the job of this number."""
        return self._found(name, job) is not None

    def number(self, name: str, default: float, job: int | None = None) -> float:
        """The mood's value; `default` when it has none."""
        return float(self.text(name, str(default), job))

    def text(self, name: str, default: str, job: int | None = None) -> str:
        found = self._found(name, job)
        return default if found is None or found.value is None else found.value

    def _found(self, name: str, job: int | None) -> Mood | None:
        return next((m for m in self._moods if m.name == name and m.job in (None, job)), None)
