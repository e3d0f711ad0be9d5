"""Weights: a network's file, named in the options, found and known by its content."""

from __future__ import annotations

from pathlib import Path

from animorch import Weights


def needed(name: str, path: str | None, advice: str) -> str:
    """The path; raises ValueError with advice on where to get the file when there is none."""
    if path is None:
        raise ValueError(f"{name} needs weights; {advice}")
    return path


def local(name: str, path: str) -> Path:
    """Where the file or folder lies; raises UsageError when it is not there."""
    return Weights(name=name, path=path).local()


def content(name: str, path: str) -> str:
    """sha256:… of it; raises UsageError when it is not there."""
    return Weights(name=name, path=path).content()
