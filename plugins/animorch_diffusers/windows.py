"""Windows: a clip taken apart for the UNet, and its answers laid together again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from animorch import Window


def windows_at(window: Window | None, step: int, frames: int) -> list[list[int]]:
    """Frame numbers of each window at a step; all frames in one when there are none."""
    return window.at_step(step, frames) if window else [list(range(frames))]


def in_batches(windows: list[list[int]], together: int) -> Iterator[list[list[int]]]:
    """Neighbouring windows of one length, `together` at most."""
    batch: list[list[int]] = []
    for members in windows:
        if batch and (len(batch) == together or len(members) != len(batch[0])):
            yield batch
            batch = []
        batch.append(members)
    yield batch


def fused(answers: list[Any], window: Window | None, windows: list[list[int]], frames: int) -> Any:
    """Answers of windows, each (B, C, length, h, w), as one of the clip: (B, C, frames, h, w).

    A frame is the mean of what its windows say, by the window's weights: before guidance, so that it holds
    for every cfg, and summed frame by frame in fp32, so that it is the same on every run.
    """
    import torch

    assert window is not None
    first = answers[0]
    total = torch.zeros((*first.shape[:2], frames, *first.shape[3:]), device=first.device)
    for members, answer, shares in zip(windows, answers, window.shares(windows, frames), strict=True):
        for place, (frame, share) in enumerate(zip(members, shares, strict=True)):
            total[:, :, frame] += share * answer[:, :, place].float()
    return total.to(first.dtype)
