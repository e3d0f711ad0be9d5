"""Warm between points: exactly the weights asked for, whatever was rendered before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from animorch_diffusers import DiffusersBackend
from rendering import render

from animorch import WeightsError


@pytest.fixture
def backend() -> Iterator[DiffusersBackend]:
    """A cold backend for each test."""
    made = DiffusersBackend(device="cpu", threads=1)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("first", "second"),
    [("motion_a", "motion_b"), ("motion_a", "motion_v1"), ("motion_v1.ckpt", "motion_b.ckpt")],
    ids=["same shapes", "v2 and v1", "v1 and v2 in the authors' layout"],
)
def test_motion_modules_in_turn_each_render_as_in_a_fresh_backend(
    spec, motion, backend, fresh, first, second
) -> None:
    specs = [spec(motion=motion(name)) for name in (first, second, first)]
    warm = [render(backend, asked).frames for asked in specs]
    assert not np.array_equal(warm[0], warm[1])
    for frames, asked in zip(warm, specs, strict=True):
        assert np.array_equal(frames, fresh(asked))


def test_a_file_replaced_under_the_same_path_is_read_again(
    spec, motion, backend, weights: Path, tmp_path: Path
) -> None:
    path = tmp_path / "module.safetensors"
    shutil.copy(weights / "motion_a.safetensors", path)
    asked = spec(motion=motion("m", path=str(path)))
    before = render(backend, asked).frames
    shutil.copy(weights / "motion_b.safetensors", path)
    assert not np.array_equal(render(backend, asked).frames, before)


def test_the_same_content_under_another_path_is_not_read_again(
    spec, motion, backend, weights: Path, tmp_path: Path
) -> None:
    render(backend, spec())
    held = backend._warm.ready(spec())
    shutil.copytree(weights / "motion_a", tmp_path / "copy")
    assert backend._warm.ready(spec(motion=motion("m", path=str(tmp_path / "copy")))) is held


def test_a_changed_prompt_seed_or_size_loads_nothing(spec, backend) -> None:
    render(backend, spec())
    held = backend._warm.ready(spec())
    render(backend, spec(prompt="a dog", seed=1, width=72, sampler="euler", schedule="karras", cfg=1))
    assert backend._warm.ready(spec()) is held


def test_the_checkpoint_is_read_once_for_many_motion_modules(spec, motion, backend) -> None:
    bases = []
    for name in ("motion_a", "motion_b", "motion_v1"):
        render(backend, spec(motion=motion(name)))
        bases.append(backend._warm._base[1])
    assert bases[0] is bases[1] is bases[2]


def test_no_weight_is_in_memory_twice(spec, backend) -> None:
    render(backend, spec())
    base, pipe = backend._warm._base[1], backend._warm.ready(spec()).pipe
    mine = {tensor.data_ptr() for tensor in pipe.unet.parameters()}
    assert {tensor.data_ptr() for tensor in base.unet.parameters()} <= mine


def test_another_checkpoint_renders_as_in_a_fresh_backend(spec, backend, fresh, tmp_path: Path) -> None:
    from animorch_diffusers.quiet import quiet

    with quiet():
        from tiny import write_checkpoint

        write_checkpoint(tmp_path / "other", seed=5)
    other = spec(checkpoint={"name": "other", "base": "sd15", "path": str(tmp_path / "other")})
    first, second, third = (render(backend, asked).frames for asked in (spec(), other, spec()))
    assert np.array_equal(first, third)
    assert not np.array_equal(first, second)
    assert np.array_equal(second, fresh(other))


def test_a_render_broken_off_leaves_the_next_clean(spec, backend, fresh) -> None:
    def stop(step: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.render(spec(motion_scale=2), stop)
    assert backend._warm is None
    assert np.array_equal(render(backend, spec()).frames, fresh(spec()))


def test_a_load_that_fails_midway_leaves_the_next_clean(
    spec, motion, backend, fresh, weights: Path, tmp_path: Path
) -> None:
    from tiny import write_truncated

    render(backend, spec())
    write_truncated(weights / "motion_b.ckpt", tmp_path / "bad.ckpt")
    with pytest.raises(WeightsError):
        render(backend, spec(motion=motion("bad", path=str(tmp_path / "bad.ckpt"))))
    assert backend._warm is None
    asked = spec(motion=motion("motion_b"))
    assert np.array_equal(render(backend, asked).frames, fresh(asked))


def test_close_lets_go_of_everything_and_can_be_repeated(spec, backend) -> None:
    render(backend, spec())
    backend.close()
    backend.close()
    assert backend._warm is None
