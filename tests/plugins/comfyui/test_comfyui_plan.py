"""What a plan tells of a server's textual inversions, and of words that it takes in its own way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from animorch_comfyui.client.pace import Pace
from animorch_comfyui.client.server import Server
from comfyui_graphs import server as signatures
from comfyui_serving import hurried, tiny

from tests.doubles.comfyui import Double


@pytest.fixture
def taciturn() -> Iterator[str]:
    """A server that has nodes and says nothing else."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/object_info"
            said = json.dumps(signatures().info() if known else {}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        thread = Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_a_textual_inversion_that_the_server_lacks_is_told_in_the_plan(double: Double) -> None:
    backend = hurried(double)
    words = {"prompt": "a fox, badhand", "embeddings": [{"name": "badhand"}]}
    ((sentence,),) = backend.preflight([tiny(**words)])
    backend.close()
    assert "embeddings[0]=badhand: the server has no file badhand; close are badhands" in sentence


def test_one_that_it_has_is_not(double: Double) -> None:
    backend = hurried(double)
    words = {"negative_prompt": "badhands", "embeddings": [{"name": "badhands"}]}
    assert backend.preflight([tiny(**words)]) == [[]]
    backend.close()


def test_a_server_that_does_not_list_them_is_believed_to_have_them(taciturn: str, cache: object) -> None:
    server = Server(taciturn, Pace(backoff=0.01, answer=2))
    offers = server.offers()
    server.close()
    assert offers.has("KSampler")
    assert offers.embeddings is None


def test_words_that_comfyui_takes_in_its_own_way_are_noted() -> None:
    backend = hurried("http://127.0.0.1:1")
    (note,) = backend.notes(tiny(prompt="a fox (sleeping)"))
    assert "weight 1.1" in note
    assert list(backend.notes(tiny())) == []
