"""A poisoned server is healed before anything else is asked of it, or no longer used."""

from __future__ import annotations

import httpx
import pytest
from a1111_session import clips, is_right, quiet, restored, session, spec

from animorch import BackendError
from tests.doubles.a1111 import Double
from tests.doubles.a1111.stock import Stock

OTHER = {"name": "other", "base": "sd15"}
FIRST = 2  # the number of a session's first clip: it looks at the server's health before


def poison(double: Double) -> None:
    """Somebody's request that leaves motion modules behind: fps 0."""
    args = {"enable": True, "model": "v15_v2.safetensors", "video_length": 2, "batch_size": 2, "fps": 0}
    body = {"steps": 2, "width": 32, "height": 32, "alwayson_scripts": {"AnimateDiff": {"args": [args]}}}
    assert httpx.post(f"{double.url}/sdapi/v1/txt2img", json=body).status_code == 500
    assert double.state.poisoned


@pytest.mark.parametrize("fault", ["einops", "travel_lost"])
def test_poison_in_the_middle_of_a_sweep_is_healed_and_later_points_are_right(fault: str) -> None:
    with Double(f"{fault}:{FIRST + 1}") as double, session(double) as backend:
        assert is_right(backend.render(spec(), quiet), double)
        with pytest.raises(BackendError):
            backend.render(spec(seed=1), quiet)
        assert not double.state.poisoned
        assert is_right(backend.render(spec(seed=2, checkpoint=OTHER), quiet), double)
        assert is_right(backend.render(spec(seed=3), quiet), double)
        assert not double.state.corrupt
    assert restored(double)


def test_a_server_found_poisoned_is_healed_before_its_checkpoint_is_switched() -> None:
    with Double() as double:
        poison(double)
        with session(double) as backend:
            assert is_right(backend.render(spec(checkpoint=OTHER), quiet), double)
        assert not double.state.corrupt
        assert restored(double)


def test_a_checkpoint_that_somebody_loaded_into_a_poisoned_server_is_loaded_again() -> None:
    with Double() as double:
        poison(double)
        httpx.post(f"{double.url}/sdapi/v1/options", json={"sd_model_checkpoint": "other.safetensors"})
        assert double.state.corrupt
        with session(double) as backend:
            assert is_right(backend.render(spec(checkpoint=OTHER), quiet), double)
        assert not double.state.corrupt


def test_a_server_that_somebody_poisons_meanwhile_is_healed_before_its_checkpoint_is_switched() -> None:
    with Double() as double, session(double) as backend:
        assert is_right(backend.render(spec(), quiet), double)
        poison(double)
        assert is_right(backend.render(spec(checkpoint=OTHER), quiet), double)
        assert not double.state.corrupt


def test_a_vae_that_breaks_every_picture_fails_its_own_point_alone() -> None:
    with Double(stock=Stock(vaes=("nan.pt",))) as double, session(double) as backend:
        with pytest.raises(BackendError, match="NaN"):
            backend.render(spec(vae={"name": "nan"}), quiet)
        assert is_right(backend.render(spec(), quiet), double)


def test_when_healing_fails_the_server_is_closed_and_further_points_fail_at_once() -> None:
    with Double(f"unhealable,einops:{FIRST}") as double, session(double) as backend:
        with pytest.raises(BackendError, match="restart the web UI"):
            backend.render(spec(), quiet)
        before = len(double.jobs)
        for seed in range(3):
            with pytest.raises(BackendError, match="restart the web UI"):
                backend.render(spec(seed=seed, checkpoint=OTHER), quiet)
        assert len(double.jobs) == before
        assert double.state.file == "sd15.safetensors", "no checkpoint is loaded into a poisoned UNet"


def test_after_a_failed_healing_options_are_given_back_all_the_same() -> None:
    with Double(f"unhealable,einops:{FIRST}") as double:
        with session(double) as backend, pytest.raises(BackendError):
            backend.render(spec(), quiet)
        assert restored(double)


def test_the_other_server_goes_on_when_one_cannot_be_healed() -> None:
    with Double(f"unhealable,einops:{FIRST}") as one, Double() as two, session(one, two) as backend:
        outcomes = []
        for seed in range(4):
            try:
                outcomes.append(is_right(backend.render(spec(seed=seed), quiet), two))
            except BackendError as error:
                outcomes.append("restart" in str(error))
        assert all(outcomes)
        assert len(clips(one)) == 1
        assert len(clips(two)) == 3


def test_without_healing_a_poisoned_server_is_used_no_further() -> None:
    with Double(f"einops:{FIRST}") as double, session(double, heal=False) as backend:
        with pytest.raises(BackendError, match="heal=true"):
            backend.render(spec(), quiet)
        with pytest.raises(BackendError, match="heal=true"):
            backend.render(spec(seed=1), quiet)
        assert len(clips(double)) == 1


def test_without_healing_a_server_that_is_found_poisoned_is_left_alone() -> None:
    with Double() as double:
        poison(double)
        with (
            session(double, heal=False) as backend,
            pytest.raises(BackendError, match=r"EinopsError.*heal=true"),
        ):
            backend.render(spec(), quiet)
        assert double.state.poisoned
        assert len(clips(double)) == 1, "that which poisoned it"
        assert restored(double)


def test_a_server_that_can_make_no_picture_at_all_is_not_called_poisoned() -> None:
    with Double("nan") as double, session(double) as backend:
        with pytest.raises(BackendError, match=r"cannot make a plain picture.*NansException") as raised:
            backend.render(spec(), quiet)
        assert "keeps motion modules" not in str(raised.value)


@pytest.mark.parametrize("version", ["v2", "v1.13.1"])
def test_a_missing_module_is_a_failed_point_and_the_next_one_is_right(version: str) -> None:
    missing = {"name": "nowhere", "base": "sd15"}
    with Double(version=version) as double, session(double) as backend:
        with pytest.raises(BackendError, match="nowhere"):
            backend.render(spec(motion=missing), quiet)
        assert is_right(backend.render(spec(), quiet), double)
