"""Server: one A1111 web UI, spoken to over HTTP and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from animorch import BackendError
from animorch_a1111.credentials import AUTH, Credentials

if TYPE_CHECKING:  # an HTTP client costs 0.1 s, and `plan` imports every plugin
    import ssl

    import httpx

API = "/sdapi/v1"
_GATEWAY = range(502, 600)  # a proxy's answers, in its own name: the server behind may well work on
_CONNECT = 5.0  # seconds for a connection
_READ = 30.0  # seconds for the answer to a question that needs no computing


class Away(BackendError):
    """No connection came about, so nothing was sent. `gone`: the machine says that no process listens."""

    def __init__(self, sentence: str, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


class Lost(BackendError):
    """The connection broke after the request was sent: the server may be at work on it."""


class Slow(Lost):
    """No answer in time."""


class Refused(BackendError):
    """The server answered with an error to a question that should have none."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Reply:
    """An answer: status, its JSON (or its text where it is none), and the server's seconds."""

    status: int
    body: Any
    seconds: str = ""

    @property
    def said(self) -> str:
        """What an error says of itself: webui puts it into `detail`, or into `errors`."""
        body = self.body if isinstance(self.body, Mapping) else {}
        named = [body.get(key) for key in ("detail", "errors") if body.get(key)]
        text = json.dumps(named[0]) if named and not isinstance(named[0], str) else str(*named[:1])
        kind = body.get("error") if isinstance(body.get("error"), str) else ""
        return " ".join(f"{kind} {text or str(self.body)[:120]}".split())[:300]


@dataclass(frozen=True)
class State:
    """What the server is at, by its own account, which is of the whole server and not of one job."""

    busy: bool = False
    fraction: float = 0.0  # 0 to 1
    step: int = 0
    steps: int = 0
    interrupted: bool = False  # the last job was, or was skipped, which ends it as early; by whatever hand

    @property
    def ending(self) -> bool:
        """Whether an interrupt has met the job before its last step, so that it will not be finished."""
        return self.busy and self.interrupted and self.step + 1 < self.steps


@dataclass
class Server:
    """Questions to one server. Safe for threads. Raises Away, Lost, Refused, each with a sentence."""

    url: str
    credentials: Credentials = field(default_factory=Credentials)
    connect: float = _CONNECT
    _client: httpx.Client | None = field(default=None, repr=False)
    _opening: Lock = field(default_factory=Lock, repr=False)

    def get(self, path: str, *, read: float = _READ) -> Any:
        """The JSON at a path."""
        return self._good(path, self._asked("GET", path, None, read)).body

    def post(self, path: str, body: Any = None, *, read: float | None = _READ) -> Any:
        """The JSON of the answer to a request that may be repeated without harm."""
        return self._good(path, self._asked("POST", path, body, read)).body

    def state(self, read: float = _READ) -> State:
        """What it is at; the preview is not asked for, since it costs a decode."""
        body = self.get(f"{API}/progress?skip_current_image=true", read=read)
        said = body if isinstance(body, Mapping) else {}
        state: Mapping[str, Any] = said.get("state") or {}
        fraction = _number(said.get("progress"))
        return State(
            busy=bool(state.get("job") or _number(state.get("job_count")) or fraction),
            fraction=min(1.0, max(0.0, fraction)),
            step=int(_number(state.get("sampling_step"))),
            steps=int(_number(state.get("sampling_steps"))),
            interrupted=bool(state.get("interrupted") or state.get("skipped")),
        )

    def interrupt(self) -> None:
        """Stop the job in hand at its next step; without one nothing happens."""
        self.post(f"{API}/interrupt")

    def generate(self, route: str, body: Mapping[str, Any]) -> Reply:
        """Send a job and wait for its end without limit, on a connection of its own; never sent twice."""
        with self._opened(alone=True) as client:
            reply = self._sent(client, "POST", f"{API}/{route}", body, None)
        if reply.status in _GATEWAY:
            raise Lost(
                f"{self.url}: the proxy before it gave up waiting ({reply.status}), so let it wait longer"
            )
        return reply

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _asked(self, method: str, path: str, body: Any, read: float | None) -> Reply:
        """A question that may be asked again: a kept connection may have been closed by the server."""
        with self._opening:
            client = self._client = self._client or self._opened()
        try:
            return self._sent(client, method, path, body, read)
        except Slow:
            raise
        except Lost:
            return self._sent(client, method, path, body, read)

    def _sent(self, client: httpx.Client, method: str, path: str, body: Any, read: float | None) -> Reply:
        import httpx

        patience = httpx.Timeout(read, connect=min(self.connect, read or self.connect))
        try:
            answer = client.request(method, path, json=body, timeout=patience)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Away(_nothing(self.url), _refused(error)) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Away(f"{self.url} is no address; write backend.url as http://host:7860") from error
        except httpx.TimeoutException as error:
            raise Slow(f"{self.url}: no answer in {read:g} seconds") from error
        except httpx.HTTPError as error:
            raise Lost(f"{self.url}: the connection broke ({type(error).__name__})") from error
        return Reply(answer.status_code, _parsed(answer), answer.headers.get("x-process-time", ""))

    def _good(self, path: str, reply: Reply) -> Reply:
        if reply.status == 401:
            raise Refused(_unknown(self), 401)
        if reply.status != 200:
            path = path.partition("?")[0]
            raise Refused(f"{self.url}{path} answers {reply.status}: {reply.said}", reply.status)
        return reply

    def _opened(self, alone: bool = False) -> httpx.Client:
        """A client; of one `alone` no connection is kept, so that none is stale when a job is sent."""
        import httpx

        limits = httpx.Limits(max_keepalive_connections=0 if alone else 4)
        verify = _certificates() if self.url.startswith("https:") else False
        proxied = _proxied(self.url)
        transport = httpx.HTTPTransport(verify=verify, limits=limits, socket_options=_alive())
        return httpx.Client(
            base_url=self.url,
            auth=self.credentials.auth,
            headers=dict(self.credentials.headers),
            transport=None if proxied else transport,  # with one of its own httpx asks no proxy
            verify=verify,
            limits=limits,
        )


def _proxied(url: str) -> bool:
    """Whether the environment sends it through a proxy, which is no way to this machine itself."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    host = parts.hostname or ""
    here = host == "localhost" or host.startswith("127.") or host == "::1"
    return not here and bool({parts.scheme, "all"} & getproxies().keys()) and not proxy_bypass(host)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """The usual ones; reading them takes longer than a question, so it is done once."""
    import httpx

    return httpx.create_ssl_context()


def _alive() -> list[tuple[int, int, int]]:
    """TCP keep-alive: a job's connection is silent to its end, and routers forget silent ones."""
    import socket

    named = [("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)]
    fine = [(socket.IPPROTO_TCP, getattr(socket, key), value) for key, value in named if hasattr(socket, key)]
    return [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *fine]


def _nothing(url: str) -> str:
    return (
        f"nothing answers at {url}; start the web UI with --api (it takes port 7860, with --nowebui 7861), "
        "or set backend.url"
    )


def _unknown(server: Server) -> str:
    if server.credentials.auth is None:
        return f"{server.url} asks for a user and a password; set {AUTH}=user:password"
    return f"{server.url} does not take the user and password of {AUTH}; compare them with its --api-auth"


def _refused(error: BaseException | None) -> bool:
    """Whether the machine itself said that nothing listens there."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _parsed(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
