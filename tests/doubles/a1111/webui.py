"""Webui: the server's one state and its one lock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.doubles.a1111.animatediff import Setup
from tests.doubles.a1111.job import Job
from tests.doubles.a1111.machine import Machine
from tests.doubles.a1111.mood import Mood
from tests.doubles.a1111.pixels import Frames
from tests.doubles.a1111.plan import Light, clip, planned, vae_of
from tests.doubles.a1111.progress import Progress
from tests.doubles.a1111.refused import Refused
from tests.doubles.a1111.run import Run
from tests.doubles.a1111.settings import Settings
from tests.doubles.a1111.stock import Stock


class Webui:
    """One server. `version` is the extension's: "v2", "v1.13.1" or "forge"; None where it is absent."""

    def __init__(self, stock: Stock, mood: Mood, version: str | None, *, ui: bool) -> None:
        self.stock, self.mood, self.ui = stock, mood, ui
        self.extension, self.version = version is not None, version or "v2"
        self.settings = Settings(fresh=mood.leak, ui=ui)
        first = stock.checkpoints[0]
        self.machine = Machine(first, {first.file})
        self.settings.put("sd_model_checkpoint", first.title)
        self.options_at_start = self.settings.now()
        self.progress, self.jobs = Progress(), list[Job]()
        self.lock = asyncio.Lock()
        self.interrupts = 0

    def scripts(self) -> list[str]:
        names = ["refiner", "seed", "sampler"]
        names += ["animatediff"] if self.extension else []
        return names + (["controlnet"] if self.stock.controls is not None else [])

    async def generate(
        self, route: str, body: Mapping[str, Any], leave: Callable[[Job], None]
    ) -> dict[str, Any]:
        """One generation; it waits for the ones before it. Raises Refused."""
        number = len(self.jobs) + 1
        fault = self.mood.fault(number, clip=body.get("steps") != 1)
        job = Job(number, route, body, fault)
        self.jobs.append(job)
        try:
            self._examine(body)
            async with self.lock:
                try:
                    job.outcome = "running"
                    reply = await Run(self, job, leave).reply()
                    job.status = 200
                    return reply
                finally:
                    self.progress.end()
        except Refused as refusal:
            job.status, job.outcome = refusal.status, refusal.error
            raise

    def _examine(self, body: Mapping[str, Any]) -> None:
        """Scripts that the server does not have."""
        for name in body.get("alwayson_scripts") or {}:
            if name.lower() not in self.scripts():
                raise Refused(422, "HTTPException", f"Script '{name}' not found")
        if body.get("script_name"):
            raise Refused(422, "HTTPException", f"Script '{body['script_name']}' not found")

    def load(self, name: object) -> None:
        """Load a checkpoint by any of its names; the option then holds its title."""
        checkpoint = self.stock.checkpoint(name)
        if checkpoint is not None:
            self.machine.load(checkpoint)
            self.settings.put("sd_model_checkpoint", self.machine.title(checkpoint))

    async def set_options(self, changes: Mapping[str, Any]) -> None:
        """POST /options: in the order given, so those before an unknown key stay set. Raises Refused."""
        asked = changes.get("sd_model_checkpoint")
        if asked is not None and self.stock.checkpoint(asked) is None:
            raise Refused(500, "RuntimeError", f"model {asked!r} not found")
        for key, value in changes.items():
            try:
                self.settings.put(key, value)
            except KeyError as error:
                raise Refused(500, "KeyError", str(error)) from None
            if key == "sd_model_checkpoint":
                async with self.lock:  # as a generation does, a load waits its turn
                    self.load(value)

    def expected(self, body: Mapping[str, Any], route: str, checkpoint: str | None) -> Frames:
        """Frames (T, H, W, 3) of a healthy server with the settings as they are now."""
        plan = planned(body, route, self.stock, self.version)
        overrides = body.get("override_settings") or {}
        now = self.settings.now() | overrides
        loaded = self.stock.checkpoint(checkpoint or now["sd_model_checkpoint"]) or self.machine.loaded
        light = Light(loaded, now, vae_of(now, self.stock)[0])
        setup = plan.setup
        if not isinstance(setup, Setup):
            return clip(plan, light, context=0, travel=None, first_seed=plan.seed)
        setup.settle()
        context = min(setup.batch_size, setup.video_length)
        plan = replace(plan, setup=Setup(setup.args | {"batch_size": context}, setup.version))
        return clip(plan, light, context=context, travel=plan.travel(), first_seed=plan.seed)
