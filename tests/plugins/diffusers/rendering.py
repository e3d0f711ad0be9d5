"""Rendering: a spec through a backend, with nobody watching the progress."""

from __future__ import annotations

from animorch import Backend, Clip, RenderSpec


def render(backend: Backend, spec: RenderSpec) -> Clip:
    return backend.render(spec, lambda step, total: None)
