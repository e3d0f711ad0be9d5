"""Checkup: what `animorch doctor` tells of one ComfyUI server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from urllib.parse import urlsplit

from animorch import AnimorchError, Finding, RenderSpec
from animorch_comfyui.client.credentials import HEADERS, TOKEN, credentials
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.socket import Message
from animorch_comfyui.holdings import holdings
from animorch_comfyui.machine import device_name, first_device, gibibytes, machine
from animorch_comfyui.offers import Offers

_COUPLED = (0, 3, 68)  # what AnimateDiff-Evolved 1.5.7 and newer ask for
_SCARCE = 0.25  # of a device's memory; less of it free is worth a word
_ADE = "install AnimateDiff-Evolved (github.com/Kosinkadink/ComfyUI-AnimateDiff-Evolved) there and restart it"
_OPTIONAL = (  # a class of the pack, its name, what is done without
    ("VHS_VideoCombine", "VideoHelperSuite", "only animorch encodes films; backend.video is not to be had"),
    ("BatchPromptSchedule", "FizzNodes", "prompt travel goes by AnimateDiff-Evolved's own nodes"),
)


def answers(server: Server) -> Finding:
    """Whether there is a ComfyUI, and how fast it answers."""
    try:
        server.offers()
        start = perf_counter()
        server.queue()
    except AnimorchError as error:
        said, _, fix = str(error).removeprefix(f"{server.url} ").rpartition("; ")
        return Finding(server.url, False, said or fix, fix if said else "")
    return Finding(server.url, True, f"a ComfyUI answers within {perf_counter() - start:.2f} s")


def checkup(
    server: Server, specs: Sequence[RenderSpec], models: Mapping[str, str], *, alone: bool = True
) -> Iterator[Finding]:
    """Findings of a server that answers; a question that fails is a finding too. alone: there is no other."""
    parts: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: _let_in(server),
        lambda: _version(server),
        lambda: _device(server),
        lambda: _following(server),
        lambda: _waiting(server),
        lambda: _packs(server.offers()),
        lambda: _models(server.offers(), specs, models, alone),
        lambda: _limits(server),
    )
    for part in parts:
        try:
            yield from part()
        except AnimorchError as error:
            yield Finding("server", False, str(error), "look at the server's log")


def _let_in(server: Server) -> Iterator[Finding]:
    if not credentials():
        yield Finding("credentials", None, f"none are sent, and none are asked for ({TOKEN}, {HEADERS})")
        return
    parts = urlsplit(server.url)
    bare = parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")
    said = "those of the environment are sent" + (" over http, for all between to read" if bare else "")
    fix = "use https, or an SSH tunnel to the server's port" if bare else ""
    yield Finding("credentials", None if bare else True, said, fix)


def _version(server: Server) -> Iterator[Finding]:
    facts = machine(server.stats())
    words = {"comfyui": "ComfyUI", "comfyui_python": "Python", "comfyui_torch": "PyTorch"}
    said = ", ".join(f"{word} {facts[key]}" for key, word in words.items() if key in facts)
    if "comfyui" not in facts:
        said = f"that of ComfyUI is not told; {said}" if said else "that of ComfyUI is not told"
        yield Finding("version", None, said, "update ComfyUI there")
        return
    yield Finding("version", True, said)
    if numbers(facts["comfyui"]) < _COUPLED and _has_ade(server.offers()):
        least = ".".join(map(str, _COUPLED))
        yield Finding(
            "version",
            None,
            f"AnimateDiff-Evolved 1.5.7 and newer need ComfyUI {least}; no server tells its packs' versions",
            "update ComfyUI before that pack, or keep the pack at 1.5.6",
        )


def numbers(version: str) -> tuple[int, ...]:
    """(0, 3, 64) of `0.3.64` or `v0.3.64-2-gabc`."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _device(server: Server) -> Iterator[Finding]:
    device = first_device(server.stats())
    name, total, free = device_name(device), device.get("vram_total"), device.get("vram_free")
    if not name:
        yield Finding("device", None, "the server does not tell what it computes on")
        return
    room = f", {gibibytes(free)} of {gibibytes(total)} free" if gibibytes(total) and gibibytes(free) else ""
    if device.get("type") == "cpu":
        yield Finding("device", None, f"{name}{room}: without a GPU a clip takes minutes to hours")
    elif isinstance(free, (int, float)) and isinstance(total, (int, float)) and free < _SCARCE * total:
        fix = "free it (POST /free on the server, or restart it), or set backend.tiled_decode=true"
        yield Finding("device", None, f"{name}{room}; models that are loaded hold memory too", fix)
    else:
        yield Finding("device", True, f"{name}{room}")


