"""Validation: clips of the weights as they stand, rendered as the backend renders them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diffusers import AnimateDiffPipeline

from animorch import BackendError, Checkpoint, MotionModule, RenderSpec, Report
from animorch_diffusers.call import rendered
from animorch_diffusers.memory import Budget
from animorch_diffusers.training.recipe import Validation
from animorch_diffusers.warm import Ready


@dataclass(frozen=True)
class Studio:
    """The parts of a pipeline, the noise schedule trained on, and the clips that are wanted.

    sampling: the checkpoint's scheduler config (prediction type, zero terminal SNR). width and height in
    pixels, fps: those of the training clips.
    """

    wanted: Validation
    checkpoint: Checkpoint
    motion: MotionModule
    sampling: Mapping[str, Any]
    vae: Any
    text: Any
    tokenizer: Any
    unet: Any
    width: int
    height: int
    fps: float = 8.0

    def spec(self, prompt: str) -> RenderSpec:
        """DDIM on the training schedule."""
        wanted = self.wanted
        return RenderSpec(
            checkpoint=self.checkpoint,
            motion=self.motion,
            prompt=prompt,
            steps=wanted.steps,
            cfg=wanted.cfg,
            seed=wanted.seed,
            frames=wanted.frames,
            width=wanted.width or self.width,
            height=wanted.height or self.height,
        )


def validate(studio: Studio, step: int, report: Report) -> None:
    """Render each prompt; a clip that cannot be rendered is told, and training goes on."""
    pipe = AnimateDiffPipeline(
        vae=studio.vae,
        text_encoder=studio.text,
        tokenizer=studio.tokenizer,
        unet=studio.unet,
        motion_adapter=None,
        scheduler=None,
    )
    pipe.set_progress_bar_config(disable=True)
    ready = Ready(pipe, studio.sampling)
    for number, prompt in enumerate(studio.wanted.prompts):
        try:
            clip, _ = rendered(ready, studio.spec(prompt), lambda step, total: None, Budget())
        except BackendError as error:
            report.note(f"the validation clip of {prompt!r} at step {step} was not rendered: {error}")
            continue
        report.clip(_named(number, prompt), clip.at(studio.fps), step)


def _named(number: int, prompt: str) -> str:
    """A file's name: the number and the prompt's first words."""
    words = "".join(letter if letter.isalnum() else " " for letter in prompt.lower()).split()
    return "_".join([f"{number:02d}", *words])[:50]
