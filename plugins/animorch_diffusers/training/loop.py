"""Loop: the training loop, the same for every stage.

Everything random is a function of the seed and of the place in the run (batch.py), so the only state is
what a checkpoint holds: the step, what learns, the optimiser's state, the average, and losses not yet told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import torch

from animorch import Report, TrainingError, WeightsError
from animorch_diffusers.training import checkpoint
from animorch_diffusers.training.accelerator import accelerator_of, kernels
from animorch_diffusers.training.average import Average
from animorch_diffusers.training.batch import Batch, batch_seed
from animorch_diffusers.training.interrupt import uninterrupted
from animorch_diffusers.training.optimiser import optimiser_of, rate
from animorch_diffusers.training.run import RESULT, Run
from animorch_diffusers.training.stage import Stage
from animorch_diffusers.training.validation import Studio, validate


@dataclass
class Training:
    """A run while it goes on. network and optimiser: the stage and its optimiser as accelerate wraps them."""

    run: Run
    folder: Path
    report: Report
    accelerator: Any
    stage: Stage
    learning: dict[str, torch.nn.Parameter]
    network: Any
    optimiser: Any
    average: Average
    studio: Studio | None
    step: int = 0
    losses: list[float] = field(default_factory=list)  # since the last line of the log


def train(run: Run, begin: Callable[[Any], Stage], folder: Path, report: Report) -> None:
    """Train from the folder's checkpoint, or from the beginning, to run.steps, and export what was made."""
    now = _begun(run, begin, folder, report)
    _resume(now)
    if now.step == 0:
        _validate(now)
    if now.step >= run.steps:
        _export(now)
    try:
        while now.step < run.steps:
            now.losses.append(_gradients(now))
            with uninterrupted():
                _advance(now)
            _tell(now)
            if now.step == run.steps or now.step % run.checkpoint_every == 0:
                _save(now)
                _export(now)
            _validate(now)
    except KeyboardInterrupt:
        _save(now)
        raise
    if now.accelerator.num_processes > 1:
        now.accelerator.end_training()  # so that none leaves while another still listens


def _begun(run: Run, begin: Callable[[Any], Stage], folder: Path, report: Report) -> Training:
    accelerator = accelerator_of(run)
    torch.manual_seed(run.seed)  # new parts begin at random
    with accelerator.main_process_first():  # which keeps latents for the others
        stage = begin(accelerator.device).train()
    learning = stage.learning()
    network, optimiser = accelerator.prepare(stage, optimiser_of(run.optimiser, learning.values()))
    average = Average(run.ema, learning)
    return Training(
        run, folder, report, accelerator, stage, learning, network, optimiser, average, stage.studio()
    )


def _gradients(now: Training) -> float:
    """Gradients of one step, over its batches and processes; the mean loss."""
    run, accelerator = now.run, now.accelerator
    processes = accelerator.num_processes
    now.optimiser.zero_grad(set_to_none=True)
    total = 0.0
    for part in range(run.accumulate):
        number = (now.step * run.accumulate + part) * processes + accelerator.process_index
        torch.manual_seed(batch_seed(run.seed, number))
        with accelerator.accumulate(now.network), kernels(accelerator.device):
            loss = now.network(Batch(number, run.batch, run.batch * run.accumulate * processes))
            accelerator.backward(loss)  # divides by run.accumulate
        total += float(accelerator.reduce(loss.detach(), "mean")) / run.accumulate
    if not isfinite(total):
        raise TrainingError(
            f"the loss of step {now.step + 1} is {total}; the last checkpoint is kept; lower "
            "optimiser.learning_rate, or set precision=fp32"
        )
    return total


def _advance(now: Training) -> None:
    """Weights, optimiser and average move on by one step, together."""
    now.accelerator.clip_grad_norm_(now.learning.values(), now.run.optimiser.max_grad_norm)
    for group in now.optimiser.param_groups:
        group["lr"] = rate(now.run, now.step, now.accelerator.num_processes)
    now.optimiser.step()
    now.average.update(now.step)
    now.step += 1


def _tell(now: Training) -> None:
    """Progress; with numbers at the log's cadence, the loss as the mean since the last."""
    numbers: dict[str, float] = {}
    if now.step % now.run.log_every == 0 or now.step == now.run.steps:
        numbers["loss"] = sum(now.losses) / len(now.losses)
        numbers["rate"] = rate(now.run, now.step - 1, now.accelerator.num_processes)
        now.losses.clear()
    if now.accelerator.is_main_process:
        now.report.progress(now.step, now.run.steps, numbers)


def _validate(now: Training) -> None:
    """Clips at their cadence. Weights are afterwards as they were, and each batch seeds its own chance."""
    if now.studio is None or now.step % now.studio.wanted.every:
        return
    if now.accelerator.is_main_process:
        now.stage.eval()
        with now.average.worn(), now.accelerator.autocast():
            validate(now.studio, now.step, now.report)
        now.stage.train()
    now.accelerator.wait_for_everyone()


def _save(now: Training) -> None:
    """A checkpoint, by the first process alone."""
    if not now.accelerator.is_main_process:
        return
    values = {name: value.detach() for name, value in now.learning.items()}
    state = {"step": now.step, "losses": now.losses, "values": values, "average": now.average.values}
    state["optimiser"] = now.optimiser.state_dict()
    state["processes"] = now.accelerator.num_processes
    if now.accelerator.scaler is not None:
        state["scaler"] = now.accelerator.scaler.state_dict()
    checkpoint.save(now.folder, state)


def _export(now: Training) -> None:
    """The result as it stands, with the averaged weights."""
    if now.accelerator.is_main_process:
        now.stage.export(now.folder / RESULT, now.average.values)
    now.accelerator.wait_for_everyone()


def _resume(now: Training) -> None:
    """Put the last checkpoint's state in place, where there is one."""
    state = checkpoint.load(now.folder)
    if state is None:
        return
    if state["values"].keys() != now.learning.keys():
        raise WeightsError(
            f"the checkpoint in {now.folder} is of a training in which other weights learn; give this one "
            "another name, or begin again with force=true"
        )
    before, processes = state.get("processes", 1), now.accelerator.num_processes
    if before != processes:
        now.report.note(
            f"{before} processes trained so far and {processes} go on: a step now takes "
            f"{now.run.batch * now.run.accumulate * processes} samples, in another order"
        )
    with torch.no_grad():
        for name, value in state["values"].items():
            now.learning[name].copy_(value)
    now.optimiser.load_state_dict(state["optimiser"])
    now.average.restore(state["average"])
    if now.accelerator.scaler is not None and "scaler" in state:
        now.accelerator.scaler.load_state_dict(state["scaler"])
    now.step, now.losses = int(state["step"]), list(state.get("losses", []))
