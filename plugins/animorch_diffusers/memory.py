"""Memory: how much of it a render may take at once, as the loop is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """How a render is cut into pieces. The defaults compute what the stock pipeline computes.

    The loop reads `decode_chunk` and `window_batch`; `economy.economise` sets the others on the models before
    the loop runs, so the loop need not know them.
    """

    decode_chunk: int = 16  # frames that the VAE decodes at once
    window_batch: int = 1  # windows in one UNet call
    chunk_feed_forward: int | None = None  # parts that a feed-forward's rows are computed in; None is one
    vae_slicing: bool = False  # one frame after the other inside a VAE call
    vae_tiling: bool = False  # a frame's tiles one after the other; seams are blended
