"""The same against a real server, by hand:

ANIMORCH_A1111_URL=http://127.0.0.1:7860 ANIMORCH_A1111_MOTION=mm_sd15_v3.safetensors pytest -k a1111_real

MOTION is the file of a module that fits the loaded checkpoint. A few frames of 64 x 64 are rendered; options
are given back. Clips that the extension saves stay in the server's output folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from a1111_session import quiet
from animorch_a1111.backend import A1111Backend
from animorch_a1111.options import CHECKPOINT
from PIL import Image

from animorch import BackendError, RenderSpec
from animorch.testing.material import same, small_spec

URL = os.environ.get("ANIMORCH_A1111_URL", "")
LOGIN = {name: os.environ.get(name, "") for name in ("ANIMORCH_A1111_AUTH", "ANIMORCH_A1111_HEADERS")}
MOTION = os.environ.get("ANIMORCH_A1111_MOTION", "mm_sd15_v3.safetensors")
if not URL:
    pytest.skip("ANIMORCH_A1111_URL names no server", allow_module_level=True)

FIELDS: dict[str, Any] = {
    "prompt": "an old tram in the snow",
    "negative_prompt": "text, frame",
    "steps": 3,
    "cfg": 4.5,
    "sampler": "euler",
    "schedule": "karras",
    "seed": 1,
    "width": 72,
    "height": 56,
    "frames": 6,
    "clip_skip": 2,
    "window": {"length": 2, "overlap": 1},
    "freeinit": {"iterations": 2},
    "motion_scale": 1.4,
    "negative_travel": {0: "text", 2: "frame"},
    "group_norm": "clip",
    "freenoise": {"length": 2, "stride": 1},
}


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[A1111Backend]:
    """A session on the server, which must leave its options as they were."""
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    made = A1111Backend(url=URL, models={"v15_v2": MOTION, "nowhere": "nowhere.safetensors"}, timeout=600)
    before = made._workers().workers[0].options()
    yield made
    made.close()
    after = A1111Backend(url=URL)._workers().workers[0].options()
    assert after == before


def spec(backend: A1111Backend, **changes: Any) -> RenderSpec:
    """4 frames of 64 x 64 in 2 steps of the checkpoint that is loaded."""
    loaded = str(backend._workers().workers[0].options()[CHECKPOINT])
    base = {
        "checkpoint": {"name": loaded.partition(" [")[0], "base": "sd15"},
        "motion": {"name": "v15_v2", "base": "sd15"},
        "width": 64,
        "height": 64,
        "frames": 4,
        "steps": 2,
        "cfg": 2.0,
    }
    return small_spec(**(base | changes))


def test_the_doctor_finds_nothing_bad(backend: A1111Backend) -> None:
    bad = [finding for finding in backend.examine([spec(backend)]) if finding.good is False]
    assert not bad, bad


def test_a_clip_is_rendered_and_rendered_again_alike(backend: A1111Backend) -> None:
    first, again = (backend.render(spec(backend), quiet) for _ in range(2))
    assert first.frames.shape == (4, 64, 64, 3)
    assert same(first, again)
    assert backend.attachments()["a1111_infotext.txt"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_changes_the_clip_or_is_refused(backend: A1111Backend, field: str) -> None:
    asked = spec(backend, **{field: FIELDS[field]})
    if not backend.preflight([asked])[0]:
        assert not same(backend.render(asked, quiet), backend.render(spec(backend), quiet))


def test_travel_and_a_picture_to_start_from_are_honoured_or_refused(
    backend: A1111Backend, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "photo.png")
    changes = (
        {"prompt_travel": {0: "a red kite", 2: "a paper boat"}, "travel": {"blend": "slerp"}},
        {"init": {"path": str(tmp_path / "photo.png"), "strength": 0.6}},
    )
    usual = backend.render(spec(backend), quiet)
    for change in changes:
        asked = spec(backend, **change)
        if not backend.preflight([asked])[0]:
            assert not same(usual, backend.render(asked, quiet))


def test_a_missing_module_fails_and_the_next_clip_is_right(backend: A1111Backend) -> None:
    right = backend.render(spec(backend), quiet)
    with pytest.raises(BackendError, match="nowhere"):
        backend.render(spec(backend, motion={"name": "nowhere", "base": "sd15"}), quiet)
    assert same(right, backend.render(spec(backend), quiet))


def test_a_server_poisoned_by_somebody_is_healed(backend: A1111Backend) -> None:
    args = {"enable": True, "model": MOTION, "video_length": 2, "batch_size": 2, "fps": 0}
    body = {"steps": 1, "width": 64, "height": 64, "alwayson_scripts": {"AnimateDiff": {"args": [args]}}}
    auth = tuple(LOGIN["ANIMORCH_A1111_AUTH"].split(":", 1)) if LOGIN["ANIMORCH_A1111_AUTH"] else None
    httpx.post(f"{URL}/sdapi/v1/txt2img", json=body, timeout=600, auth=auth)  # type: ignore[arg-type]
    assert len(backend.render(spec(backend), quiet)) == 4


def test_an_interrupt_stops_it_and_the_next_clip_is_right(backend: A1111Backend) -> None:
    def at_two(step: int, total: int) -> None:
        if step >= 2:
            raise KeyboardInterrupt

    right = backend.render(spec(backend), quiet)
    with pytest.raises(KeyboardInterrupt):
        backend.render(spec(backend, steps=200), at_two)
    assert not backend._workers().workers[0].server.state().busy
    assert same(right, backend.render(spec(backend), quiet))
