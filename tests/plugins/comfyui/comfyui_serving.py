"""Serving: backends in a hurry, specs that a double can render, and the pixels that it will give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from animorch_comfyui import ComfyUIBackend

from animorch import Clip, RenderSpec
from animorch.testing import small_spec
from tests.doubles.comfyui import Double
from tests.doubles.comfyui.pictures import frames

MODELS = {
    "sd15": "v1-5-pruned-emaonly.safetensors",
    "v15_v2": "mm_sd_v15_v2.ckpt",
    "v14": "mm_sd_v15.ckpt",
    "film_grain": "detail.safetensors",
    "zoom_in": "v2_lora_ZoomIn.ckpt",
    "canny": "control_v11p_sd15_openpose.pth",
    "rgb": "v3_sd15_sparsectrl_rgb.ckpt",
    "plus": "ip-adapter-plus_sd15.safetensors",
}
HURRY: Mapping[str, Any] = {
    "models": MODELS,
    "poll": 0.05,
    "backoff": 0.01,
    "answer": 2.0,
    "timeout": 20.0,
    "patience": 10.0,
}


def hurried(*servers: Double | str, **options: Any) -> ComfyUIBackend:
    """A backend that waits for milliseconds where a person's waits for seconds."""
    urls = [server if isinstance(server, str) else server.url for server in servers]
    return ComfyUIBackend.model_validate({**HURRY, "urls": urls} | options)


def tiny(**changes: Any) -> RenderSpec:
    """Four frames of 64 x 64, two steps."""
    return small_spec(**{"steps": 2, "width": 64, "height": 64, "frames": 4} | changes)


def right(clip: Clip, server: Double, spec: RenderSpec) -> bool:
    """Whether it is what some job of the server for exactly this spec's prompt and seed gives."""
    keys = {
        server.key(job.graph, job.graph["frames"]["inputs"]["images"][0])
        for job in server.jobs
        if asks(job.graph, spec)
    }
    return any(np.array_equal(clip.frames, expected(key, spec)) for key in keys)


def asks(graph: Mapping[str, Any], spec: RenderSpec) -> bool:
    """Whether a graph is for this prompt and seed."""
    texts = {node["inputs"].get("text") for node in graph.values()}
    return spec.prompt in texts and graph["sampler"]["inputs"]["seed"] == spec.seed


def expected(key: str, spec: RenderSpec) -> Any:
    return np.stack(frames(key, spec.frames, spec.width, spec.height))


def quiet(step: int, total: int) -> None:
    """A progress that nobody looks at."""


def renders(servers: Iterable[Double]) -> int:
    return sum(sum(server.renders.values()) for server in servers)


def together(backend: ComfyUIBackend, specs: Sequence[RenderSpec]) -> list[Clip | BaseException]:
    """Render them side by side, as many as the backend has lanes; what each ended with."""
    with ThreadPoolExecutor(backend.lanes()) as pool:
        return [_end(future) for future in [pool.submit(backend.render, spec, quiet) for spec in specs]]


def _end(future: Future[Clip]) -> Clip | BaseException:
    error = future.exception()
    return future.result() if error is None else error
