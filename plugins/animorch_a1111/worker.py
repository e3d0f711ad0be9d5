"""Worker: one server, one job at a time, and what is known of its state between jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from time import sleep
from typing import Any, TypeVar

from animorch import BackendError, Progress, RenderSpec
from animorch_a1111 import payload, refusals
from animorch_a1111.attended import Pace, attended
from animorch_a1111.checkpoint import checkpoint_of
from animorch_a1111.claim import Claim
from animorch_a1111.fault import Fault
from animorch_a1111.healing import Tended, Unhealed, heal
from animorch_a1111.job import Steps, run, steps_of, wait_until_idle
from animorch_a1111.kept import Made, texts
from animorch_a1111.offers import Offers
from animorch_a1111.options import Settings, same_checkpoint
from animorch_a1111.request import Request
from animorch_a1111.server import Away, Lost, Server
from animorch_a1111.survey import checkpoints, refresh, survey
from animorch_a1111.verdict import verdict

log = logging.getLogger("animorch.a1111")
Result = TypeVar("Result")


class Worker:
    """A session with one server: begins with the first job, ends with `close`, and may begin again."""

    def __init__(self, server: Server, pace: Pace, models: Mapping[str, str], healing: bool) -> None:
        self.server = server
        self.closed = ""  # why it takes no more points, once a poisoned server could not be healed
        self.loaded = ""  # the checkpoint's title, as of the last job
        self._pace = pace
        self._models = models
        self._healing = healing
        self._claim = Claim(server.url)
        self._settings = Settings(server, self._claim)
        self._offers: Offers | None = None
        self._looking = Lock()
        self._refreshed = False
        self._open = False
        self._clean = False  # whether the last thing seen of its UNet was right
        self._poisoned = False  # whether a reply said that it may be poisoned
        self._module = ""  # the motion module of the last good clip
        self._found = ""  # what a killed session had left, for the record

    def look(self) -> Offers:
        """What the server has, asked once a session. Raises a BackendError when it cannot be asked."""
        with self._looking:
            if self._offers is None:
                self._offers = survey(self.server)
            return self._offers

    def problems(self, spec: RenderSpec) -> list[str]:
        """Why this server cannot make a clip; its folders are read again once, for files put there since."""
        found = refusals.problems(spec, self.look(), self._models)
        if set(found).difference(refusals.unsupported(spec)) and not self._refreshed:
            self._refreshed = True
            refresh(self.server)
            self.forget()
            found = refusals.problems(spec, self.look(), self._models)
        return list(found)

    def forget(self) -> None:
        """Ask anew what it has: it was started again, or its folders were read."""
        self._offers = None

    def render(self, spec: RenderSpec, progress: Progress) -> Made:
        """Render a clip; raises Away (nothing was sent), Cut (sent, certainly over), BackendError."""
        steps = steps_of(spec, progress)
        try:
            self._enter()
            while not self._claim.begins():
                sleep(self._pace.poll)
                steps.tick()
            try:
                request = self._prepared(spec, steps)
            except Lost as error:  # of a question; no job was sent
                self._clean = False
                raise Away(f"{error}; look whether it still runs, then repeat the command") from error
            return self._made(request, steps)
        finally:
            self._claim.ends()

    def _enter(self) -> None:
        """Begin the session, with what a killed one left."""
        if not self._open:
            left = self._claim.enter()
            self._open = True
            self._found = ", ".join(f"{key}={value}" for key, value in left.items())
            if left:
                log.warning(
                    "an earlier session at %s was killed; %s will be given back at the end of this one",
                    self.server.url,
                    self._found,
                )

    def _prepared(self, spec: RenderSpec, steps: Steps) -> Request:
        """The request, once the server is idle, clean, set up as it asks, and has its checkpoint loaded."""
        wait_until_idle(self.server, steps.tick, self._pace)
        request = payload.request(spec, self.look(), self._models)
        if self.loaded and not same_checkpoint(self.loaded, request.checkpoint):
            self._clean = False  # look again: with somebody else's error in it a switch would spoil the next
        self._healed(request, steps)
        self._attended(lambda: self._settings.hold(request.settings), steps)
        now = self._settings.checkpoint()
        if same_checkpoint(now, request.checkpoint) and same_checkpoint(now, self.loaded):
            return request
        if not same_checkpoint(now, request.checkpoint):
            self._attended(lambda: self._settings.switch(request.checkpoint), steps)
        self.loaded = request.checkpoint
        self._offers = replace(self.look(), checkpoints=checkpoints(self.server))
        return payload.request(spec, self.look(), self._models)  # with the hash that loading made known

    def _made(self, request: Request, steps: Steps) -> Made:
        """Send the request and judge the reply; the server is left clean or closed."""
        clean, self._clean = self._clean, False
        try:
            reply = run(self.server, request.route, request.body, steps, self._pace)
        except Away:
            self._clean = clean
            raise
        try:
            judged = verdict(reply.status, reply.body, request.expected)
        except Fault as fault:
            self._poisoned = fault.poisoned
            self.closed = str(fault) if fault.hopeless else ""
            raise self._after(fault, request, steps) from fault
        self._clean, self._module = True, _module(request)
        steps.end()
        beside = {"seconds": reply.seconds, "a1111_left_by_a_killed_session": self._found}
        facts = {**judged.facts, **{key: said for key, said in beside.items() if said}}
        return Made(judged.frames, facts, texts(request.body, judged.infotext))

    def _after(self, error: Fault, request: Request, steps: Steps) -> BackendError:
        """Heal at once, before anything else is asked of the server; the error, and what became of it."""
        if self.closed:
            return error
        try:
            self._healed(request, steps)
        except Unhealed as worse:
            return BackendError(f"{error}; {worse}")
        except BackendError as other:  # the next job will find it
            log.warning("%s could not be looked after: %s", self.server.url, other)
        return error

    def _healed(self, request: Request | None, steps: Steps) -> bool:
        """Be sure of a clean server; whether it was poisoned. Unhealed, and closed, when it stays."""
        if self._clean:
            return False
        modules = [_module(request) if request else "", self._module]
        try:
            was = self._attended(
                lambda: heal(
                    self.server,
                    self._settings,
                    modules,
                    poisoned=self._poisoned,
                    loaded=self.loaded,
                    allowed=self._healing,
                ),
                steps,
            )
        except Unhealed as error:
            self.closed = str(error)
            raise
        if was:
            log.warning("%s was poisoned by an AnimateDiff error and has been healed", self.server.url)
        self._clean, self._poisoned = True, False
        return was

    def _attended(self, call: Callable[[], Result], steps: Steps) -> Result:
        return attended(call, steps.tick, self._pace)

    def has(self, spec: RenderSpec) -> bool:
        """Whether the checkpoint that it used last is the one that a clip asks for."""
        known = self._offers
        asked = checkpoint_of(spec, known, self._models) if known else None
        return asked is not None and same_checkpoint(self.loaded, asked.title)

    def options(self) -> dict[str, Any]:
        """The server's options as they stand."""
        return self._settings.now()

    def tend(self, specs: Sequence[RenderSpec]) -> Tended | None:
        """Heal it and give back what a killed session left; None while it is at work. Raises BackendError."""
        silent = Steps(1, 1, lambda step, total: None)
        if self.server.state().busy:
            return None
        self._enter()
        if not self._claim.begins():
            self._claim.leave()
            self._open = False
            return None
        try:
            able = [spec for spec in specs if not self.problems(spec)]
            request = payload.request(able[0], self.look(), self._models) if able else None
            healed = self._healed(request, silent)
            restored = self._settings.restore()
            self._open = False
            return Tended(restored, healed)
        finally:
            self._claim.ends()

    def close(self) -> None:
        """Leave the server clean and with its options as they were; what fails is told and kept for later."""
        try:
            if self._open:
                self._left()
        except BackendError as error:
            log.warning(
                "options could not be given back: %s; the next session or `animorch doctor` does", error
            )
        finally:
            if self._open:
                self._claim.leave()
            self.server.close()
            self._open, self._clean, self.loaded = False, False, ""
            self.forget()

    def _left(self) -> None:
        """Heal and give back, unless another session of this machine has a job there, which then does."""
        silent = Steps(1, 1, lambda step, total: None)
        if not self._claim.begins():
            self._settings.restore()
            return
        try:
            if not (self.closed or self._clean):
                wait_until_idle(self.server, silent.tick, self._pace)
                self._healed(None, silent)
        except Away:
            pass  # which restore says
        except BackendError as error:
            log.warning("%s", error)
        finally:
            self._settings.restore(checkpoint=not self.closed)
            self._claim.ends()


def _module(request: Request) -> str:
    return str(request.expected.args.get("model", ""))
