from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from animorch import Lora, RenderSpec
from animorch.testing import small_spec


@given(some.integers(0, 2**64 - 1))
def test_a_seed_of_64_bits_survives_as_number_and_as_text(seed: int) -> None:
    assert small_spec(seed=seed).seed == small_spec(seed=str(seed)).seed == seed


@pytest.mark.parametrize("seed", [-1, "-1", -99])
def test_a_random_seed_is_refused_with_what_to_write_instead(seed: Any) -> None:
    with pytest.raises(ValidationError, match=r"seed=range\(0,4\)"):
        small_spec(seed=seed)


@pytest.mark.parametrize("seed", [2**64, "18446744073709551616", "lucky", None, 1.5])
def test_what_is_no_64_bit_seed_is_refused(seed: Any) -> None:
    with pytest.raises(ValidationError):
        small_spec(seed=seed)


def test_a_module_for_another_base_is_refused_by_name() -> None:
    with pytest.raises(ValidationError) as caught:
        small_spec(motion={"name": "sdxl_beta", "base": "sdxl"})
    for word in ("motion=sdxl_beta", "checkpoint=sd15", "sdxl", "sd15"):
        assert word in str(caught.value)


def test_more_frames_than_the_table_need_a_window() -> None:
    with pytest.raises(ValidationError, match=r"frames=33 is more than the 32 .* window\.length=16"):
        small_spec(frames=33)
    assert small_spec(frames=33, window={"length": 16, "overlap": 4}).frames == 33
    assert small_spec(frames=32).frames == 32


def test_a_window_longer_than_the_table_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"window\.length=33 is more than the 32"):
        small_spec(frames=64, window={"length": 33, "overlap": 4})


def test_a_module_without_a_table_takes_any_number_of_frames() -> None:
    assert small_spec(motion={"name": "local", "base": "sd15"}, frames=400).frames == 400


def test_a_window_without_a_length_is_no_window() -> None:
    assert small_spec(window={"length": None, "overlap": 4}).window is None


@pytest.mark.parametrize(
    ("words", "path", "name", "weight"),
    [
        ("style.safetensors:0.8", "style.safetensors", "style.safetensors", 0.8),
        ("loras/style.safetensors", "loras/style.safetensors", "style.safetensors", 1.0),
        ("a/b.safetensors:-1", "a/b.safetensors", "b.safetensors", -1.0),
        ("C:/loras/b.safetensors", "C:/loras/b.safetensors", "b.safetensors", 1.0),
        ("C:/loras/b.safetensors:2", "C:/loras/b.safetensors", "b.safetensors", 2.0),
        ("odd:name.safetensors", "odd:name.safetensors", "odd:name.safetensors", 1.0),
    ],
)
def test_a_lora_in_short_is_its_path_and_weight(words: str, path: str, name: str, weight: float) -> None:
    assert Lora.model_validate(words) == Lora(path=path, name=name, weight=weight)


def test_a_hub_lora_is_named_after_its_repository() -> None:
    assert Lora.model_validate({"repo": "somebody/zoom-in"}).name == "zoom-in"


@pytest.mark.parametrize("path", ["", {"path": "", "name": "x"}])
def test_an_empty_path_is_refused_and_never_means_the_working_folder(path: Any) -> None:
    with pytest.raises(ValidationError):
        Lora.model_validate(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt_travel": {99: "late"}},
        {"prompt_travel": ["a", "b"]},
        {"prompt_travel": "a"},
        {"frames": None, "prompt_travel": {0: "a"}},
        {"frames": "many", "prompt_travel": {0: "a"}},
        {"cfg": "high"},
        {"sampler": "Euler, A"},
        {"stepps": 3},
    ],
)
def test_anything_wrong_is_a_validation_error_and_nothing_worse(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        small_spec(**wrong)


def test_frames_as_text_count_for_travel_too() -> None:
    assert small_spec(frames="8", prompt_travel={"100%": "end"}).prompt_travel == {7: "end"}


def test_a_spec_survives_json() -> None:
    spec = small_spec(
        seed=2**64 - 1,
        prompt_travel={0: "a", "50%": "b"},
        window={"length": 4, "overlap": 1},
        loras=["a:0.5"],
    )
    assert RenderSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(("cfg", "calls"), [(7.5, 8), (1.0, 4), (0.0, 4)])
def test_guidance_doubles_the_unet_calls_unless_it_is_off(cfg: float, calls: int) -> None:
    assert small_spec(steps=4, cfg=cfg).unet_calls == calls


def test_windows_multiply_the_unet_calls() -> None:
    window = {"length": 16, "overlap": 4, "closed_loop": True}
    assert small_spec(frames=64, steps=1, cfg=7, window=window).unet_calls == 12
