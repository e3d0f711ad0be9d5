"""caption: what `animorch caption` can ask for a missing caption."""

from __future__ import annotations

from animorch import Captioner, hookimpl
from animorch_caption.blip import Blip
from animorch_caption.file_name import FileName
from animorch_caption.wd_tagger import WdTagger

__all__ = ["Blip", "FileName", "WdTagger"]


@hookimpl
def animorch_captioners() -> list[type[Captioner]]:
    return [Blip, FileName, WdTagger]
