"""Rescue: what is tried once when memory ran out, and what is said when that does not help either."""

from __future__ import annotations

from dataclasses import replace

from animorch import BackendError, RenderSpec
from animorch_diffusers.estimate import GB, Setup, peak
from animorch_diffusers.fit import OUTSIDE, Room, advice, room_of

_PARTS = 16


def ran_out(error: BaseException) -> bool:
    """Whether this is torch's word for a full memory, on a card or in the system."""
    return (
        type(error).__name__ == "OutOfMemoryError"
        or "out of memory" in str(error)
        or "not enough memory" in str(error)  # DefaultCPUAllocator's
    )


def same_pixels(setup: Setup, device: str, compiled: bool) -> tuple[str, Setup] | None:
    """A smaller setup that gives the same pixels, and the words that ask for it; None when there is none.

    On a card that is streaming the weights: the same kernels on the same numbers. Elsewhere chunked
    feed-forwards, bit-identical in fp32 on CPUs (test_diffusers_memory measures it); on a card another count
    of rows may choose another kernel. A compiled UNet rounds differently from one with hooks.
    """
    if device == "cuda":
        if setup.offload in ("sequential", "group") or compiled:
            return None
        return "backend.offload=sequential", replace(setup, offload="sequential")
    if setup.dtype != "fp32" or device != "cpu" or (setup.budget.chunk_feed_forward or 1) >= _PARTS:
        return None
    budget = replace(setup.budget, chunk_feed_forward=_PARTS)
    return f"backend.chunk_feed_forward={_PARTS}", replace(setup, budget=budget)


def full(spec: RenderSpec, setup: Setup, device: str, tried: str | None) -> BackendError:
    """The sentence for a memory that is too small, with what would fit by the estimate."""
    needs, room = peak(spec, setup), room_of(device)
    if room is None or needs <= room.bytes:  # the estimate knows of no reason: others use the memory too
        room = Room("what was free", needs * 0.9)
    needs += OUTSIDE * (device == "cuda")
    again = f", also with {tried}, which saves memory and changes no pixel" if tried else ""
    return BackendError(
        f"{device} ran out of memory at {spec.frames} frames of {spec.width}x{spec.height}{again}; about "
        f"{needs / GB:.1f} GB are needed: {advice(spec, setup, room, device)}"
    )
