"""Economy: options of memory and speed put on a pipeline's models; the loop need not know them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from animorch_diffusers.memory import Budget

Attention = Literal["auto", "flash", "efficient", "cudnn", "math"]
_KERNELS = {
    "flash": "FLASH_ATTENTION",
    "efficient": "EFFICIENT_ATTENTION",
    "cudnn": "CUDNN_ATTENTION",
    "math": "MATH",
}


def as_stock(pipe: Any) -> None:
    """Weights that say they want a gradient, as the stock pipeline's do; under no_grad none is made.

    torch's matmul folds a batch into rows only for such weights (`should_fold` in its LinearAlgebra.cpp), and
    the other way rounds differently: frozen, a clip was one level apart from the stock pipeline's.
    """
    for part in pipe.components.values():
        if hasattr(part, "requires_grad_"):
            part.requires_grad_(True)


def economise(pipe: Any, budget: Budget, channels_last: bool) -> None:
    """Set the budget on the pipeline's UNet and VAE; doing it again changes nothing."""
    pipe.vae.use_slicing = budget.vae_slicing
    pipe.vae.use_tiling = budget.vae_tiling
    if budget.chunk_feed_forward:
        for layer in _feed_forwards(pipe.unet):
            whole = vars(layer).get("_animorch_whole", layer.forward)
            layer._animorch_whole = whole
            layer.forward = partial(in_parts, whole, budget.chunk_feed_forward)
    if channels_last:
        import torch

        for model in (pipe.unet, pipe.vae):
            model.to(memory_format=torch.channels_last)


def _feed_forwards(unet: Any) -> Iterator[Any]:
    """The GEGLU feed-forward of each transformer block, spatial and temporal."""
    from diffusers.models.attention import FeedForward

    yield from (layer for layer in unet.modules() if isinstance(layer, FeedForward))


def in_parts(whole: Any, parts: int, states: Any, *others: Any, **named: Any) -> Any:
    """`whole(states)` of shape (rows, tokens, width), computed in `parts` of the rows, at most one a row.

    The hidden layer of a feed-forward is eight times as wide as its input and half of what a UNet call
    holds at its peak (diffusers #9231); rows do not meet in it, so they can be computed apart.
    """
    import torch

    return torch.cat([whole(rows, *others, **named) for rows in states.chunk(parts)])


@contextmanager
def attention(kind: Attention) -> Iterator[None]:
    """torch's attention kernel inside the block; where the one asked for cannot serve, the next that can.

    The VAE's heads of 512 channels are too wide for flash, so a single kernel would refuse the clip.
    """
    if kind == "auto":
        yield
        return
    from torch.nn.attention import SDPBackend, sdpa_kernel

    names = ["math"] if kind == "math" else list(dict.fromkeys([kind, "efficient", "math"]))
    with sdpa_kernel([getattr(SDPBackend, _KERNELS[name]) for name in names], set_priority=True):
        yield


def compile_unet(pipe: Any, patches: tuple[object, ...], last: tuple[object, ...] | None) -> None:
    """Have the UNet compiled at its next call, once for each size of clip.

    `patches` says what is hooked onto the UNet (`last`: at the render before). Dynamo does not look at hooks
    again, so a change of them throws away what it knows; the compiled kernels stay in inductor's disk cache.
    """
    import torch

    if patches != last or pipe.unet._compiled_call_impl is None:
        torch.compiler.reset()
    limits: Any = torch._dynamo.config
    limits.recompile_limit = max(64, limits.recompile_limit)  # beyond it Dynamo goes back to eager, silently
    if pipe.unet._compiled_call_impl is None:
        pipe.unet.compile(dynamic=False)
