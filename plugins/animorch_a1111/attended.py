"""Attended: a call in a thread of its own, so that its caller can look round and be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Generic, TypeVar

from animorch import BackendError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Pace:
    """Seconds: between looks, for a whole job (None: any time), and without a sign of life."""

    poll: float = 0.5
    timeout: float | None = None
    patience: float = 60.0


class Attended(Generic[Result]):
    """A call under way. The thread does not keep a process that ends."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._over = Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True, name="a1111")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self._call())
        except BaseException as error:
            self._error = error
        finally:
            self._over.set()

    def over(self, within: float) -> bool:
        """Whether it comes to an end within that many seconds."""
        over = self._over.wait(within)
        if over:
            self._thread.join()
        return over

    @property
    def answered(self) -> bool:
        """Whether it came to its end without an error."""
        return bool(self._result)

    def result(self) -> Result:
        """What it returned, once it is over; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._result[0]


def attended(call: Callable[[], Result], tick: Callable[[], None], pace: Pace) -> Result:
    """A call that cannot be stopped (a checkpoint that loads): when `tick` raises, its end is waited for.

    Raises BackendError when it takes longer than the whole job may.
    """
    running, began = Attended(call), monotonic()
    try:
        while not running.over(pace.poll):
            tick()
            if pace.timeout is not None and monotonic() - began > pace.timeout:
                raise BackendError(
                    f"the server took longer than backend.timeout={pace.timeout:g} seconds to load and make "
                    "ready; raise it, or load the checkpoint by hand to see why"
                )
    except BaseException:
        running.over(pace.patience)
        raise
    return running.result()
