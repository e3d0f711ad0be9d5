"""Measure: every peer loaded, then clips in turn, so that other work on the machine meets all alike."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from animorch import BackendError, RenderSpec
from animorch_diffusers import device as place
from animorch_diffusers.bench.figures import Figure, Result
from animorch_diffusers.bench.flops import clip_flops, peak_of
from animorch_diffusers.bench.peer import Peer, peers_of
from animorch_diffusers.bench.size import Size, spec_of, write_random
from animorch_diffusers.libraries import import_libraries
from animorch_diffusers.quiet import quiet

Told = Callable[[str, int, int], None]  # what is being done, step, steps; step 0 when it begins
Times = dict[str, list[float]]
_CLOSE = {"fp32": 2, "bf16": 96, "fp16": 64}  # levels of 255 that roundings may come to


def measured(
    size: Size,
    clip: dict[str, int],
    device: str,
    dtype: str,
    repeat: int,
    compiled: bool,
    remarks: list[str],
    told: Told,
) -> Result:
    """The figures of all peers of the device. Raises BackendError when a peer renders another clip."""
    told("importing torch and diffusers", 0, 0)
    with quiet(), tempfile.TemporaryDirectory(prefix="animorch-bench-") as folder, ExitStack() as stack:
        import_libraries()
        place.require(device)
        told(f"making {size.name}: {size.told}", 0, 0)
        write_random(size, Path(folder), device, place.torch_dtype(dtype))
        spec = spec_of(size, Path(folder), **clip)
        threads = place.resolve_threads(None, spec.checkpoint.base)
        peers = [kind(spec, device, dtype, threads) for kind in peers_of(device, compiled)]
        for peer in peers:
            stack.callback(peer.close)
        starts = {peer.name: _started(peer, told) for peer in peers}
        times, frames = _rounds(peers, spec, repeat, told)
        flops = clip_flops(spec)
    card = place.facts(device)["device_name"]
    return Result(
        size=size.name,
        device=card,
        dtype=dtype,
        threads=threads if device == "cpu" else None,
        clip=clip,
        flops=flops,
        peak=peak_of(card) if dtype != "fp32" else None,
        libraries={name: place.installed(name) for name in ("torch", "diffusers")},
        figures=_figures(starts, times, frames, dtype),
        remarks=tuple(remarks),
    )


def _started(peer: Peer, told: Told) -> tuple[float, float]:
    doing = f"{peer.name}: loading"
    told(doing, 0, 0)
    return peer.start(partial(told, doing))


def _rounds(peers: list[Peer], spec: RenderSpec, repeat: int, told: Told) -> tuple[Times, dict[str, Any]]:
    """Seconds of each peer's clips, and the frames of its last."""
    times: Times = {peer.name: [] for peer in peers}
    frames: dict[str, Any] = {}
    for turn in range(repeat):
        for peer in peers[turn % len(peers) :] + peers[: turn % len(peers)]:
            doing = f"{peer.name}: clip {turn + 1} of {repeat}"
            told(doing, 0, 0)
            began = perf_counter()
            frames[peer.name] = peer.clip(spec, partial(told, doing))
            times[peer.name].append(perf_counter() - began)
    return times, frames


def _figures(
    starts: dict[str, tuple[float, float]], times: Times, frames: dict[str, Any], dtype: str
) -> tuple[Figure, ...]:
    """One for each peer, in the order that they were started."""
    first = frames[next(iter(starts))]
    apart = {name: _apart(first, frames[name]) for name in starts}
    _refuse_others(apart, dtype)
    return tuple(
        Figure(name, tuple(times[name]), load, start, apart[name]) for name, (load, start) in starts.items()
    )


def _apart(one: Any, other: Any) -> int:
    return int(abs(one.astype(int) - other.astype(int)).max())


def _refuse_others(apart: dict[str, int], dtype: str) -> None:
    """A clip of other pixels is no comparison."""
    if strangers := [f"{name} by {levels}" for name, levels in apart.items() if levels > _CLOSE[dtype]]:
        raise BackendError(
            f"bench compares renders of one clip, and frames differ from {next(iter(apart))}'s by more than "
            f"{_CLOSE[dtype]} of 255 levels in {dtype}: {', '.join(strangers)}; please report it"
        )
