"""wd_tagger: the tags that a WD tagger of SmilingWolf sees in the middle frame, through onnxruntime."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from animorch import Captioner, UsageError
from animorch_caption.picture import middle
from animorch_caption.weights import absence, at_hand, folder_of, missing

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_FILES = ("model.onnx", "selected_tags.csv")
_GENERAL, _CHARACTER = "0", "4"  # the table's categories; 9 is a rating
_FACE = re.compile(r"[^a-z]*[a-z]?[^a-z]*_[^a-z]*[a-z]?[^a-z]*")  # >_<, x_x: its underscore is drawn


class WdTagger(Captioner):
    """Tags with commas, the surest first, as `1girl, solo, outdoors`; needs a tagger's weights at hand."""

    name: ClassVar[str] = "wd_tagger"

    weights: str = Field(
        "SmilingWolf/wd-swinv2-tagger-v3",
        description="Folder with model.onnx and selected_tags.csv, or hub repository that is in the cache.",
    )
    threshold: float = Field(0.35, ge=0, le=1, description="Least probability of a general tag.")
    character_threshold: float = Field(0.85, ge=0, le=1, description="The same of a character's name.")

    def preflight(self) -> list[str]:
        if problems := missing(self.name, ("onnxruntime",)):
            return problems
        return [] if folder_of(self.weights, _FILES) else [absence(self.weights, _FILES)]

    def caption(self, path: Path) -> str:
        """Characters and general tags above their thresholds, each kind the surest first."""
        session, tags = _loaded(at_hand(self.weights, _FILES))
        entrance = session.get_inputs()[0]
        chances = session.run(None, {entrance.name: prepared(middle(path), int(entrance.shape[1]))})[0][0]
        if len(chances) != len(tags):
            raise UsageError(
                f"{self.weights} names {len(tags)} tags and answers {len(chances)}; model.onnx and "
                "selected_tags.csv are of different taggers"
            )
        least = {_CHARACTER: self.character_threshold, _GENERAL: self.threshold}
        seen = [
            (kind != _CHARACTER, -float(chance), tag)
            for (tag, kind), chance in zip(tags, chances, strict=True)
            if chance > least.get(kind, 2.0)  # ratings are never taken
        ]
        return ", ".join(tag for _, _, tag in sorted(seen))


def prepared(image: Image, side: int) -> np.ndarray[Any, Any]:
    """What these taggers were trained on: centred on a white square, BGR, float32 0..255, (1, H, W, 3)."""
    import numpy as np
    from PIL import Image

    largest = max(image.size)
    square = Image.new("RGB", (largest, largest), (255, 255, 255))
    square.paste(image, ((largest - image.width) // 2, (largest - image.height) // 2))
    square = square.resize((side, side), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(square, dtype=np.float32)[None, :, :, ::-1])


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> tuple[Any, list[tuple[str, str]]]:
    """The network, and its tags as people write them with their category."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        with (folder / "selected_tags.csv").open(encoding="utf-8", newline="") as table:
            tags = [(_readable(row["name"]), row["category"]) for row in csv.DictReader(table)]
    except Exception as error:  # onnxruntime's errors share no base of their own
        why = str(error).strip().partition("\n")[0]
        raise UsageError(f"{folder} holds no WD tagger ({why}); check weights=FOLDER") from error
    return session, tags


def _readable(tag: str) -> str:
    return tag if _FACE.fullmatch(tag) else tag.replace("_", " ")
