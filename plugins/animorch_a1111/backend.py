"""A1111Backend: AnimateDiff clips rendered by web UIs, each verified before it is believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from multiprocessing.util import Finalize
from threading import Lock, local
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from animorch import Backend, Clip, Finding, Progress, RenderSpec, Unsupported, UsageError
from animorch_a1111.attended import Pace
from animorch_a1111.credentials import AUTH, credentials
from animorch_a1111.crew import Crew
from animorch_a1111.kept import Made
from animorch_a1111.refusals import unsupported
from animorch_a1111.server import Server
from animorch_a1111.worker import Worker


class A1111Backend(Backend):
    """AUTOMATIC1111's API with sd-webui-animatediff. One job at a time a server; no reply is trusted."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an address may hold a password

    name: ClassVar[str] = "a1111"
    version: ClassVar[str] = "1"

    url: str = Field("http://127.0.0.1:7860", description="Address of the web UI, started with --api.")
    urls: tuple[str, ...] = Field((), description="Several servers, each with a worker; instead of url.")
    models: dict[str, str] = Field({}, description="Name of weights here: the server's own name for them.")
    heal: bool = Field(
        True,
        description="After an AnimateDiff error render one small frame, which takes motion modules out of "
        "the server's UNet; false stops there.",
    )
    timeout: float | None = Field(
        None, gt=0, description="Seconds for one clip, with loading; then it is interrupted. null: any time."
    )
    poll: float = Field(0.5, gt=0, le=0.5, description="Seconds between looks at the progress.")
    patience: float = Field(
        60.0, gt=0, description="Seconds without a sign of life after which a server counts as lost."
    )

    _crew: Crew | None = PrivateAttr(None)
    _last: Finalize | None = PrivateAttr(None)
    _making: Lock = PrivateAttr(default_factory=Lock)
    _made: local = PrivateAttr(default_factory=local)  # what the render in this thread came to

    @field_validator("urls", mode="before")
    @classmethod
    def _one_is_a_list(cls, urls: Any) -> Any:
        return [urls] if isinstance(urls, str) else urls

    @field_validator("url", "urls")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        return _address(value) if isinstance(value, str) else tuple(dict.fromkeys(map(_address, value)))

    def identity(self) -> dict[str, Any]:
        """Which server, and how patiently it is asked, changes no pixel; what is chosen there does."""
        return {"name": self.name, "version": self.version, "models": dict(self.models)}

    def lanes(self) -> int:
        return len(self._urls())

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        return unsupported(spec)

    def preflight(self, specs: Sequence[RenderSpec]) -> list[list[str]]:
        """What no server could honour, then what the servers that answer lack; one look at each."""
        always = [list(self.unsupported(spec)) for spec in specs]
        if all(always):
            return always
        try:
            lacking = self._workers().problems(specs)
        except UsageError as error:
            lacking = [[str(error)] for _ in specs]
        return [list(dict.fromkeys([*own, *found])) for own, found in zip(always, lacking, strict=True)]

    def notes(self, spec: RenderSpec) -> Iterable[str]:
        from animorch_a1111.notes import notes

        yield from notes(spec)
        yield from [*self._crew.silent(), *self._crew.unlike()] if self._crew else ()

    def examine(self, specs: Sequence[RenderSpec]) -> Iterable[Finding]:
        from animorch_a1111.examine import examined

        return examined(self._workers(), specs, self.unsupported)

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        """Render on whichever server is free. Raises BackendError; not one wrong clip is returned."""
        if problems := list(self.unsupported(spec)):
            raise Unsupported("; ".join(problems))
        self._made.last = None
        made = self._workers().render(spec, progress)
        self._made.last = made
        return Clip(made.frames)

    def environment(self) -> dict[str, str]:
        """Versions, hashes and the sampler as the server used it."""
        made: Made | None = getattr(self._made, "last", None)
        return dict(made.facts) if made else {}

    def attachments(self) -> dict[str, str]:
        """The payload without its pictures, and the server's infotext."""
        made: Made | None = getattr(self._made, "last", None)
        return dict(made.texts) if made else {}

    def close(self) -> None:
        """Heal what needs it, give every server its options back, and hang up."""
        with self._making:
            crew, self._crew = self._crew, None
            if self._last is not None:
                self._last.cancel()
        if crew is not None:
            crew.close()

    def _urls(self) -> tuple[str, ...]:
        return self.urls or (self.url,)

    def _workers(self) -> Crew:
        """The workers; a process that ends without close(), as a launcher's may, gives the options back."""
        with self._making:
            if self._crew is None:
                shown = credentials()
                pace = Pace(self.poll, self.timeout, self.patience)
                self._crew = Crew(
                    [Worker(Server(url, shown), pace, self.models, self.heal) for url in self._urls()]
                )
                self._last = Finalize(None, self._crew.close, exitpriority=10)
            return self._crew


def _address(url: str) -> str:
    """An address without a slash at its end; a bare host:port is http. Raises ValueError."""
    url = url.strip().rstrip("/")
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise ValueError("write the address as http://host:7860")
    if parts.username or parts.password:
        raise ValueError(f"the address holds a user or password, which would be recorded; set {AUTH} instead")
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))  # a browser shows ?__theme=dark
    return bare.rstrip("/").removesuffix("/sdapi/v1")
