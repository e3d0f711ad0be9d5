"""A server that cannot be used is one sentence: what was asked, what was found, what to do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from a1111_session import FILES, QUICK, quiet, session, spec
from animorch_a1111.backend import A1111Backend
from animorch_a1111.credentials import credentials
from pydantic import ValidationError

from animorch import BackendError, UsageError
from tests.doubles.a1111 import Checkpoint, Double, Stock


@contextmanager
def page(status: int, body: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Some other web server: its address, and the headers that it was sent."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            found = 200 if self.path == "/" else status
            self.send_response(found)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *words: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


def refused(url: str) -> str:
    """The one sentence that plan and render have for a server."""
    backend = A1111Backend.model_validate({"url": url, "models": FILES, **QUICK})
    try:
        planned = backend.preflight([spec(), spec(seed=1)])
        with pytest.raises(BackendError) as raised:
            backend.render(spec(), quiet)
    finally:
        backend.close()
    assert planned == [[str(raised.value)]] * 2, "a server that is not there is one and the same sentence"
    return str(raised.value)


def test_nothing_that_listens_is_told_with_the_ports() -> None:
    with Double("dead") as double:
        said = refused(double.url)
    assert double.url in said
    assert "--api" in said
    assert "7861" in said


def test_another_program_is_told_apart_from_a_web_ui_without_its_api() -> None:
    with page(404, "hello") as (url, _):
        assert "is no A1111 web UI" in refused(url)
    with page(404, "<script>window.gradio_config</script>") as (url, _):
        assert "whose API is off" in refused(url)
    with page(200, "hello") as (url, _):
        assert "is no A1111 web UI" in refused(url)


def test_a_sweep_of_any_length_takes_one_look_at_a_server() -> None:
    with page(404, "hello") as (url, seen):
        backend = A1111Backend(url=url)
        problems = backend.preflight([spec(seed=seed) for seed in range(50)])
        backend.close()
    assert len(problems) == 50
    assert len(seen) == 2, "one question, and one for what it is instead"


def test_a_login_is_asked_for_and_a_wrong_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Double("auth=artist:se:cret") as double:
        assert "ANIMORCH_A1111_AUTH=user:password" in refused(double.url)
        monkeypatch.setenv("ANIMORCH_A1111_AUTH", "artist:wrong-one")
        said = refused(double.url)
        assert "does not take" in said
        assert "wrong-one" not in said
        monkeypatch.setenv("ANIMORCH_A1111_AUTH", "artist:se:cret")
        with session(double) as backend:
            assert len(backend.render(spec(), quiet)) == 4


def test_credentials_are_in_no_log_record_or_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ANIMORCH_A1111_AUTH", "artist:hush-hush")
    monkeypatch.setenv("ANIMORCH_A1111_HEADERS", "X-Door: open-sesame\n\nX-Two: 2")
    with Double("auth=artist:hush-hush") as double, session(double) as backend:
        backend.render(spec(), quiet)
        told = [caplog.text, repr(backend), str(backend.identity()), str(backend.environment())]
        told += [
            *backend.attachments().values(),
            repr(credentials()),
            repr(backend._workers().workers[0].server),
        ]
    for text in told:
        assert "hush-hush" not in text
        assert "open-sesame" not in text
        assert "YXJ0aXN0Omh1c2gtaHVzaA" not in text, "nor in base64"


def test_further_headers_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMORCH_A1111_HEADERS", "X-Door: open-sesame")
    with page(404, "hello") as (url, seen):
        refused(url)
    assert all(headers["X-Door"] == "open-sesame" for headers in seen)


@pytest.mark.parametrize(
    ("name", "value"), [("AUTH", "no-colon-secret"), ("HEADERS", "X-Good: 1\nno colon secret")]
)
def test_credentials_that_cannot_be_read_are_refused_without_being_repeated(name: str, value: str) -> None:
    with pytest.raises(UsageError) as raised:
        credentials({f"ANIMORCH_A1111_{name}": value})
    assert name in str(raised.value)
    assert "secret" not in str(raised.value)


def test_an_address_with_a_password_in_it_is_refused() -> None:
    with pytest.raises(ValidationError, match="ANIMORCH_A1111_AUTH") as raised:
        A1111Backend(url="http://artist:hush@host:7860")
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("host:7860/", "http://host:7860"),
        ("https://host/ui/sdapi/v1/", "https://host/ui"),
        ("http://host:7860/?__theme=dark", "http://host:7860"),
        ("ftp://host", ""),
    ],
)
def test_addresses_are_read_as_people_write_them(written: str, meant: str) -> None:
    if meant:
        assert A1111Backend(url=written).url == meant
    else:
        with pytest.raises(ValidationError, match="http://host:7860"):
            A1111Backend(url=written)


def test_addresses_and_patience_are_no_part_of_the_identity() -> None:
    one, other = A1111Backend(), A1111Backend(url="http://far:1", timeout=5, poll=0.1, heal=False)
    assert one.identity() == other.identity()
    assert one.identity() != A1111Backend(models={"v15_v2": "mm.ckpt"}).identity()


def test_a_missing_extension_is_told_at_plan_time() -> None:
    with Double(version=None) as double, session(double) as backend:
        (problems,) = backend.preflight([spec()])
    assert "sd-webui-animatediff" in " ".join(problems)
    assert not double.jobs


def test_a_file_put_there_since_the_first_look_is_found_by_reading_the_folders_again() -> None:
    asked = spec(checkpoint={"name": "other", "base": "sd15"})
    few = Stock(checkpoints=(Checkpoint("sd15.safetensors"),))
    with Double(stock=few) as double, session(double) as backend:
        assert backend.preflight([spec()]) == [[]]
        double.webui.stock = Stock()
        assert backend.preflight([asked]) == [[]]
        assert len(backend.render(asked, quiet)) == 4
