"""Device options: what a device cannot do, said before a render."""

from __future__ import annotations

from collections.abc import Iterator

from animorch import RenderSpec
from animorch_diffusers.economy import Attention
from animorch_diffusers.estimate import Offload


def offload_problems(offload: Offload, device: str, dtype: str, spec: RenderSpec) -> Iterator[str]:
    """A sentence where the weights have no second memory to wait in, or cannot be widened there."""
    if offload != "none" and device != "cuda":
        yield (
            f"backend.offload={offload} moves weights between the system's memory and a card's, and "
            f"backend.device={device} has none of its own; set backend.offload=none"
        )
    elif offload in ("sequential", "group") and spec.checkpoint.base == "sdxl" and dtype == "fp16":
        yield (
            f"backend.offload={offload} cannot widen SDXL's VAE to fp32, without which it overflows; "
            "set backend.offload=model or backend.dtype=bf16"
        )


def attention_problems(attention: Attention, device: str, dtype: str) -> Iterator[str]:
    """A sentence for a kernel that is not there for this device or number format."""
    if attention in ("efficient", "cudnn") and device != "cuda":
        yield f"backend.attention={attention} is for cuda; on {device} set backend.attention=auto"
    elif attention == "flash" and device == "mps":
        yield "backend.attention=flash is for cuda and the CPU; on mps set backend.attention=auto"
    elif attention in ("flash", "cudnn") and device == "cuda" and dtype == "fp32":
        yield (
            f"backend.attention={attention} has no kernel for fp32 on cuda; set backend.attention=efficient, "
            "or backend.dtype=fp16"
        )


def compile_problems(compiled: bool, device: str, offload: Offload) -> Iterator[str]:
    """A sentence where compiling does not pay or cannot be."""
    if compiled and device != "cuda":
        yield (
            f"backend.compile=true is for cuda: on {device} it takes minutes and gains a sixth; "
            "set backend.compile=false"
        )
    elif compiled and offload != "none":
        yield (
            f"backend.compile=true cannot see through backend.offload={offload}, which moves every layer; "
            "set one of them to its default"
        )
