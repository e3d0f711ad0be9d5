"""a1111: clips rendered by AUTOMATIC1111's web UI with sd-webui-animatediff, over its API."""

from __future__ import annotations

from animorch import Backend, hookimpl


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    from animorch_a1111.backend import A1111Backend

    return [A1111Backend]
