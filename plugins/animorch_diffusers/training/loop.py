"""Loop: the training loop, the same for every stage."""

from __future__ import annotations

import json
import time
from math import cos, pi
from typing import Any, Protocol

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from animorch_diffusers.training import checkpoint
from animorch_diffusers.training.average import Average
from animorch_diffusers.training.batch import step_seed
from animorch_diffusers.training.recipe import Optimiser, Run

Tensor = Any


class Stage(Protocol):
    """What is trained, and how wrong it is on a step's batch."""

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Those that learn, by names that stay the same from run to run."""

    def loss(self, micro: int) -> Tensor:
        """Scalar loss of batch number `micro`; its chance comes from torch's global generator."""

    def export(self, values: dict[str, Tensor]) -> None:
        """Write the finished parts with these parameter values."""


def train(run: Run, stage: Stage, until: int | None = None) -> list[float]:
    """Train from the last checkpoint to run.steps (or `until`); returns the losses of these steps."""
    if run.threads is not None:
        torch.set_num_threads(run.threads)
    learning = stage.parameters()
    optimiser = torch.optim.AdamW(
        list(learning.values()),
        lr=1.0,  # set before each step
        betas=run.optimiser.betas,
        eps=run.optimiser.epsilon,
        weight_decay=run.optimiser.weight_decay,
    )
    average = Average(run.ema, learning)
    step = _resumed(run, learning, optimiser, average)
    log, losses = Log(run, step), []
    while step < (until or run.steps):
        losses.append(_step(run, stage, step, learning, optimiser))
        average.update(step, learning)
        step += 1
        log.line(step, losses[-1])
        if step % run.checkpoint_every == 0 or step == run.steps or step == until:
            _saved(run, step, learning, optimiser, average)
            stage.export(average.values if run.ema else learning)
    return losses


def _step(
    run: Run, stage: Stage, step: int, learning: dict[str, torch.nn.Parameter], optimiser: torch.optim.AdamW
) -> float:
    """One step of the optimiser; the mean loss of its batches."""
    torch.manual_seed(step_seed(run.seed, step))
    for group in optimiser.param_groups:
        group["lr"] = rate(run, step)
    optimiser.zero_grad(set_to_none=True)
    total = 0.0
    for part in range(run.accumulate):
        with sdpa_kernel(SDPBackend.MATH):  # on a CPU the fused one takes half the step in bf16
            with torch.autocast("cpu", torch.bfloat16, enabled=run.precision == "bf16"):
                loss = stage.loss(step * run.accumulate + part) / run.accumulate
            loss.backward()
        total += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(list(learning.values()), run.optimiser.max_grad_norm)
    optimiser.step()
    return total


def rate(run: Run, step: int) -> float:
    """The learning rate of a step: linear rise, then constant or half a cosine."""
    told: Optimiser = run.optimiser
    top = told.learning_rate * (run.batch * run.accumulate if told.scale_lr else 1)
    if step < told.warmup:
        return top * (step + 1) / told.warmup
    if told.schedule == "constant":
        return top
    done = (step - told.warmup) / max(1, run.steps - told.warmup)
    return top * (told.floor + (1 - told.floor) * (1 + cos(pi * min(done, 1.0))) / 2)


def _saved(
    run: Run, step: int, learning: dict[str, Any], optimiser: torch.optim.AdamW, average: Average
) -> None:
    values = {name: value.detach() for name, value in learning.items()}
    state = {"step": step, "values": values, "optimiser": optimiser.state_dict(), "average": average.values}
    checkpoint.save(run.folder, state)


def _resumed(run: Run, learning: dict[str, Any], optimiser: torch.optim.AdamW, average: Average) -> int:
    """Put the last checkpoint's state in place; the step to go on from."""
    state = checkpoint.load(run.folder)
    if state is None:
        return 0
    with torch.no_grad():
        for name, value in state["values"].items():
            learning[name].copy_(value)
    optimiser.load_state_dict(state["optimiser"])
    average.values = state["average"]
    return int(state["step"])


class Log:
    """losses.jsonl: a line every few steps with the mean loss since the last, and steps a second."""

    def __init__(self, run: Run, step: int) -> None:
        self.run, self.since, self.clock, self.kept = run, step, time.monotonic(), [0.0][:0]
        run.folder.mkdir(parents=True, exist_ok=True)

    def line(self, step: int, loss: float) -> None:
        self.kept.append(loss)
        if step % self.run.log_every and step != self.run.steps:
            return
        now = time.monotonic()
        speed = (step - self.since) / max(now - self.clock, 1e-9)
        told = {
            "step": step,
            "loss": round(sum(self.kept) / len(self.kept), 6),
            "rate": rate(self.run, step - 1),
            "steps_a_second": round(speed, 3),
        }
        with (self.run.folder / "losses.jsonl").open("a") as stream:
            stream.write(json.dumps(told) + "\n")
        self.since, self.clock, self.kept = step, now, []