def _following(server: Server) -> Iterator[Finding]:
    """Websocket and /api/jobs: how jobs are followed."""
    server.socket.listen("examine", _nobody)
    opens = server.socket.holds()
    server.socket.ignore("examine", _nobody)
    if opens:
        yield Finding("websocket", True, "opens: steps are told while they are made")
    else:
        yield Finding(
            "websocket",
            None,
            "does not open: clips are made all the same, but no step is told before the end",
            "let the proxy before the server pass websockets at /ws on (Upgrade headers)",
        )
    if server.has_jobs():
        yield Finding("jobs", True, "the server has /api/jobs: what became of a job is always known")
    else:
        yield Finding("jobs", None, "no /api/jobs as newer servers have: queue and history are asked instead")


def _nobody(message: Message) -> None:
    """Listens for the messages of a job that there is not."""


def _waiting(server: Server) -> Iterator[Finding]:
    running, pending = server.queue()
    if count := len(running) + len(pending):
        said = f"{count} {'job runs or waits' if count == 1 else 'jobs run or wait'} there before ours"
        yield Finding("queue", None, said)
    else:
        yield Finding("queue", True, "nothing runs or waits")


def _has_ade(offers: Offers) -> bool:
    return any(offers.has(f"ADE_{node}") for node in ("UseEvolvedSampling", "AnimateDiffLoaderGen1"))


def _packs(offers: Offers) -> Iterator[Finding]:
    if offers.has("ADE_UseEvolvedSampling"):
        yield Finding("AnimateDiff-Evolved", True, "there, with its Gen2 nodes")
    elif _has_ade(offers):
        yield Finding("AnimateDiff-Evolved", None, "there, with Gen1 nodes only", "update it for all options")
    else:
        yield Finding("AnimateDiff-Evolved", False, "is not installed on the server: it cannot animate", _ADE)
    for node, pack, without in _OPTIONAL:
        said = "there" if offers.has(node) else f"not there: {without}"
        yield Finding(pack, True if offers.has(node) else None, said)


def _models(
    offers: Offers, specs: Sequence[RenderSpec], models: Mapping[str, str], alone: bool
) -> Iterator[Finding]:
    """Which are there; why no server has one is among the problems of the experiment."""
    for field, name, spelling in holdings(specs, offers, models):
        if spelling is not None:
            yield Finding(f"{field} {name}", True, f"the server's {spelling}")
        elif not alone:
            yield Finding(f"{field} {name}", None, "is not there: clips with it go to other servers")


def _limits(server: Server) -> Iterator[Finding]:
    offers = server.offers()
    samplers = len(offers.choices("KSampler", "sampler_name"))
    schedules = len(offers.choices("KSampler", "scheduler"))
    yield Finding("samplers", None, f"{samplers}, with {schedules} schedules")
    latent = offers.inputs("EmptyLatentImage")
    said = [
        f"{word} up to {latent[name].high:g}"
        for name, word in (("batch_size", "frames"), ("width", "pixels a side"))
        if name in latent and latent[name].high
    ]
    upload = server.features().get("max_upload_size")
    if isinstance(upload, (int, float)) and upload > 0:
        said.append(f"pictures up to {upload / 2**20:g} MiB")
    if said:
        yield Finding("limits", None, ", ".join(said))
