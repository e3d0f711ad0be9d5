"""film: FILM (Reda et al., "Frame Interpolation for Large Motion", ECCV 2022) from a TorchScript file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from animorch import WeightsError
from animorch_interpolate import device as devices
from animorch_interpolate import weights
from animorch_interpolate.gaps import filled
from animorch_interpolate.interpolator import Interpolator

if TYPE_CHECKING:
    import numpy as np

ADVICE = (
    "take film_net_fp32.pt out of the releases of github.com/dajes/frame-interpolation-pytorch (Apache-2.0) "
    "and set post.film.weights=FILE"
)
_SIDE = 64  # pixels: its pyramid halves the picture six times


class Film(Interpolator):
    """Made for large motion; slower than RIFE. The script takes two pictures and a time."""

    name: ClassVar[str] = "film"

    weights: str | None = Field(None, description="film_net_fp32.pt, a TorchScript file.")
    device: str = Field("auto", description="auto, cuda, cuda:1, mps or cpu.")

    @model_validator(mode="after")
    def _has_weights(self) -> Film:
        weights.needed(self.name, self.weights, ADVICE)
        return self

    def content(self) -> str:
        return weights.content(self.name, self.weights or "")

    def between(self, ends: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """As Interpolator asks; raises WeightsError when the file is no TorchScript or takes other things."""
        device = devices.settled(self.device)
        import torch

        network = _loaded(weights.local(self.name, self.weights or ""), self.content(), device)
        height, width = ends.shape[1:3]

        def at(first: Any, last: Any, time: float) -> Any:
            try:
                return network(first, last, torch.full((1, 1), time, device=device))
            except RuntimeError as error:
                said = str(error).strip().splitlines()[-1]
                raise WeightsError(
                    f"{self.weights} did not interpolate as FILM does ({said}); {ADVICE}"
                ) from error

        with torch.inference_mode():
            return filled(
                devices.tensors(ends, _SIDE, device),
                self.factor,
                at,
                any_time=True,
                shown=lambda picture: devices.shown(picture.float(), height, width),
            )


@lru_cache(maxsize=1)
def _loaded(path: Path, stamp: str, device: str) -> Any:
    import warnings

    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is, and FILM is published in it
            return torch.jit.load(str(path), map_location=device).eval()
    except RuntimeError as error:
        raise WeightsError(f"{path} is no TorchScript file; {ADVICE}") from error
