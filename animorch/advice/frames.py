"""Frames: notes on how many frames a module sees at once, on windows over more, and on what moves them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from animorch.advice.module import frame_range, is_small
from animorch.spec.experiment import Experiment

_NARROWEST = 12  # frames of a window, for modules of 16


def frames_trained(experiment: Experiment) -> Iterator[str]:
    fewest, most = frame_range(experiment)
    window = experiment.window
    sees = min(experiment.frames, window.length) if window else experiment.frames
    least = min(_NARROWEST, fewest) if window else fewest
    if least <= sees <= most:
        return
    trained = f"{fewest} to {most}" if 1 < fewest < most else f"{most}"
    told = f"motion={experiment.motion.name} was trained on {trained} frames at once"
    if sees > most:
        yield f"{told}; over more it drifts, so set window.length={most}"
    else:
        yield f"{told}; with fewer it moves less well"


def window_overlap(experiment: Experiment) -> Iterator[str]:
    window = experiment.window
    if window is None or experiment.frames <= window.length or window.overlap >= window.length // 4:
        return
    yield (
        f"window.overlap={window.overlap} is small for windows of {window.length} and shows their borders; "
        f"a quarter, {window.length // 4}, is usual"
    )


def travel_close(experiment: Experiment) -> Iterator[str]:
    for key in ("prompt_travel", "negative_travel"):
        gaps = [after - before for before, after in pairwise(sorted(getattr(experiment, key)))]
        if gaps and min(gaps) < 8:
            yield f"{key} has prompts {min(gaps)} frames apart; under about 8 they bleed into each other"


def motion_scale(experiment: Experiment) -> Iterator[str]:
    scale = experiment.motion_scale
    if scale == 0 and experiment.frames > 1:
        yield "motion_scale=0 turns the motion module off, so the frames have nothing to do with each other"
    elif not is_small(experiment) and not 0.5 <= scale <= 1.5:
        outcome = "hardly moves" if scale < 1 else "tears and flickers"
        yield f"at motion_scale={scale:g} a clip {outcome}; 0.8 to 1.3 is usual"
