"""comfyui: clips rendered by ComfyUI servers with AnimateDiff-Evolved."""

from __future__ import annotations

from animorch import Backend, Command, hookimpl
from animorch_comfyui.backend import ComfyUIBackend
from animorch_comfyui.workflow.command import ComfyUICommand


@hookimpl
def animorch_backends() -> list[type[Backend]]:
    return [ComfyUIBackend]


@hookimpl
def animorch_commands() -> list[type[Command]]:
    return [ComfyUICommand]
