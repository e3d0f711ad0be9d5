"""Trap: options that part training from how its result will be sampled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from animorch_diffusers.training.tune import BETAS, Tune, TuneMotion


def notes(run: Tune, sampling: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each option that differs from the motion module's betas or the checkpoint's prediction.

    Modules of SD1.5 are sampled on linear betas everywhere. Evo-Tuner trains them on the image checkpoint's
    scaled_linear ones, without saying so, and clips come out washed and with little motion. A style LoRA is
    used on either.
    """
    if isinstance(run, TuneMotion):
        yield from _schedule_notes(run)
    own = sampling.get("prediction_type", "epsilon")
    if run.prediction is not None and run.prediction != own:
        yield (
            f"prediction={run.prediction} is not what checkpoint={run.checkpoint.name} predicts ({own}): its "
            "UNet answers another question; take prediction out"
        )


def _schedule_notes(run: TuneMotion) -> Iterator[str]:
    for key in BETAS:
        asked, own = getattr(run, key), getattr(run.motion, key)
        if asked is not None and asked != own:
            yield (
                f"{key}={asked} is not the noise schedule of motion={run.motion.name} ({own}): trained on "
                "it, the module gives washed clips with little motion wherever it is sampled on its own; "
                f"take {key} out, unless you mean to sample on it"
            )
