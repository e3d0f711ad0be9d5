"""upscale: every frame enlarged, by a filter or by a network."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from animorch import Clip, PostStep, Weights, filtered
from animorch_finish.pictures import each


class Upscale(PostStep):
    """By lanczos (Pillow) or zscale (ffmpeg's zimg, spline36), or, with `weights`, by a network.

    Networks are those that spandrel reads: Real-ESRGAN, SwinIR, HAT, DAT, compact ones … Each enlarges by a
    factor of its own; what is left to `scale` is done by lanczos.
    """

    name: ClassVar[str] = "upscale"

    scale: float = Field(2.0, gt=0, le=16, description="Sizes are multiplied by this and rounded.")
    method: Literal["lanczos", "zscale"] = Field("lanczos", description="Used when there are no weights.")
    weights: str | None = Field(None, description="A network's file, as RealESRGAN_x4plus.pth.")
    device: str = Field("auto", description="Where the network runs: auto, cuda, mps or cpu.")

    def content(self) -> str:
        return "" if self.weights is None else self._file().content()

    def apply(self, clip: Clip) -> Clip:
        """Raises BackendError without spandrel, WeightsError when it cannot read the file."""
        size = round(clip.width * self.scale) or 1, round(clip.height * self.scale) or 1
        if self.weights is not None:
            from animorch_finish.network import enlarged

            clip = enlarged(clip, self._file().local(), self.device)
        elif self.method == "zscale":
            words = f"format=gbrp,zscale=w={size[0]}:h={size[1]}:filter=spline36"
            return filtered(clip, words).at(clip.fps)
        return clip if (clip.width, clip.height) == size else _lanczos(clip, size)

    def _file(self) -> Weights:
        return Weights(name="post.upscale.weights", path=self.weights)


def _lanczos(clip: Clip, size: tuple[int, int]) -> Clip:
    from PIL import Image

    return each(clip, lambda frame: frame.resize(size, Image.Resampling.LANCZOS))
