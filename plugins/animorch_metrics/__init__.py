"""metrics: numbers that numpy and Pillow can read off a clip, without weights: flicker, motion, colour."""

from __future__ import annotations

from animorch import Metric, hookimpl
from animorch_metrics.colour import ColourDrift
from animorch_metrics.flicker import TemporalFlicker
from animorch_metrics.motion import MotionAmount


@hookimpl
def animorch_metrics() -> list[type[Metric]]:
    return [TemporalFlicker, MotionAmount, ColourDrift]
