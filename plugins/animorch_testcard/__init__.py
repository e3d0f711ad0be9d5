"""testcard: a backend that draws a test card in motion. It needs no weights, no torch and no network."""

from __future__ import annotations

from importlib.metadata import version
from time import sleep
from typing import Any, ClassVar

from pydantic import Field

from animorch import Backend, BackendError, Clip, Progress, RenderSpec, hookimpl


class CardBackend(Backend):
    """Draws every field of a spec into the picture, the same bytes on every call and in every process.

    What to look for: hue, shapes and text follow the prompt; places the seed; movement the motion
    module and its scale; contrast and colour the cfg (low is washed out, high is burnt); sharpness,
    grain and the ticks round the disc the steps. Any change at all changes the grain.
    """

    name: ClassVar[str] = "testcard"
    version: ClassVar[str] = "1"

    delay: float = Field(
        0.0, ge=0, description="Seconds to wait at each step, to watch progress or interrupt."
    )
    fail_on: str = Field(
        "", description="Fail halfway when the prompt holds this text, or a field has this value: `cfg=7`."
    )

    def identity(self) -> dict[str, Any]:
        """Waiting and failing change no pixel; Pillow and numpy draw them."""
        from importlib.metadata import version

        drawn = {package: version(package) for package in ("pillow", "numpy")}
        return {"name": self.name, "version": self.version, **drawn}

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        """Wait through the steps, then draw; raises BackendError halfway when `fail_on` matches."""
        for step in range(1, spec.steps + 1):
            sleep(self.delay)
            if step > spec.steps // 2 and self._fails(spec):
                raise BackendError(f"testcard was asked to fail on {self.fail_on!r}; clear backend.fail_on")
            progress(step, spec.steps)
        from animorch_testcard.card import draw

        return Clip(draw(spec))

    def _fails(self, spec: RenderSpec) -> bool:
        if not self.fail_on:
            return False
        key, equals, value = self.fail_on.partition("=")
        if not equals or key not in RenderSpec.model_fields:
            return self.fail_on in spec.prompt
        found = getattr(spec, key)
        return _same(str(getattr(found, "name", found)), value)

    def environment(self) -> dict[str, str]:
        return {"device": "cpu", "numpy": version("numpy"), "pillow": version("pillow")}


def _same(found: str, asked: str) -> bool:
    """Equal as numbers when both are numbers (7 and 7.0), else as text."""
    try:
        return float(found) == float(asked)
    except ValueError:
        return found == asked.strip()


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    return [CardBackend]
