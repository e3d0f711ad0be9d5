"""A stranger's plugin: a backend that paints one colour, and a metric that reads its share of red."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from animorch import Backend, Clip, Measures, Metric, Progress, RenderSpec, hookimpl


class Plain(Backend):
    """Every frame in one colour."""

    name: ClassVar[str] = "plain"

    red: int = Field(200, ge=0, le=255, description="Red of the colour.")

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        import numpy as np

        for step in range(spec.steps):
            progress(step + 1, spec.steps)
        frames = np.full((spec.frames, spec.height, spec.width, 3), (self.red, 40, 40), np.uint8)
        return Clip(frames)


class Redness(Metric):
    """Mean of red, 0..1."""

    name: ClassVar[str] = "redness"

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        return {"redness": float(clip.frames[..., 0].mean()) / 255}


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    return [Plain]


@hookimpl
def animorch_metrics() -> list[type[Metric]]:
    return [Redness]
