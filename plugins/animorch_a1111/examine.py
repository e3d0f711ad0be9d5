"""Examine: what `animorch doctor` tells of web UIs, before it renders one small frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from animorch import BackendError, Finding, RenderSpec
from animorch_a1111.crew import Crew
from animorch_a1111.offers import Offers
from animorch_a1111.options import CHECKPOINT, GUIDE, WHY
from animorch_a1111.request import called
from animorch_a1111.survey import extension_version
from animorch_a1111.worker import Worker


def examined(
    crew: Crew, specs: Sequence[RenderSpec], unsupported: Callable[[RenderSpec], Iterable[str]]
) -> Iterator[Finding]:
    """Of every server: whether it is there, what it has, how it is set, and whether it is well."""
    never = dict.fromkeys(problem for spec in specs for problem in unsupported(spec))
    yield from (Finding("experiment", False, problem) for problem in never)
    for worker in crew.workers:
        try:
            yield from _server(worker, specs)
        except BackendError as error:
            yield _bad(worker.server.url, str(error))


def _server(worker: Worker, specs: Sequence[RenderSpec]) -> Iterator[Finding]:
    offers = worker.look()
    url = worker.server.url
    known = "with a user and password" if worker.server.credentials.auth else "without a login"
    yield Finding(url, True, f"answers, {known}")
    yield from _extension(worker, offers)
    yield from _stock(offers)
    yield from _health(worker, specs)
    yield from _settings(worker)
    lacking = dict.fromkeys(problem for spec in specs for problem in worker.problems(spec))
    yield from (_bad("experiment", problem) for problem in lacking)
    if specs and not lacking:
        yield Finding("experiment", True, "everything that can be listed is there")


def _extension(worker: Worker, offers: Offers) -> Iterator[Finding]:
    if offers.args is None:
        yield Finding(
            "AnimateDiff",
            False,
            "the extension is not loaded",
            "install sd-webui-animatediff into the web UI's extensions and restart it",
        )
        return
    version = extension_version(worker.server)
    tag = f", {version}" if version else ""
    yield Finding(
        "AnimateDiff", True, f"{called(offers.args)} of the extension{tag}, by its {len(offers.args)} keys"
    )
    yield Finding(
        "motion modules",
        None,
        "no endpoint lists them; the frame that is rendered next tells whether the experiment's is there",
    )


def _stock(offers: Offers) -> Iterator[Finding]:
    counted = {
        "checkpoints": len(offers.checkpoints),
        "LoRAs": len(offers.loras),
        "samplers": len(offers.samplers),
        "schedules": len(offers.schedulers or ()),
    }
    said = ", ".join(f"{count} {what}" for what, count in counted.items())
    yield Finding("lists", bool(offers.checkpoints and offers.samplers), said)
    loaded = offers.options.get(CHECKPOINT)
    yield Finding("checkpoint", None, f"{loaded or 'none'} is loaded")
    controls = "not there" if offers.controls is None else f"{len(offers.controls)} models"
    yield Finding("ControlNet", None, controls)


def _health(worker: Worker, specs: Sequence[RenderSpec]) -> Iterator[Finding]:
    """Whether its UNet is clean, and what a killed session left; both are put right at once."""
    tended = worker.tend(specs)
    if tended is None:
        yield Finding("state", None, "another job is under way; whether it is poisoned was not asked")
        return
    if tended.restored:
        yield Finding(
            "settings",
            None,
            f"an earlier session was killed; given back: {', '.join(tended.restored)}",
        )
    if tended.healed:
        yield Finding("state", True, "was poisoned by an AnimateDiff error; healed")
    else:
        yield Finding("state", True, "clean: a plain picture of one step comes out")


def _settings(worker: Worker) -> Iterator[Finding]:
    now: dict[str, Any] = worker.options()
    for key, wanted in GUIDE.items():
        if key not in now:
            continue
        right = now[key] == wanted
        until = "as it should be" if right else f"a sweep sets it to {_word(wanted)} and gives it back"
        yield Finding(key, True if right else None, f"{_word(now[key])}, {until} ({WHY[key]})")


def _word(value: object) -> str:
    return {True: "on", False: "off"}.get(bool(value), str(value))


def _bad(subject: str, sentence: str) -> Finding:
    """A sentence of ours, which ends with what to do behind its last semicolon."""
    said, _, fix = sentence.removeprefix(f"{subject} ").rpartition("; ")
    return Finding(subject, False, said or fix, fix if said else "")
