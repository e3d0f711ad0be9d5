"""Run: one generation, from AnimateDiff's own setup to the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.doubles.a1111.animatediff import Setup
from tests.doubles.a1111.job import Job
from tests.doubles.a1111.output import Output
from tests.doubles.a1111.plan import Light, Plan, clip, padding, planned, vae_of
from tests.doubles.a1111.prompts import Travel, TravelError
from tests.doubles.a1111.refused import Refused, einops
from tests.doubles.a1111.samplers import SAMPLERS, using

if TYPE_CHECKING:
    from tests.doubles.a1111.webui import Webui


class Run:
    """mode: "animated"; "plain" (no motion at all); "stills" (plain, as many as frames); "lost" (motion, but
    the extension gave up over the travel: nothing about it in the info, and nothing cleans up)."""

    def __init__(self, webui: Webui, job: Job, leave: Callable[[Job], None]) -> None:
        self.webui, self.job, self.leave = webui, job, leave
        self.machine, self.settings = webui.machine, webui.settings
        self.plan: Plan = planned(job.body, job.route, webui.stock, webui.version, job.number)
        self.mode = "plain"
        self.travel: Travel | None = None
        self.damage: list[str] = []

    async def reply(self) -> dict[str, Any]:
        if self.job.fault == "errors_500":
            raise Refused(500, "RuntimeError", "CUDA error: device-side assert triggered")
        self.prepare()
        overrides = dict(self.job.body.get("override_settings") or {})
        stored = self.settings.stored(list(overrides))
        try:
            self.override(overrides)
            self.see()
            await self.sample()
            return await self.output()
        finally:
            if self.job.body.get("override_settings_restore_afterwards", True):
                self.settings.put_back(stored)

    def prepare(self) -> None:
        """AnimateDiff's setup, whose exceptions the server swallows."""
        setup = self.plan.setup
        if isinstance(setup, str):
            if setup == "off" and self.machine.hacked:
                self.machine.restore()
            if setup == "broken":
                self.plan.corrections.append("args")
        elif self.webui.version == "v1.13.1":
            self._inject_v1(setup)
        else:
            self._inject_v2(setup)

    def _inject_v2(self, setup: Setup) -> None:
        module = None if self.job.fault == "still" else self.webui.stock.module(setup.model)
        if (self.webui.mood.unhealable and self.machine.poisoned) or not self.machine.inject(module):
            return
        if setup.refused() or self.job.fault == "einops":
            return
        setup.settle()
        try:
            self.travel = self.plan.travel()
            if self.job.fault == "travel_lost" or self.plan.units():  # it breaks on such units
                raise TravelError
        except TravelError:
            self.mode, self.travel = "lost", None
            return
        self.mode, self.machine.hacked = "animated", True

    def _inject_v1(self, setup: Setup) -> None:
        """v1 checks before it injects, and asks for its frames before it looks for the module."""
        if setup.refused():
            return
        setup.settle()
        module = None if self.job.fault == "still" else self.webui.stock.module(setup.model)
        if not self.machine.inject(module):
            self.mode = "stills"
            return
        self.mode, self.machine.hacked = "animated", True
        if self.webui.stock.controls is None:  # it reads the travel in what it hooks into ControlNet
            return
        try:
            self.travel = self.plan.travel()
        except TravelError as error:
            raise Refused(500, "AssertionError", str(error)) from None

    def override(self, overrides: dict[str, Any]) -> None:
        """override_settings, after AnimateDiff's setup: a checkpoint is loaded over the motion modules."""
        stock = self.webui.stock
        asked = overrides.get("sd_model_checkpoint")
        if stock.checkpoint(asked) is None:
            overrides.pop("sd_model_checkpoint", None)
            self.plan.corrections += [f"checkpoint {asked}"] if asked else []
            self.webui.load(self.settings.of("sd_model_checkpoint"))
        for key, value in overrides.items():
            try:
                self.settings.put(key, value)
            except KeyError as error:
                raise Refused(500, "KeyError", str(error)) from None
            if key == "sd_model_checkpoint":
                self.webui.load(value)

    def see(self) -> None:
        """The model and settings at work, and the damage they bring."""
        now = self.settings.now()
        vae, taken = vae_of(now, self.webui.stock)
        self.plan.corrections += [] if taken else [f"vae {now['sd_vae']}"]
        self.light = Light(self.machine.loaded, now, vae)
        self.job.checkpoint, self.job.settings = self.machine.loaded.file, now
        if self.machine.corrupt:
            self.damage.append("corrupt")
        if self.job.fault == "silent_sampler":
            other = next(one for one in SAMPLERS if one != self.plan.sampling.sampler)
            self.plan.corrections.append("sampler")
            self.plan.sampling = using(other, "automatic")

    async def sample(self) -> None:
        """The steps; an interrupt ends them early, and nothing in the reply will say so."""
        progress, steps = self.webui.progress, self.plan.steps
        setup = self.plan.setup
        if self.mode == "animated" and isinstance(setup, Setup) and setup.freeinit:
            steps *= int(setup.freeinit[-1])
        progress.begin(self.job.route, steps, self.plan.clips, str(self.job.body.get("force_task_id") or ""))
        if self.job.fault in ("disconnect", "dead"):
            self.leave(self.job)
        self._fail()
        for step in range(steps):
            if self.job.fault == "interrupted" and step == steps // 2:
                progress.interrupted = True
            if progress.interrupted or progress.skipped:
                self.job.interrupted = True
                self.damage.append(f"undercooked at {step}")
                return
            await asyncio.sleep(self.webui.mood.pace)
            progress.step = self.job.steps_done = step + 1

    def _fail(self) -> None:
        """What raises in the first step, and so reaches the client."""
        setup, fault = self.plan.setup, self.job.fault
        if (self.machine.injected and self.mode in ("plain", "stills")) or fault == "einops":
            raise einops(setup.batch_size if isinstance(setup, Setup) else 16)
        if fault == "oom":
            raise Refused(500, "OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.50 GiB")
        if isinstance(setup, Setup) and self.mode in ("animated", "lost"):
            self._fail_in_motion(setup)
        if fault == "nan" or self.light.vae.startswith("nan"):
            raise Refused(500, "NansException", "A tensor with NaNs was produced in Unet.")

    def _fail_in_motion(self, setup: Setup) -> None:
        context, module = setup.batch_size, self.machine.module
        if module and context > module.table:
            told = f"The size of tensor a ({context}) must match the size of tensor b ({module.table})"
            raise Refused(500, "RuntimeError", f"{told} at non-singleton dimension 1")
        unpadded = not padding(self.light.settings) and self.light.settings["batch_cond_uncond"]
        if (unpadded and self.plan.lengths_differ(self.travel)) or self.job.fault == "index":
            told = f"index {context} is out of bounds for dimension 0 with size {context}"
            raise Refused(500, "IndexError", told)
        if setup.video_length < context:
            self.damage.append("pairing")

    async def output(self) -> dict[str, Any]:
        """Paint, clean up as the extension does, and encode."""
        if self.mode == "lost":
            self.damage.append("travel lost")
        if self.mode == "stills":
            self.damage.append("unrelated")
        shown = self._shown()
        light = replace(self.light, damage=tuple(self.damage))
        clips = [self._clip(shown, light, at) for at in range(shown.clips)]
        if self.mode == "animated":
            self.machine.restore()
        made = Output(shown, light, self.mode, self.travel, self.webui.stock, clips, self.machine.module)
        if self.job.fault == "wrong_frames":
            made.short = True
        reply = await asyncio.to_thread(made.reply, self.job.body)
        self._judge(made)
        return reply

    def _shown(self) -> Plan:
        """The plan that is really painted: without motion the request is an ordinary one."""
        setup = self.plan.setup
        if isinstance(setup, Setup) and self.mode in ("plain", "stills"):
            return replace(
                self.plan, setup="off", batch=setup.slots if self.mode == "stills" else self.plan.batch
            )
        return self.plan

    def _clip(self, shown: Plan, light: Light, at: int) -> Any:
        setup = shown.setup
        slots = setup.slots if isinstance(setup, Setup) else shown.batch
        context = setup.batch_size if isinstance(setup, Setup) else 0
        frames = clip(shown, light, context=context, travel=self.travel, first_seed=shown.seed + at * slots)
        return np.zeros_like(frames) if self.job.fault == "black" else frames

    def _judge(self, made: Output) -> None:
        """Say in the job what the reply really holds."""
        setup = self.plan.setup
        self.job.frames = made.frames[:-1] if made.short and made.frames is not None else made.frames
        self.job.corrections = self.plan.corrections + made.lost
        if isinstance(setup, Setup):
            self.job.corrections += setup.corrections
        asked = setup != "off"
        plain = {"plain": "still", "stills": "unrelated stills"}.get(self.mode, "") if asked else ""
        fault = self.job.fault if self.job.fault in ("wrong_frames", "black") else ""
        self.job.outcome = plain or fault or next(iter(self.damage), "") or "done"
