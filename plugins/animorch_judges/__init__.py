"""judges: metrics by networks whose weights are at hand; left out, with a sentence, where they are not."""

from __future__ import annotations

from animorch import Metric, hookimpl
from animorch_judges.aesthetic import Aesthetic
from animorch_judges.clip_score import ClipScore
from animorch_judges.dino import DinoConsistency
from animorch_judges.perceptual import PerceptualDistance


@hookimpl
def animorch_metrics() -> list[type[Metric]]:
    return [Aesthetic, ClipScore, DinoConsistency, PerceptualDistance]
