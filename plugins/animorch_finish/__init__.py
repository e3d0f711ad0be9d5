"""finish: post-steps that cut, enlarge, steady, tint and label a finished clip."""

from __future__ import annotations

from animorch import PostStep, hookimpl
from animorch_finish.colour_match import ColourMatch
from animorch_finish.crop import Crop
from animorch_finish.deflicker import Deflicker
from animorch_finish.extract import Extract
from animorch_finish.label import Label
from animorch_finish.pad import Pad
from animorch_finish.rate import Rate
from animorch_finish.resize import Resize
from animorch_finish.seamless import Seamless
from animorch_finish.stabilise import Stabilise
from animorch_finish.upscale import Upscale
from animorch_finish.watermark import Watermark

__all__ = [
    "ColourMatch",
    "Crop",
    "Deflicker",
    "Extract",
    "Label",
    "Pad",
    "Rate",
    "Resize",
    "Seamless",
    "Stabilise",
    "Upscale",
    "Watermark",
]


@hookimpl
def animorch_post_steps() -> list[type[PostStep]]:
    return [
        *(ColourMatch, Crop, Deflicker, Extract, Label, Pad),
        *(Rate, Resize, Seamless, Stabilise, Upscale, Watermark),
    ]
