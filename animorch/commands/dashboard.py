"""dashboard: MLflow's own pages over the store of a runs folder."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command

_GRACE = 10.0  # seconds the server has to end after Ctrl-C


class Dashboard(Command):
    """Serves until Ctrl-C."""

    name: ClassVar[str] = "dashboard"
    help: ClassVar[str] = "open MLflow's pages on the runs (Ctrl-C ends it)"

    def run(self, words: Sequence[str]) -> int:
        """0 after Ctrl-C; 3 when the server ended by itself. Raises UsageError when there is no store."""
        from animorch.tracking.store import database, default_uri, settled, shown

        asked = _parser().parse_args(list(words))
        uri = default_uri(asked.runs) if asked.uri is None else settled(asked.uri, asked.runs)
        if uri.startswith(("http://", "https://")):
            print(f"{shown(uri)} is a server already: open it in a browser")
            return 0
        path = database(uri)
        if path is not None and not path.is_file():
            raise UsageError(
                f"there is no MLflow store at {path}: no runs yet; render first, or animorch sync"
            )
        port = free_port(asked.host, asked.port)
        if port != asked.port:
            print(f"port {asked.port} is taken; {port} is used instead")
        print(f"MLflow at http://{asked.host}:{port} in a few seconds (Ctrl-C ends it)", flush=True)
        return serve(server_words(uri, asked.host, port))


def free_port(host: str, wished: int) -> int:
    """The wished port, or any free one when it is taken; raises UsageError for a host that is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in (wished, 0):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one just left is free
            try:
                probe.bind((host, port))
                return int(probe.getsockname()[1])
            except (OSError, OverflowError) as error:
                trouble = error
    raise UsageError(f"--host {host} --port {wished} cannot be listened on ({trouble}); try --host 127.0.0.1")


def server_words(uri: str, host: str, port: int) -> list[str]:
    """The command of MLflow's server: one worker, artifacts where the projection puts them."""
    from animorch.tracking.store import artifact_root

    root = artifact_root(uri)
    words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri]
    words += [] if root is None else ["--artifacts-destination", root.as_uri()]
    return [*words, "--host", host, "--port", str(port), "--workers", "1"]


def serve(words: Sequence[str]) -> int:
    """Run the server until it ends or Ctrl-C comes."""
    from animorch.tracking.store import quiet_environment

    with subprocess.Popen(words, env=os.environ | quiet_environment()) as server:
        try:
            code = server.wait()
        except KeyboardInterrupt:
            _end(server)
            return 0
    if code:
        print(f"the MLflow server ended by itself with code {code}; its last lines say why", file=sys.stderr)
    return 3 if code else 0


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch dashboard", description=Dashboard.help, allow_abbrev=False)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the runs folder (default: runs)")
    parser.add_argument("--uri", help="another MLflow store (default: mlflow.db in the runs folder)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5000, help="port to listen on (default: 5000)")
    return parser
