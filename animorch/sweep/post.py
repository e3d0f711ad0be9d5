"""Post-steps of a point: each a stage whose frames are kept when they were slow to make.

A later step changed, or another one added behind it, starts from the frames of those before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from animorch.clip import Clip
from animorch.errors import BackendError
from animorch.media import decode, encode
from animorch.runs.files import staged
from animorch.runs.names import FRAMES
from animorch.runs.store import Store
from animorch.spec.experiment import Choice
from animorch.spec.identity import digest
from animorch.sweep.logbook import log
from animorch.sweep.point import Point, chosen, version_of

SLOW = 1.0  # seconds: what took less is about as quick to make again as to read back


def posted(point: Point, clip: Clip, runs: Path, *, again: bool) -> Clip:
    """The clip after every post-step, all of them made `again` when its frames are new.

    Raises BackendError when one gives back something else than a clip.
    """
    assert point.experiment is not None
    steps = list(point.experiment.post.values())
    keys = list(_keys(point, steps, clip.fps))
    done = 0
    for at, key in reversed(list(enumerate(keys, 1))):
        if not again and (fact := Store(runs).kept(key)) is not None:
            clip, done = decode(Store(runs).folder(key) / FRAMES).at(fact.fps), at
            log.info("post: taken from the store: %s", " ".join(choice.name for choice in steps[:at]))
            break
    for choice, key in list(zip(steps, keys, strict=True))[done:]:
        clip = _applied(choice, clip, key, runs)
    return clip


def _keys(point: Point, steps: list[Choice], fps: float) -> Iterator[str]:
    """The key of the clip after each step: the render, its rate, and the steps so far with their versions."""
    so_far: list[object] = []
    for choice in steps:
        so_far.append([choice.model_dump(), version_of("post", choice)])
        yield digest({"render": point.render_key, "fps": fps, "post": so_far})


def _applied(choice: Choice, clip: Clip, key: str, runs: Path) -> Clip:
    start = perf_counter()
    made = chosen("post", choice).apply(clip)
    seconds = perf_counter() - start
    if not isinstance(made, Clip):
        raise BackendError(
            f"post-step {choice.name} returned {type(made).__name__} instead of a clip; tell its author"
        )
    log.info("post: %s took %.3f s, %d frames at %g fps", choice.name, seconds, len(made), made.fps)
    if seconds >= SLOW:
        with staged(runs, Store(runs).folder(key)) as fresh:
            encode(made, fresh / FRAMES, {"stage_key": key})
            Store.keep(fresh, key, made.fps, choice.name)
    return made
