"""Checkpoint: a run's whole state in one file, written beside and renamed into place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from animorch import TrainingError, WeightsError

_NAME = "state.pt"


def save(folder: Path, state: dict[str, Any]) -> None:
    """Replace the folder's checkpoint; a kill at any moment leaves the old one or the new one."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{_NAME}"
    try:
        with beside.open("wb") as stream:
            torch.save(state, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, folder / _NAME)
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError
        raise TrainingError(
            f"the checkpoint {folder / _NAME} could not be written ({error}); the one before it is kept; "
            "check the folder and the disk space"
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def load(folder: Path) -> dict[str, Any] | None:
    """The folder's checkpoint, or None when it has none."""
    import torch

    path = folder / _NAME
    if not path.is_file():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)  # type: ignore[no-any-return]
    except Exception as error:  # torch, zip and pickle each raise their own
        raise WeightsError(
            f"the checkpoint {path} cannot be read ({error}); remove it to begin again"
        ) from error
