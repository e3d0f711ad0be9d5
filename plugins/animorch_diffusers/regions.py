"""Regions: the UNet's answers to several prompts, laid together by masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from animorch import RenderSpec


@dataclass(frozen=True)
class Regions:
    """`shares` (1 + regions, 1, T, h, w): how much the clip's own prompt, then each region, has to say."""

    shares: Any

    def laid(self, answers: Any) -> Any:
        """Answers (1 + regions, C, T, h, w) as one (1, C, T, h, w)."""
        return (answers * self.shares.to(answers.dtype)).sum(dim=0, keepdim=True)


def regions_of(spec: RenderSpec, height: int, width: int, device: Any) -> Regions | None:
    """The masks at the latents' size; None when the spec has no regions.

    A region counts its mask times its weight, the clip's own prompt what the masks leave over; together they
    are one at every place.
    """
    if not spec.regions:
        return None
    import torch

    from animorch_diffusers.inputs.pictures import masks

    shown = torch.stack(
        [
            torch.from_numpy(masks(region.mask, spec.frames, width, height)).permute(1, 0, 2, 3)
            for region in spec.regions
        ]
    )  # (regions, 1, T, h, w)
    weights = torch.tensor([region.weight for region in spec.regions])[:, None, None, None, None]
    rest = (1 - shown.sum(dim=0, keepdim=True)).clamp(min=0)
    counted = torch.cat([rest, shown * weights])
    return Regions((counted / counted.sum(dim=0, keepdim=True)).to(device))
