"""The backend `diffusers`: AnimateDiffPipeline in this process."""

from __future__ import annotations

from animorch import Backend, hookimpl
from animorch_diffusers.backend import DiffusersBackend

__all__ = ["DiffusersBackend"]


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    return [DiffusersBackend]
