"""Endings: nothing goes on for ever, nothing is left behind, and no log tells a credential."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from animorch_comfyui.client.credentials import HEADERS, TOKEN, credentials
from animorch_comfyui.client.failure import Gone
from animorch_comfyui.client.fleet import Fleet
from animorch_comfyui.client.ledger import Ledger
from animorch_comfyui.client.pace import Pace
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.truth import found
from comfyui_serving import hurried, quiet, renders, right, tiny
from PIL import Image

from animorch import BackendError, Progress, UsageError
from tests.doubles.comfyui import Double


def stopping(double: Double) -> Progress:
    """Raises as soon as the double has a job."""

    def progress(step: int, total: int) -> None:
        if double.queue_now:
            raise KeyboardInterrupt

    return progress


def test_a_question_that_a_server_never_answers_ends_the_clip_and_not_the_sweep(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Server, item: Any) -> bytes:
        raise Gone(f"{self.url} answers GET view with 500")

    backend = hurried(double, attempts=1)
    with monkeypatch.context() as fault:
        fault.setattr(Server, "view", broken)
        with pytest.raises(BackendError, match="answers GET view with 500; 5 times for this clip"):
            backend.render(tiny(), quiet)
    assert renders([double]) == 1, "its job was found again each time"
    assert right(backend.render(tiny(), quiet), double, tiny())
    assert len(double.jobs) == 2, "and the next command has a job of its own"
    backend.close()


def test_a_server_that_comes_back_without_saying_what_it_offers_is_not_waited_for_longer_than_any(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Server) -> Any:
        raise Gone(f"{self.url} answers GET object_info with 500")

    monkeypatch.setattr(Server, "_info", broken)
    backend = hurried(double, patience=0.1)
    with pytest.raises(BackendError, match="object_info"):
        backend.render(tiny(), quiet)
    backend.close()


def test_an_interrupt_that_the_server_could_not_be_told_leaves_the_job_to_be_found(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(self: Server, job: str) -> None:
        raise Gone("no way there")

    double.speed = 0.05
    backend = hurried(double)
    with monkeypatch.context() as fault:
        fault.setattr(Server, "cancel", unreachable)
        with pytest.raises(KeyboardInterrupt):
            backend.render(tiny(), stopping(double))
    assert right(backend.render(tiny(), quiet), double, tiny())
    backend.close()
    assert len(double.jobs) == 1


def test_what_a_server_still_has_of_given_up_clips_is_cancelled_at_the_end(cache: Path) -> None:
    over = threading.Event()
    entry, queue = Server.entry, Server.queue

    def cut(server: Server) -> None:
        if server.url == slow.url and slow.jobs and not over.is_set():
            raise Gone("cut off")

    def cut_entry(self: Server, job: str) -> Any:
        cut(self)
        return entry(self, job)

    def cut_queue(self: Server, **how: Any) -> Any:
        cut(self)
        return queue(self, **how)

    with Double(speed=0.3) as slow, Double() as fast, pytest.MonkeyPatch.context() as fault:
        backend = hurried(slow, fast, look_ahead=0, patience=0.0, backoff=5.0)
        fault.setattr(Server, "entry", cut_entry)
        fault.setattr(Server, "queue", cut_queue)
        backend.render(tiny(), quiet)
        assert slow.queue_now, "it was cut off while its job ran"
        over.set()
        backend.close()
        assert slow.jobs[0].interrupted
        assert len(fast.jobs) == 1


def test_a_job_that_was_cancelled_while_nobody_waited_for_it_is_sent_anew(double: Double) -> None:
    double.mood = "jobs_api"
    server = Server(double.url, Pace())
    server.job = lambda job: "cancelled"  # type: ignore[method-assign]
    assert found(server, "5f0c4c0e-0000-4000-8000-000000000000") is None
    server.close()


def test_a_server_is_forgotten_while_a_picture_is_sent_to_it(double: Double, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 40, 10)).save(tmp_path / "photo.png")
    server = Server(double.url, Pace())
    asks, forgets = threading.Event(), threading.Event()
    features = server.features

    def slowly() -> Any:
        asks.set()
        forgets.wait(0.2)
        return features()

    class Photo:
        name = "photo.png"
        data = (tmp_path / "photo.png").read_bytes

    server.features = slowly  # type: ignore[method-assign]
    sending = threading.Thread(target=server.uploads.sent, args=([Photo()], server), daemon=True)
    sending.start()
    asks.wait(5)

    def forget() -> None:
        forgets.set()
        server.forget()

    forgetting = threading.Thread(target=forget, daemon=True)
    forgetting.start()
    sending.join(5)
    forgetting.join(5)
    assert not sending.is_alive()
    assert not forgetting.is_alive()
    server.close()


def test_a_fleet_is_not_closed_under_who_asks_it(double: Double, tmp_path: Path) -> None:
    fleet = Fleet((double.url,), Pace(), Ledger(tmp_path))
    desk = fleet.desks[double.url]
    offers = desk.server.offers
    closed: list[str] = []

    def asked() -> Any:
        fleet.close()
        assert not closed
        return offers()

    desk.server.offers = asked  # type: ignore[method-assign]
    desk.server.close = lambda: closed.append("closed")  # type: ignore[method-assign]
    fleet.offers()
    fleet.close()
    assert closed
    Server.close(desk.server)


@pytest.mark.parametrize("headers", ['{"X-Key": " opensesame "}', "X-Key:   opensesame"])
def test_no_log_tells_a_credential(
    double: Double, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, headers: str
) -> None:
    monkeypatch.setenv(HEADERS, headers)
    monkeypatch.setenv(TOKEN, "opensesame too")
    double.mood = "header=X-Key: opensesame"
    backend = hurried(double)
    with caplog.at_level(logging.DEBUG):
        backend.render(tiny(), quiet)
        backend.close()
    assert caplog.records
    assert "opensesame" not in caplog.text


@pytest.mark.parametrize("headers", ['{"X Key": "opensesame"}', "X-Schlüssel: opensesame", "X-Key: öffne"])
def test_headers_that_http_does_not_carry_are_refused(monkeypatch: pytest.MonkeyPatch, headers: str) -> None:
    monkeypatch.setenv(HEADERS, headers)
    with pytest.raises(UsageError, match="HTTP does not carry") as caught:
        credentials()
    assert "opensesame" not in str(caught.value)
