"""Peer: one way to render the measured clip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, ClassVar

from animorch import RenderSpec
from animorch_diffusers import device as place
from animorch_diffusers.backend import DiffusersBackend

Step = Callable[[int, int], None]


@dataclass
class Peer(ABC):
    """Loads the spec's weights in `start`, renders its clip in `clip`, and lets go of them in `close`."""

    spec: RenderSpec
    device: str
    dtype: str
    threads: int

    name: ClassVar[str]

    @abstractmethod
    def start(self, told: Step) -> tuple[float, float]:
        """Seconds of loading, and of that with a first clip of one step, which compiles where it has to."""

    @abstractmethod
    def clip(self, spec: RenderSpec, told: Step) -> Any:
        """The clip's frames, uint8 of shape (T, H, W, 3), in the system's memory."""

    @abstractmethod
    def close(self) -> None: ...


@dataclass
class Stock(Peer):
    """diffusers' AnimateDiffPipeline called as documented; frames come as PIL images, its default."""

    name: ClassVar[str] = "stock eager"
    _pipe: Any = field(default=None)

    def start(self, told: Step) -> tuple[float, float]:
        began = perf_counter()
        self._pipe = self._loaded()
        loaded = perf_counter() - began
        self._prepare()
        self.clip(self.spec.model_copy(update={"steps": 1}), told)
        return loaded, perf_counter() - began

    def _loaded(self) -> Any:
        from diffusers import AnimateDiffPipeline, MotionAdapter

        dtype = place.torch_dtype(self.dtype)
        motion = MotionAdapter.from_pretrained(str(self.spec.motion.local()), torch_dtype=dtype)
        pipe = AnimateDiffPipeline.from_pretrained(
            str(self.spec.checkpoint.local()),
            motion_adapter=motion,
            torch_dtype=dtype,
            feature_extractor=None,
            image_encoder=None,
        )
        pipe.set_progress_bar_config(disable=True)
        return pipe.to(self.device)

    def _prepare(self) -> None:
        """What is done to the pipeline after it is loaded."""

    def clip(self, spec: RenderSpec, told: Step) -> Any:
        import numpy as np
        import torch

        from animorch_diffusers.sampling import scheduler_for

        torch.set_num_threads(self.threads)
        self._pipe.scheduler = scheduler_for(spec, dict(self._pipe.scheduler.config))

        def after_step(_pipe: Any, step: int, _timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
            told(step + 1, spec.steps)
            return kept

        frames = self._pipe(
            prompt=spec.prompt,
            negative_prompt=spec.negative_prompt,
            num_frames=spec.frames,
            width=spec.width,
            height=spec.height,
            num_inference_steps=spec.steps,
            guidance_scale=spec.cfg,
            generator=torch.Generator("cpu").manual_seed(spec.seed),
            callback_on_step_end=after_step,
        ).frames[0]
        return np.stack([np.asarray(frame) for frame in frames])

    def close(self) -> None:
        self._pipe = None


class Compiled(Stock):
    """The same with torch.compile over the UNet, as diffusers' guide to fast inference has it."""

    name: ClassVar[str] = "stock compiled"

    def _prepare(self) -> None:
        import torch

        self._pipe.unet = torch.compile(self._pipe.unet, dynamic=False)


@dataclass
class Animorch(Peer):
    """The backend `diffusers` as it comes, through what every caller uses.

    Loading without the hashes of the weights, which the plan of a sweep takes before the first clip.
    """

    name: ClassVar[str] = "animorch"
    options: ClassVar[dict[str, Any]] = {}
    _backend: Any = field(default=None)

    def start(self, told: Step) -> tuple[float, float]:
        _ = self.spec.checkpoint.content(), self.spec.motion.content()  # kept by the process
        began = perf_counter()
        self._backend = DiffusersBackend.model_validate(
            {"device": self.device, "dtype": self.dtype, "threads": self.threads, "sharing": False}
            | self.options
        )
        self.clip(self.spec.model_copy(update={"steps": 1}), told)
        return float(self._backend.environment()["load_seconds"]), perf_counter() - began

    def clip(self, spec: RenderSpec, told: Step) -> Any:
        return self._backend.render(spec, told).frames

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()


class Fast(Animorch):
    """The same with the options for speed: compiled, convolutions with channels innermost."""

    name: ClassVar[str] = "animorch fast"
    options: ClassVar[dict[str, Any]] = {"compile": True, "channels_last": True}


def peers_of(device: str, compiled: bool) -> list[type[Peer]]:
    """The peers of a device; compiling on a CPU takes minutes, so only when asked."""
    every: list[type[Peer]] = [Stock, Compiled, Animorch, Fast]
    if device == "cuda":
        return every
    return [Stock, Compiled, Animorch] if compiled else [Stock, Animorch]
