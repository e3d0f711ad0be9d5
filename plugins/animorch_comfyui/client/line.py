"""Line: HTTP to one server, with tries again, and a sentence for what does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from animorch_comfyui.client.credentials import HEADERS, TOKEN, credentials
from animorch_comfyui.client.failure import Barred, Gone, short
from animorch_comfyui.client.pace import Pace

if TYPE_CHECKING:
    import httpx

CONNECT = 5.0  # seconds
TRIES = 4
Answer = TypeVar("Answer")


class Passing(Exception):
    """A fault that may pass: no connection, 5xx, 429. Its text is a sentence."""

    def __init__(self, sentence: str, code: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code  # of the answer, where there was one

    @property
    def untouched(self) -> bool:
        """Whether the server says that it did nothing of what was asked, which a proxy cannot know."""
        return self.code in (429, 500)


class Line:
    """One server's HTTP interface, for several threads. Closed, it opens again when it is used."""

    def __init__(self, url: str, pace: Pace) -> None:
        self.url, self._pace = url, pace
        self.root = "/"  # `/api/` behind a proxy that lets nothing else through
        self._client: httpx.Client | None = None
        self._lock = Lock()

    def get(self, path: str, tries: int = TRIES, **query: Any) -> Any:
        """The JSON at `path`, null where there is nothing; raises Gone."""
        answer = self.send("GET", path, tries, params=query)
        return None if answer.status_code == 404 else self.json(answer)

    def send(self, method: str, path: str, tries: int = TRIES, **what: Any) -> httpx.Response:
        """An answer below 500 that is none of 401, 403, 429; raises Gone after `tries`."""
        return self.patiently(lambda: self.once(method, path, **what), tries)

    def patiently(self, deed: Callable[[], Answer], tries: int = TRIES) -> Answer:
        """Do it again while it raises Passing, with growing pauses; raises Gone after `tries`."""
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay
        from tenacity.wait import wait_random_exponential

        again = Retrying(
            retry=retry_if_exception_type(Passing),
            stop=stop_after_attempt(tries) | stop_after_delay(self._pace.answer),
            wait=wait_random_exponential(multiplier=self._pace.backoff, max=8),
            reraise=True,
        )
        try:
            return again(deed)
        except Passing as error:
            raise Gone(str(error)) from error

    def once(self, method: str, path: str, **what: Any) -> httpx.Response:
        """One request; raises Passing, or Gone for what trying again cannot cure."""
        with self._told():
            answer = self._opened().request(method, self.root + path, **what)
        return self._judged(answer, f"{method} {path}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except httpx.TimeoutException as error:
            raise Passing(
                f"{self.url} did not answer in time ({type(error).__name__}); look at its log, or raise "
                "backend.answer"
            ) from error
        except (httpx.ConnectError, httpx.InvalidURL) as error:
            raise Passing(
                f"nothing answers at {self.url} ({short(error) or type(error).__name__}); start ComfyUI "
                "there, or set backend.url"
            ) from error
        except httpx.RequestError as error:
            raise Passing(
                f"{self.url} broke off ({short(error) or type(error).__name__}); see its log"
            ) from error

    def _judged(self, answer: httpx.Response, asked: str) -> httpx.Response:
        code = answer.status_code
        if code in (401, 403):
            raise Barred(
                f"{self.url} lets nobody in without credentials ({code} for {asked}); set {TOKEN}, or "
                f"{HEADERS} for other headers, in the environment"
            )
        if code == 429 or code >= 500:
            sentence = f"{self.url} answers {asked} with {code} {short(answer.text)}; see the server's log"
            raise Passing(sentence, code)
        return answer

    def json(self, answer: httpx.Response) -> Any:
        """What a ComfyUI says; raises Gone when it is something else."""
        try:
            if answer.is_success:
                return answer.json()
        except ValueError:
            pass
        raise self.stranger(answer)

    def stranger(self, answer: httpx.Response) -> Barred:
        kind = answer.headers.get("content-type", "no content type")
        said = (
            f"{answer.request.url.path} gave {answer.status_code}, {kind}: {short(answer.text) or 'nothing'}"
        )
        return Barred(f"what answers at {self.url} is no ComfyUI ({said}); check backend.url")

    def _opened(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    base_url=self.url,
                    auth=_signed,
                    timeout=httpx.Timeout(self._pace.answer, connect=min(CONNECT, self._pace.answer)),
                    headers={"User-Agent": "animorch"},
                    follow_redirects=False,  # credentials stay with the server that they are for
                )
            return self._client

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


def _signed(request: httpx.Request) -> httpx.Request:
    request.headers.update(credentials())
    return request
