"""interpolate: post-steps that make frames between the rendered ones."""

from __future__ import annotations

from animorch import PostStep, hookimpl
from animorch_interpolate.blend import Blend
from animorch_interpolate.film import Film
from animorch_interpolate.minterpolate import Minterpolate
from animorch_interpolate.rife import Rife
from animorch_interpolate.rife_torch import RifeTorch

__all__ = ["Blend", "Film", "Minterpolate", "Rife", "RifeTorch"]


@hookimpl
def animorch_post_steps() -> list[type[PostStep]]:
    return [Blend, Minterpolate, Rife, RifeTorch, Film]
