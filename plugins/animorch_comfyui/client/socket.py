"""Socket: one server's websocket, which tells how far jobs are. What is true is asked elsewhere."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from animorch_comfyui.client.credentials import credentials
from animorch_comfyui.client.line import Line
from animorch_comfyui.client.pace import Pace

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

Message = dict[str, Any]
Listener = Callable[[Message], None]
PATIENCE = 2.0  # seconds for opening, and for an answer to a ping
LONGEST = 10.0  # seconds between two tries to connect
_quiet = logging.getLogger(f"{__name__}.connection")
_quiet.setLevel(logging.INFO)  # below it websockets logs every header, credentials among them
LARGEST = 64 * 2**20  # bytes of a message; an error carries its node's inputs as text


class Socket:
    """Reads in a thread of its own while somebody listens, and connects again when it is cut off."""

    def __init__(self, line: Line, client_id: str, pace: Pace) -> None:
        self._line, self._client_id, self._pace = line, client_id, pace
        self._listeners: dict[str, list[Listener]] = {}
        self._unheard: deque[tuple[str, Message]] = deque(maxlen=1000)  # of jobs whose id is not known yet
        self._lock = Lock()
        self._thread: Thread | None = None
        self._ending, self._tried = Event(), Event()
        self._connection: ClientConnection | None = None
        self._renewing = False
        self._count = 0  # of connections
        self.session: int | None = None  # while it is not cut off, renewed or not; null when it is

    def listen(self, job: str, listener: Listener) -> None:
        """Give a job's messages to `listener`, in the socket's thread; waits for the first try to connect."""
        with self._lock:
            self._listeners.setdefault(job, []).append(listener)
            missed = [message for named, message in self._unheard if named == job]
            if self._thread is None:
                self._ending, self._tried = Event(), Event()
                self._thread = Thread(target=self._run, args=(self._ending,), name="comfyui", daemon=True)
                self._thread.start()
        for message in missed:
            listener(message)
        self._tried.wait(PATIENCE)

    def ignore(self, job: str, listener: Listener) -> None:
        with self._lock:
            rest = [other for other in self._listeners.pop(job, []) if other is not listener]
            if rest:
                self._listeners[job] = rest

    def holds(self) -> bool:
        """Whether the connection that it had is still there; asks the server."""
        connection = self._connection
        if connection is None:
            return False
        with suppress(Exception):
            return connection.ping().wait(PATIENCE)
        return False

    def renew(self) -> None:
        """Connect again: a socket may fall silent without being closed."""
        if (connection := self._connection) is not None:
            self._renewing = True
            with suppress(Exception):
                connection.close()

    def close(self) -> None:
        """End the thread; listening starts another."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._ending.set()
        self.renew()
        if thread is not None:
            thread.join(2 * PATIENCE)

    def _run(self, ending: Event) -> None:
        pause = self._pace.backoff
        while not ending.is_set():
            before = self._count
            with suppress(Exception):  # whatever a socket raises, jobs are followed without it
                self._read(ending)
            opened = self._count > before
            if not (opened and self._renewing):
                self.session = None  # a renewal that fails is a break as well
            pause = self._pace.backoff if opened else min(2 * pause, LONGEST)
            self._connection = None
            self._tried.set()
            ending.wait(pause)

    def _read(self, ending: Event) -> None:
        from websockets.sync.client import connect

        with connect(
            _address(self._line.url, self._line.root, self._client_id),
            additional_headers=credentials(),
            open_timeout=PATIENCE,
            close_timeout=1,
            logger=_quiet,
            max_size=LARGEST,
        ) as connection:
            self._connection, self._count = connection, self._count + 1
            self.session = self._count if self.session is None else self.session
            self._renewing = False
            self._tried.set()
            if not ending.is_set():  # else close() came before there was a connection to close
                for text in connection:
                    if isinstance(text, str):  # bytes are preview pictures
                        self._hear(text)

    def _hear(self, text: str) -> None:
        with suppress(ValueError):
            message = json.loads(text)
            data = message.get("data") if isinstance(message, Mapping) else None
            job = data.get("prompt_id") if isinstance(data, Mapping) else None
            with self._lock:
                listeners = list(self._listeners.get(str(job), ()))
                if job and not listeners:
                    self._unheard.append((str(job), message))
            for listener in listeners:
                listener(message)


def _address(url: str, root: str, client_id: str) -> str:
    """http://host/path becomes ws://host/path/ws?clientId=ID."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    path = f"{parts.path.rstrip('/')}{root}ws"
    return urlunsplit((scheme, parts.netloc, path, f"clientId={client_id}", ""))
