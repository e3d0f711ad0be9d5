"""The command line: every input can be named in words, and a table without its switch is off."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from animorch import RenderSpec, composed
from animorch.config.compose import composer
from animorch.errors import UsageError


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    for name in ("photo.png", "mask.png"):
        Image.new("RGB", (64, 64), "white").save(tmp_path / name)
    return "photo.png"


def test_every_field_of_a_clip_can_be_set_on_the_command_line() -> None:
    with composer() as compose:
        known = compose.values([])
    assert set(RenderSpec.model_fields) <= known.keys()


def test_what_nobody_asked_for_is_off() -> None:
    spec = composed().spec
    off = ("init", "mask", "sparse_control", "freeinit", "freenoise", "window", "vae", "travel", "group_norm")
    assert not any(getattr(spec, field) for field in off)
    assert not any(getattr(spec, field) for field in ("controlnets", "ip_adapters", "regions", "embeddings"))


@pytest.mark.parametrize(
    "words", [["init=photo.png"], ["init.path=photo.png"], ["init={path: photo.png, strength: 0.8}"]], ids=str
)
def test_an_init_is_named_in_any_form(photo, words) -> None:
    init = composed(words).spec.init
    assert init is not None
    assert (init.path, init.strength) == (photo, 0.8)


def test_strength_and_mask_are_set_beside_the_init(photo) -> None:
    spec = composed(["init.path=photo.png", "init.strength=0.5", "mask=mask.png"]).spec
    assert spec.init is not None
    assert spec.mask is not None
    assert (spec.init.strength, spec.mask.path) == (0.5, "mask.png")


def test_a_strength_without_an_init_is_refused(photo) -> None:
    with pytest.raises(UsageError, match=r"init\.strength=0\.5 has no effect without init\.path"):
        composed(["init.strength=0.5"])


def test_networks_are_named_in_braces() -> None:
    words = (
        "controlnets=[{name: canny, path: a.safetensors, pictures: edges.mp4, weight: 0.7}]",
        "sparse_control={name: rgb, path: b.ckpt, keyframes: {0: first.png, -1: last.png}}",
        "ip_adapters=[{name: plus, path: c.safetensors, images: [look.png]}]",
    )
    with composer() as compose:
        values = compose.values(words)
    spec = RenderSpec.model_validate(
        {key: values[key] for key in RenderSpec.model_fields if values[key] is not None}
    )
    assert spec.controlnets[0].weight == 0.7
    assert spec.sparse_control is not None
    assert spec.sparse_control.keyframes == {0: "first.png", -1: "last.png"}
    assert spec.ip_adapters[0].images == ("look.png",)


def test_noise_and_travel_are_switched_on_by_their_keys() -> None:
    spec = composed(["freeinit.iterations=2", "window.length=8"]).spec
    assert spec.freeinit is not None
    assert spec.window is not None
    assert (spec.freeinit.iterations, spec.window.length) == (2, 8)
    travel = composed(["travel.blend=slerp", "prompt_travel={0: a, 8: b}"]).spec.travel
    assert travel is not None
    assert travel.blend == "slerp"


def test_a_vae_is_named_by_its_file() -> None:
    spec = {"checkpoint": {"name": "c", "base": "sd15"}, "motion": {"name": "m", "base": "sd15"}}
    vae = RenderSpec.model_validate(spec | {"vae": "models/mse.safetensors"}).vae
    assert vae is not None
    assert (vae.name, vae.path) == ("mse.safetensors", "models/mse.safetensors")
