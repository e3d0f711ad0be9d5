"""Accelerator: accelerate's, set up for a run: device, number format, accumulation, processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from torch.nn.attention import SDPBackend, sdpa_kernel

from animorch import UsageError
from animorch_diffusers.device import resolve_device
from animorch_diffusers.training.run import Run


def accelerator_of(run: Run) -> Any:
    """One for this run alone, in this process or in those that `accelerate launch` started."""
    on = resolve_device(run.device)
    if on == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            f"device={run.device} means cuda here and torch {torch.__version__} finds no such device; set "
            "device=cpu, or install the torch build for your card (pytorch.org/get-started)"
        )
    if run.threads is not None:
        torch.set_num_threads(run.threads)
    _forget_the_last(on)
    return Accelerator(
        cpu=on == "cpu",
        mixed_precision="no" if run.precision == "fp32" else run.precision,
        gradient_accumulation_steps=run.accumulate,
    )


def _forget_the_last(on: str) -> None:
    """accelerate keeps its settings for the life of the process; a second training may have others.

    The processes' connection, where there is one, is kept.
    """
    alone = not torch.distributed.is_available() or not torch.distributed.is_initialized()
    moved = bool(PartialState._shared_state) and PartialState().device.type != on
    AcceleratorState._reset_state(reset_partial_state=alone and moved)


@contextmanager
def kernels(device: Any) -> Iterator[None]:
    """On a CPU attention is written out: the fused kernel's backward takes half of a step in bf16."""
    if device.type != "cpu":
        yield
        return
    with sdpa_kernel(SDPBackend.MATH):
        yield
