"""A run that is stopped and gone on with is the run that was not stopped, bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training import checkpoint  # noqa: E402
from options import run  # noqa: E402
from told import Told  # noqa: E402

MODES = ["base_vae", "base_image", "base_motion", "motion", "motion_lora", "style_lora"]


def equal(one: Path, other: Path) -> None:
    """Whether two runs' checkpoints hold the same numbers."""
    states = [checkpoint.load(folder) for folder in (one, other)]
    assert all(states)
    first, second = ({**state["values"], **_prefixed(state["average"])} for state in states if state)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def _prefixed(values: dict[str, Any]) -> dict[str, Any]:
    return {f"average.{name}": value for name, value in values.items()}


@pytest.mark.parametrize("mode", MODES)
def test_a_stopped_run_goes_on_as_the_uninterrupted_one(
    mode: str, weights: Path, small: Path, tmp_path: Path
) -> None:
    trainer = run(mode, weights, small)
    whole, parts = Told(), [Told(stop=2), Told(stop=5), Told()]
    trainer.train(tmp_path / "whole", "whole", whole)
    for told in parts[:2]:
        with pytest.raises(KeyboardInterrupt):
            trainer.train(tmp_path / "parts", "whole", told)
    trainer.train(tmp_path / "parts", "whole", parts[2])
    assert [step for told in parts for step in told.steps] == [1, 2, 3, 4, 5, 6]
    assert parts[0].losses | parts[1].losses | parts[2].losses == whole.losses
    equal(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("mode", ["base_motion", "motion"])
def test_two_batches_of_four_are_a_batch_of_eight(
    mode: str, weights: Path, small: Path, tmp_path: Path
) -> None:
    sizes = {"one": {"batch": 8, "accumulate": 1}, "two": {"batch": 4, "accumulate": 2}}
    told = {name: Told() for name in sizes}
    for name, size in sizes.items():
        run(mode, weights, small, steps=2, **size).train(tmp_path / name, name, told[name])
    assert told["one"].losses == pytest.approx(told["two"].losses, rel=1e-5)
    one, two = (checkpoint.load(tmp_path / name) for name in sizes)
    assert one is not None
    assert two is not None
    moments = [state["optimiser"]["state"] for state in (one, two)]
    for key in moments[0]:  # AdamW's first moment is the gradient's, and does not hide its size
        assert torch.allclose(moments[0][key]["exp_avg"], moments[1][key]["exp_avg"], rtol=1e-3, atol=1e-7)


def test_a_larger_batch_raises_the_rate_when_scale_lr_asks_for_it(small: Path, tmp_path: Path) -> None:
    told = {scale: Told() for scale in (False, True)}
    for scale in told:
        optimiser = {"learning_rate": 1e-4, "warmup": 0, "schedule": "constant", "scale_lr": scale}
        trainer = run("base_vae", small=small, steps=1, accumulate=2, optimiser=optimiser)
        trainer.train(tmp_path / str(scale), "x", told[scale])
    assert (told[False].rates[1], told[True].rates[1]) == pytest.approx((1e-4, 6e-4))
    moved = {scale: _moved(tmp_path / "start", tmp_path / str(scale), small) for scale in told}
    assert moved[True] == pytest.approx(6 * moved[False], rel=0.05)


def _moved(start: Path, folder: Path, small: Path) -> float:
    """How far one step went, as the largest change of a weight."""
    if not start.exists():
        optimiser = {"learning_rate": 1e-12, "warmup": 0}
        run("base_vae", small=small, steps=1, optimiser=optimiser).train(start, "x", Told())
    before, after = checkpoint.load(start), checkpoint.load(folder)
    assert before is not None
    assert after is not None
    return max(
        float((after["values"][name] - before["values"][name]).abs().max()) for name in after["values"]
    )


KILLED = """
import json, os, signal, sys
from pathlib import Path
import animorch_diffusers as plugin
from told import Told

class Killed(Told):
    def progress(self, step, total, numbers):
        if step == {step}:
            os.kill(os.getpid(), signal.SIGKILL)

cls = {{cls.name: cls for cls in plugin.animorch_trainers()}}["motion"]
cls.model_validate(json.loads(sys.argv[1])).train(Path(sys.argv[2]), "x", Killed())
"""


def test_a_killed_run_goes_on_as_the_uninterrupted_one(weights: Path, tmp_path: Path) -> None:
    trainer = run("motion", weights, checkpoint_every=2)
    options = trainer.model_dump_json()
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(step=5), options, str(tmp_path / "killed")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    state = checkpoint.load(tmp_path / "killed")
    assert state is not None
    assert state["step"] == 4
    trainer.train(tmp_path / "killed", "x", Told())
    trainer.train(tmp_path / "whole", "x", Told())
    equal(tmp_path / "killed", tmp_path / "whole")
    assert json.loads(options)["checkpoint_every"] == 2


def test_a_run_goes_on_to_more_steps(weights: Path, tmp_path: Path) -> None:
    constant = {"learning_rate": 1e-3, "warmup": 0, "schedule": "constant"}
    for steps in (2, 4):
        run("motion", weights, steps=steps, optimiser=constant).train(tmp_path / "more", "x", Told())
    run("motion", weights, steps=4, optimiser=constant).train(tmp_path / "whole", "x", Told())
    equal(tmp_path / "more", tmp_path / "whole")


def test_validation_clips_leave_training_as_it_was(weights: Path, tmp_path: Path) -> None:
    wanted = {"prompts": ["a red star"], "every": 2, "frames": 4, "steps": 2}
    shown, plain = Told(), Told()
    run("motion", weights, validation=wanted).train(tmp_path / "shown", "x", shown)
    run("motion", weights).train(tmp_path / "plain", "x", plain)
    assert sorted(shown.clips) == [(step, "00_a_red_star") for step in (0, 2, 4, 6)]
    assert shown.clips[0, "00_a_red_star"].frames.shape == (4, 64, 64, 3)
    assert shown.losses == plain.losses
    equal(tmp_path / "shown", tmp_path / "plain")


def test_ctrl_c_waits_until_weights_and_average_have_moved_together() -> None:
    from animorch_diffusers.training.interrupt import uninterrupted

    done = []

    def step() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done


@pytest.mark.parametrize("mode", ["base_image", "motion"])
def test_a_loss_that_is_no_number_ends_the_run_and_keeps_its_checkpoint(
    mode: str, weights: Path, small: Path, tmp_path: Path
) -> None:
    from animorch import TrainingError

    wild = {"learning_rate": 1e30, "warmup": 0, "schedule": "constant", "max_grad_norm": 1e30}
    trainer = run(mode, weights, small, steps=9, optimiser=wild, checkpoint_every=1)
    with pytest.raises(TrainingError, match=r"the loss of step \d is (nan|inf); the last checkpoint is kept"):
        trainer.train(tmp_path, "x", Told())
    assert checkpoint.load(tmp_path) is not None


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    from animorch import WeightsError

    (tmp_path / "state.pt").write_bytes(b"half a file")
    with pytest.raises(WeightsError, match=r"state\.pt cannot be read"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_checkpointed_gradients_are_the_same(precision: str, weights: Path, tmp_path: Path) -> None:
    told = {flag: Told() for flag in (False, True)}
    for flag in told:
        trainer = run("motion", weights, steps=2, precision=precision, gradient_checkpointing=flag)
        trainer.train(tmp_path / str(flag), "x", told[flag])
    assert told[False].losses == pytest.approx(told[True].losses, rel=1e-4)


def test_another_number_of_processes_is_told_on_resume(weights: Path, tmp_path: Path) -> None:
    trainer = run("motion_lora", weights, steps=1)
    trainer.train(tmp_path, "mine", Told())
    state = checkpoint.load(tmp_path)
    assert state is not None
    checkpoint.save(tmp_path, state | {"processes": 2})
    told = Told()
    run("motion_lora", weights, steps=2).train(tmp_path, "mine", told)
    assert told.notes == [
        "2 processes trained so far and 1 go on: a step now takes 3 samples, in another order"
    ]
