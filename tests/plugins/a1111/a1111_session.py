"""Sessions: backends on doubles, clips of a few milliseconds, and what a double saw of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from animorch_a1111.backend import A1111Backend

from animorch import Clip, RenderSpec
from animorch.testing.material import small_spec
from tests.doubles.a1111 import Double, Job

QUICK = {"poll": 0.004, "patience": 5.0}  # seconds
# no list tells what a server calls its motion modules
FILES = {name: f"{name}.safetensors" for name in ("v15_v2", "v14", "mm_sd15_v3", "nowhere")}


def spec(**changes: Any) -> RenderSpec:
    """4 frames of 32 x 32 in 2 steps, of weights that a double has."""
    return small_spec(**({"width": 32, "height": 32, "frames": 4, "steps": 2} | changes))


@contextmanager
def session(*doubles: Double, **options: Any) -> Iterator[A1111Backend]:
    """A backend on these doubles, closed at the end as a sweep closes it."""
    urls = [double.url for double in doubles]
    backend = A1111Backend.model_validate({"urls": urls, "models": FILES, **QUICK, **options})
    try:
        yield backend
    finally:
        backend.close()


def quiet(step: int, total: int) -> None:
    """Nobody watches the progress."""


def stop(step: int, total: int) -> None:
    """Ctrl-C at the first look."""
    raise KeyboardInterrupt


def clips(double: Double) -> list[Job]:
    """The jobs that were a clip of a point, without heals and looks at the server's health."""
    return [job for job in double.jobs if not job.heal]


def is_right(clip: Clip, double: Double) -> bool:
    """Whether a clip is what the last job asks of a healthy server, with its settings as they are now."""
    job = clips(double)[-1]
    asked = double.expected(job.body, route=job.route, checkpoint=job.checkpoint)
    return clip.frames.shape == asked.shape and bool(np.array_equal(clip.frames, asked))


def restored(double: Double) -> bool:
    """Whether every option is what it was when the server started."""
    now, before = (dict(one) for one in (double.state.options, double.state.options_at_start))
    return now == before
