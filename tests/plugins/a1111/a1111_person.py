"""Somebody who talks to a double over HTTP, and what came back."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
from PIL import Image

from tests.doubles.a1111 import Double

TXT2IMG = "/sdapi/v1/txt2img"


def asked(*, args: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A request for 4 frames of 64 x 64."""
    clip = {"model": "v15_v2.safetensors", "enable": True, "video_length": 4, "batch_size": 4}
    dressed = clip | {"format": ["GIF", "Frame"]} | (args or {})
    usual = {"prompt": "a cat", "steps": 4, "width": 64, "height": 64, "seed": 5, "sampler_name": "Euler"}
    return usual | {"alwayson_scripts": {"AnimateDiff": {"args": [dressed]}}} | fields


def raw(args: Any, **fields: Any) -> dict[str, Any]:
    """A request whose AnimateDiff arguments are these, whatever their shape."""
    return asked(**fields) | {"alwayson_scripts": {"AnimateDiff": {"args": args}}}


PLAIN = asked() | {"alwayson_scripts": {}}


class Person:
    """Somebody with an HTTP client."""

    def __init__(self, double: Double, client: httpx.Client) -> None:
        self.double, self.client = double, client

    def get(self, name: str) -> Any:
        return self.client.get(f"/sdapi/v1/{name}").json()

    def post(self, name: str, body: Any) -> httpx.Response:
        return self.client.post(f"/sdapi/v1/{name}", json=body)

    def make(self, body: Any) -> Reply:
        return Reply(self.post("txt2img", body))

    def options(self, **changes: Any) -> httpx.Response:
        return self.post("options", changes)


class Reply:
    """A reply, its pictures decoded."""

    def __init__(self, response: httpx.Response) -> None:
        self.status, self.json = response.status_code, response.json()
        self.info = json.loads(self.json["info"]) if self.status == 200 else {}
        self.extra = self.info.get("extra_generation_params", {})
        self.files = [base64.b64decode(one) for one in self.json.get("images", ())]

    @property
    def kinds(self) -> list[str]:
        names = {b"GIF8": "gif", b"RIFF": "webp", b"\x89PNG": "png", b"\x1aE\xdf\xa3": "webm"}
        return [names.get(one[:4], "mp4" if one[4:8] == b"ftyp" else "?") for one in self.files]

    @property
    def frames(self) -> Any:
        """(T, H, W, 3) out of the PNGs."""
        pairs = zip(self.kinds, self.files, strict=True)
        return np.stack([np.asarray(Image.open(io.BytesIO(one))) for kind, one in pairs if kind == "png"])

    @property
    def error(self) -> str:
        return str(self.json.get("error"))


@contextmanager
def somebody(mood: str = "fast", **options: Any) -> Iterator[Person]:
    with Double(mood, **options) as double, httpx.Client(base_url=double.url, timeout=20) as client:
        yield Person(double, client)


def same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def until(true: Callable[[], Any]) -> None:
    """Wait until something is true, two seconds at most."""
    for _ in range(400):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError("it did not come")
