"""Survey: one look round a server: whether it is one, whether it lets us in, and what it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from animorch import BackendError
from animorch_a1111.offers import Model, Offers, offers
from animorch_a1111.server import API, Refused, Server, Slow


class Stranger(BackendError):
    """What answers is no A1111 web UI with its API on."""


def survey(server: Server) -> Offers:
    """What the server has; raises Away, Refused or Stranger with what to do."""
    options = _options(server)
    return offers(
        samplers=_list(server, f"{API}/samplers"),
        schedulers=_list_or_none(server, f"{API}/schedulers"),
        models=_list(server, f"{API}/sd-models"),
        script_info=_list(server, f"{API}/script-info"),
        options=options,
        loras=_list(server, f"{API}/loras"),
        vaes=_list(server, f"{API}/sd-vae") or _list(server, f"{API}/sd-modules"),
        embeddings=_mapping_or_none(server, f"{API}/embeddings"),
        controls=_mapping_or_none(server, "/controlnet/model_list"),
    )


def checkpoints(server: Server) -> tuple[Model, ...]:
    """The checkpoints with the hashes that they have by now; a file's is known once it was loaded."""
    models = _list(server, f"{API}/sd-models")
    return offers(samplers=(), schedulers=None, models=models, script_info=(), options={}).checkpoints


def refresh(server: Server) -> None:
    """Have the server read its folders again, for a file that was put there since it started.

    It does so between two jobs only; with a long one under way its lists stay as they are.
    """
    for what in ("checkpoints", "loras", "vae", "embeddings"):
        try:
            server.post(f"{API}/refresh-{what}")
        except Refused:  # an older server, which has not every one
            continue
        except Slow:
            return


def extension_version(server: Server) -> str | None:
    """AnimateDiff's tag or commit; None where it is no git clone, or the server does not tell."""
    for one in _list(server, f"{API}/extensions"):
        if isinstance(one, Mapping) and "animatediff" in str(one.get("name", "")).lower():
            return str(one.get("version") or one.get("commit_hash") or "")[:40] or None
    return None


def _options(server: Server) -> Mapping[str, Any]:
    """The options, which every web UI with its API on has."""
    try:
        found = server.get(f"{API}/options")
    except Refused as error:
        if error.status == 401:
            raise
        raise Stranger(_without_api(server) if error.status == 404 else str(error)) from error
    if not isinstance(found, Mapping) or not found:
        raise Stranger(_another(server))
    return found


def _without_api(server: Server) -> str:
    """A web UI without --api answers its own page; anything else is another program."""
    try:
        page = str(server.get("/"))
    except Refused:
        page = ""
    if "gradio" in page.lower() or "stable diffusion" in page.lower():
        return f"{server.url} is a web UI whose API is off; start it with --api"
    return _another(server)


def _another(server: Server) -> str:
    return (
        f"{server.url} answers, and is no A1111 web UI with an API; set backend.url to one (port 7860, with "
        "--nowebui 7861), started with --api"
    )


def _list(server: Server, path: str) -> list[Any]:
    return _list_or_none(server, path) or []


def _list_or_none(server: Server, path: str) -> list[Any] | None:
    """None for a path that this server does not have."""
    found = _found(server, path)
    if isinstance(found, Mapping):  # script-info and others are lists; a mapping is another program's
        return None
    return list(found) if isinstance(found, list) else None


def _mapping_or_none(server: Server, path: str) -> Mapping[str, Any] | None:
    found = _found(server, path)
    return found if isinstance(found, Mapping) else None


def _found(server: Server, path: str) -> Any:
    try:
        return server.get(path)
    except Refused as error:
        if error.status == 401:
            raise
        return None
