"""A hub on this machine: enough of huggingface.co's protocol for one client, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_TREE = re.compile(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)")


@dataclass
class Hub:
    """Repositories by name, each file by its path; what was asked of it is kept in `asked`."""

    address: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    cut_at: int | None = None  # bytes of a GET after which the line drops, and the hub stays down
    down: bool = False
    spoils: bool = False  # sends other bytes than the etag promises
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, file, range

    def got(self) -> list[tuple[str, str]]:
        """File and range of each GET of a file."""
        return [(file, span) for method, file, span in self.asked if method == "GET"]


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        told = hub

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told: Hub

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if tree := _TREE.fullmatch(path):
            return self._tree(tree[1])
        asked = _RESOLVE.fullmatch(path)
        if asked is None:
            return self._error(404, "EntryNotFound")
        repo, revision, file = asked.groups()
        self.told.asked.append((self.command, file, self.headers.get("Range", "")))
        if self.told.down:
            return self._error(503, "")
        if repo not in self.told.files:
            return self._error(404, "RepoNotFound")
        if repo in self.told.gated:
            return self._error(403, "GatedRepo")
        if revision not in ("main", COMMIT):
            return self._error(404, "RevisionNotFound")
        if file not in self.told.files[repo]:
            return self._error(404, "EntryNotFound")
        return self._file(self.told.files[repo][file], with_body)

    def _file(self, content: bytes, with_body: bool) -> None:
        start = int(re.sub(r"\D", "", self.headers.get("Range", "")) or 0)
        sent = bytes(len(content)) if self.told.spoils else content
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Linked-Size", str(len(content)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if not with_body:
            return
        if self.told.cut_at is None:
            self.wfile.write(sent[start:])
            return
        self.wfile.write(sent[start : start + self.told.cut_at])
        self.wfile.flush()
        self.told.down, self.close_connection = True, True

    def _tree(self, repo: str) -> None:
        listed = [
            {"type": "file", "path": path, "size": len(content), "oid": "0" * 40}
            for path, content in self.told.files.get(repo, {}).items()
        ]
        self._send(200, json.dumps(listed).encode())

    def _error(self, code: int, name: str) -> None:
        self._send(code, b"", name)

    def _send(self, code: int, body: bytes, error: str = "") -> None:
        self.send_response(code)
        if error:
            self.send_header("X-Error-Code", error)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
