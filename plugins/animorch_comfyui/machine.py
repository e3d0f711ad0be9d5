"""Machine: what a server says of itself, of what may stand in records: no paths, no command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from animorch_comfyui.offers import Offers

_GIB = 2**30
_ALLOCATORS = (" : native", " : cudaMallocAsync")  # ComfyUI puts PyTorch's allocator behind a GPU's name


def machine(stats: Mapping[str, Any] | None) -> dict[str, str]:
    """Environment from /system_stats: versions, system, device and its memory, as far as they are told."""
    system = _mapping((stats or {}).get("system"))
    device = first_device(stats)
    found = {
        "comfyui": system.get("comfyui_version"),
        "comfyui_python": str(system.get("python_version") or "").partition(" ")[0],
        "comfyui_torch": system.get("pytorch_version"),
        "comfyui_os": system.get("os"),
        "device": device_name(device),
        "comfyui_vram": gibibytes(device.get("vram_total")),
    }
    return {key: str(value) for key, value in found.items() if value}


def first_device(stats: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The device that a server computes on; empty when it names none."""
    listed = (stats or {}).get("devices")
    return _mapping(listed[0]) if isinstance(listed, (list, tuple)) and listed else {}


def device_name(device: Mapping[str, Any]) -> str:
    """`cuda:0 NVIDIA GeForce RTX 3090`, or `cpu`."""
    name = str(device.get("name") or device.get("type") or "")
    for allocator in _ALLOCATORS:
        name = name.removesuffix(allocator)
    return name.strip()


def gibibytes(count: Any) -> str:
    """`23.5 GiB`; empty for what is no number of bytes."""
    return f"{count / _GIB:.1f} GiB" if isinstance(count, (int, float)) and count > 0 else ""


def packs(offers: Offers | None) -> dict[str, int]:
    """Custom node packs by the folders that they lie in, and how many nodes each brings."""
    found: dict[str, int] = {}
    for node in offers.nodes if offers else ():
        if name := pack(offers, node):
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def pack(offers: Offers | None, node: str) -> str:
    """The pack that a node class comes from; empty for ComfyUI's own."""
    before, own, name = (offers.module(node) if offers else "").rpartition("custom_nodes.")
    return name if own and not before else ""


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}
