"""Device: where a clip is computed and in which number format, told without importing torch."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from animorch import BackendError

Device = Literal["auto", "cpu", "cuda", "mps"]
Dtype = Literal["auto", "fp32", "fp16", "bf16"]
_TORCH_NAMES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


def installed(package: str) -> str | None:
    """Version of an installed package without its local tag (`+cpu`), None when it is absent."""
    found = _version(package, version)
    return None if found is None else found.partition("+")[0]


@lru_cache(maxsize=32)
def _version(package: str, look_up: Callable[[str], str]) -> str | None:
    """Looked up once: it reads a file, and a plan asks for every point."""
    try:
        return look_up(package)
    except PackageNotFoundError:
        return None


def resolve_device(device: Device) -> str:
    """cpu, cuda or mps; `auto` is read off the installed torch wheel and the machine."""
    if device != "auto":
        return device
    if (_torch_knows_cuda() and _sees_nvidia()) or _sees_amd():
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else "cpu"


def resolve_threads(threads: int | None, base: str) -> int:
    """CPU threads: as asked; else 1 for the embedded model, and OMP_NUM_THREADS or every core for others.

    Set, not left to torch, because sums split over another number of threads round otherwise: the count
    moves a pixel by 1 of 255, so it belongs to a CPU render's key. The embedded model's operations are too
    small to be worth splitting: two threads gain little on free cores and lose twenty times on busy ones.
    """
    if threads is not None:
        return threads
    if base == "embedded":
        return 1
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resolve_dtype(dtype: Dtype, device: str) -> str:
    """fp32, fp16 or bf16; `auto` is fp16 on CUDA and fp32 elsewhere."""
    if dtype != "auto":
        return dtype
    return "fp16" if device == "cuda" else "fp32"


def _tag() -> str | None:
    """Local tag of the torch wheel (cpu, cu128, rocm6.4, or nothing); None when torch is absent."""
    found = _version("torch", version)
    return None if found is None else found.partition("+")[2]


def _torch_knows_cuda() -> bool:
    tag = _tag()
    if tag is None:
        return False
    if tag:
        return tag.startswith("cu")
    needs = requires("torch") or []
    # a wheel without tag is CUDA's on Linux and the CPU's on Windows and macOS
    return sys.platform == "linux" and any(need.startswith("nvidia-") or "cuda" in need for need in needs)


def _sees_amd() -> bool:
    """ROCm's torch calls its device cuda; its driver shows as /dev/kfd."""
    tag = (_tag() or "").startswith("rocm")
    return tag and Path("/dev/kfd").exists()


def _sees_nvidia() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def require(device: str) -> Any:
    """The torch.device; raises BackendError when torch cannot reach it."""
    import torch

    there = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    if device in there and not there[device]():
        raise BackendError(
            f"backend.device={device} was chosen and torch {torch.__version__} finds no such device; "
            "set backend.device=cpu, or install the torch build for your card (pytorch.org/get-started)"
        )
    return torch.device(device)


def torch_dtype(dtype: str) -> Any:
    """fp32, fp16 or bf16 as a torch.dtype."""
    import torch

    return getattr(torch, _TORCH_NAMES[dtype])


def facts(device: str) -> dict[str, str]:
    """Name of the device and, on CUDA, the peak of memory since the last `forget_peak`."""
    import torch

    if device != "cuda":
        return {"device": device, "device_name": _cpu_name()}
    peak = torch.cuda.max_memory_allocated() / 2**20
    return {
        "device": device,
        "device_name": torch.cuda.get_device_name(),
        "peak_memory_mib": f"{peak:.0f}",
    }


def _cpu_name() -> str:
    """The processor's model; Linux tells it in /proc only."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def forget_peak(device: str) -> None:
    """Start counting the peak of CUDA memory anew."""
    import torch

    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
