"""A stranger's backend: several clips at once, as one with servers has it, and a file of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from animorch import Backend, BackendError, Clip, Finding, Progress, RenderSpec, UsageError, hookimpl

_lock = threading.Lock()
_here = threading.local()
under_way, most, closed = 0, 0, 0


class Farm(Backend):
    """Renders flat pictures, several at once."""

    name: ClassVar[str] = "farm"

    width_of_farm: int = Field(3, ge=1, description="Renders at once.")
    seconds: float = Field(0.05, ge=0, description="Of a step.")
    file: str | None = Field(None, description="JSON with fields of the spec.")
    quality: int = Field(1, description="An option to sweep over.")
    broken: str = Field("", description="Prompt that cannot be rendered.")

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version, "quality": self.quality}

    def lanes(self) -> int:
        return self.width_of_farm

    def said(self) -> Mapping[str, Any]:
        if self.file is None:
            return {}
        if not Path(self.file).exists():
            raise UsageError(f"backend.file: there is no {self.file}; check the path")
        fields: dict[str, Any] = json.loads(Path(self.file).read_text())
        return fields

    def preflight(self, specs: Sequence[RenderSpec]) -> list[list[str]]:
        shut = Path("shut").exists()
        return [["no farm answers; open it"] if shut else [] for _ in specs]

    def examine(self, specs: Sequence[RenderSpec]) -> Iterable[Finding]:
        yield Finding("farm", not Path("shut").exists(), "the farm's door", "remove the file shut")
        yield Finding("weather", None, "it rains")

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        import numpy as np

        if spec.prompt == self.broken:
            raise BackendError("the farm has no such animal; choose another")
        with _counted():
            for step in range(spec.steps):
                time.sleep(self.seconds)
                progress(step + 1, spec.steps)
        _here.prompt = spec.prompt
        shape = (spec.frames, spec.height, spec.width, 3)
        frames = np.full(shape, spec.seed % 200 + self.quality, np.uint8)
        frames[:, : spec.height // 2] += 9
        return Clip(frames)

    def environment(self) -> dict[str, str]:
        return {"prompt": _here.prompt, "most": str(most)}

    def attachments(self) -> Mapping[str, str]:
        return {"farm.txt": f"rendered {_here.prompt}\n"}

    def close(self) -> None:
        global closed
        closed += 1


@contextmanager
def _counted() -> Iterator[None]:
    global under_way, most
    with _lock:
        under_way += 1
        most = max(most, under_way)
    try:
        yield
    finally:
        with _lock:
            under_way -= 1


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    return [Farm]
