"""The hooks by which plugins are offered."""

from __future__ import annotations

import pluggy

from animorch.plugin import Backend, Captioner, Command, Metric, PostStep, Trainer

GROUP = "animorch"  # entry-point group and pluggy project name
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def animorch_backends() -> list[type[Backend]]:
    """Return the Backend classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_post_steps() -> list[type[PostStep]]:
    """Return the PostStep classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_metrics() -> list[type[Metric]]:
    """Return the Metric classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_trainers() -> list[type[Trainer]]:
    """Return the Trainer classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_captioners() -> list[type[Captioner]]:
    """Return the Captioner classes this plugin offers."""
    raise NotImplementedError


@hookspec
def animorch_commands() -> list[type[Command]]:
    """Return the Command classes this plugin offers."""
    raise NotImplementedError
