"""Pace: steps a second and the time that is left, from the steps of this sitting."""

from __future__ import annotations

from collections import deque
from time import monotonic

_LOOKED_AT = 50  # steps: enough to smooth validation pauses, few enough to follow a change


class Pace:
    """Told of every step; the first one only starts the clock, since loading came before it."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, float]] = deque(maxlen=_LOOKED_AT)

    def at(self, step: int, now: float | None = None) -> None:
        """So many steps are done; `now` in seconds, by default the clock's."""
        self._seen.append((step, monotonic() if now is None else now))

    @property
    def a_second(self) -> float | None:
        """Steps a second; None before the second step."""
        if len(self._seen) < 2:
            return None
        (first, then), (last, now) = self._seen[0], self._seen[-1]
        return (last - first) / max(now - then, 1e-9)

    def left(self, total: int) -> float | None:
        """Seconds to the last step; None while nothing is known."""
        speed = self.a_second
        return (total - self._seen[-1][0]) / speed if speed else None


def spoken(seconds: float) -> str:
    """45 s, 7 min, 3 h 20 min."""
    minutes, hours = round(seconds / 60), int(seconds // 3600)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{hours} h {round((seconds - hours * 3600) / 60)} min" if hours else f"{minutes} min"
