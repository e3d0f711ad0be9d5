"""dino_consistency: whether the subject stays the same, as a self-supervised vision transformer sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, RenderSpec
from animorch_judges import networks
from animorch_judges.judge import FolderJudge, chosen, pictures

_LIKE = Measure("cosine", "higher", -1, 1)
_BATCH = 16  # frames at once


class DinoConsistency(FolderJudge):
    """Cosine of the class token of each frame to that of the frame before and of the first.

    -1..1, higher is steadier, 1 is equal (and what a single frame reads). `dino_consistency` is the mean of
    the other two. It follows the idea of VBench's subject_consistency (Huang et al. 2023, arXiv:2311.17982)
    with the DINO (arXiv:2104.14294) that you name, and by its own preparation of the pictures, so the
    numbers are not VBench's: those saturate near 1 as well, and a still clip wins, so show motion_amount.
    """

    name: ClassVar[str] = "dino_consistency"
    needs: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    measures: ClassVar[Mapping[str, Measure]] = dict.fromkeys(
        ("dino_consistency", "dino_to_previous", "dino_to_first", "dino_to_first_by_frame"), _LIKE
    )

    weights: str = Field(
        "facebook/dino-vitb16", description="DINO's folder, or its hub name when in the cache."
    )

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Three means, and `dino_to_first_by_frame` with T numbers, the first of which is 1."""
        seen = self._seen(clip)
        to_first = (seen * seen[:1]).sum(axis=1).clip(-1, 1)
        to_previous = (seen[1:] * seen[:-1]).sum(axis=1).clip(-1, 1)
        first, previous = (float(part.mean()) if len(part) else 1.0 for part in (to_first[1:], to_previous))
        return {
            "dino_consistency": (first + previous) / 2,
            "dino_to_previous": previous,
            "dino_to_first": first,
            "dino_to_first_by_frame": to_first.tolist(),
        }

    def _seen(self, clip: Clip) -> Any:
        """A vector of length 1 a frame: numpy (T, channels)."""
        folder = self.folder()
        assert folder is not None, "preflight() was not asked"
        import torch

        device = chosen(self.device)
        model, processor = networks.seer(folder, self.content(), device)
        found = []
        with torch.inference_mode():
            for start in range(0, len(clip), _BATCH):
                shown = processor(images=pictures(clip.frames[start : start + _BATCH]), return_tensors="pt")
                tokens = model(pixel_values=shown["pixel_values"].to(device)).last_hidden_state
                found.append(torch.nn.functional.normalize(tokens[:, 0].double(), dim=-1).cpu())
        return torch.cat(found).numpy()
