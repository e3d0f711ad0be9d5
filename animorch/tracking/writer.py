"""Writer: keeps MLflow in line with a sweep's or a training's folder, from a thread of its own."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from animorch.errors import AnimorchError
from animorch.tracking.machine import Machine
from animorch.tracking.projection import Projection
from animorch.tracking.store import LATER, shown
from animorch.tracking.training import TrainingProjection

_LONGEST_PAUSE = 300.0


class Writer:
    """One background thread for a sweep or a training. Nothing it meets is ever raised into that."""

    def __init__(
        self,
        folder: Path,
        uri: str | None,
        kind: type[Projection | TrainingProjection] = Projection,
        *,
        pause: float = 5.0,
        rest: float = 0.0,
        system: bool = False,
    ) -> None:
        """`pause` is the least time in seconds before a store that failed is tried again.

        `rest` is the least time between two visits of a store that works, for what changes all the time.
        `system` asks for the machine's load too.
        """
        self._projection = kind(folder, uri)
        self._uri = self._projection.uri
        self._machine = Machine(self._uri) if system else None
        self._pause = self._first_pause = pause
        self._rest = rest
        self._resume_at = 0.0
        self._trouble: str | None = None
        self._closing = False
        self._wake = threading.Event()
        # a daemon: a store that hangs must not keep the process alive after close() gave up on it
        self._thread = threading.Thread(target=self._run, name="animorch-tracking", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """Say that the folder has changed; nudges that come while it works become one."""
        self._wake.set()

    def close(self, timeout: float = 60.0) -> str | None:
        """Send what is left and end the parent run; the sentence of what went wrong, None if nothing did."""
        self._closing = True
        self._wake.set()
        try:
            self._thread.join(timeout)
        except KeyboardInterrupt:  # the user does not want to wait for MLflow
            return self._unfinished("was still being written when you interrupted")
        if self._thread.is_alive():
            return self._unfinished(f"had not taken everything after {timeout:g} s")
        return self._trouble or (self._machine.trouble if self._machine is not None else None) or None

    def _unfinished(self, what: str) -> str:
        return f"MLflow at {shown(self._uri)} {what}; {LATER}"

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            closing = self._closing
            if closing or time.monotonic() >= self._resume_at:
                self._attempt(closing)
            if closing:
                return

    def _attempt(self, closing: bool) -> None:
        try:
            if closing and self._machine is not None:
                self._machine.stop()  # first: an ended run takes no more numbers
            if not self._projection.in_step():
                self._projection.bring(closed=closing)
            if not closing and self._machine is not None and self._projection.run:
                self._machine.watch(self._projection.run)
        except AnimorchError as error:
            self._back_off(str(error))
        except Exception as error:  # a render of hours must not be lost to a fault in its bookkeeping
            self._back_off(f"tracking in MLflow met an unforeseen fault ({error!r}); {LATER}")
        else:
            self._trouble, self._pause = None, self._first_pause
            self._resume_at = time.monotonic() + self._rest

    def _back_off(self, trouble: str) -> None:
        self._trouble = trouble
        self._resume_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
