"""Publish: a finished run as fp16 weights.

    python -m animorch_diffusers.training.publish PARTS VAE FOLDER NAME

PARTS is a run's `parts`, VAE the folder of the finished VAE. FOLDER/model becomes a diffusers checkpoint
and FOLDER/motion/NAME a motion module.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from animorch_diffusers.training.export import placed
from animorch_diffusers.training.parts import MODEL, MOTION

_WEIGHTS = "*.safetensors"


def publish(parts: Path, vae: Path, folder: Path, name: str) -> int:
    """Write the folder; returns the bytes of all weights in it."""
    with placed(folder / MODEL) as model:
        shutil.copytree(parts / MODEL, model, dirs_exist_ok=True, ignore=shutil.ignore_patterns("vae"))
        shutil.copytree(vae, model / "vae", ignore=shutil.ignore_patterns("recipe.json"))
        _halved(model)
    if (parts / MOTION).is_dir():
        with placed(folder / MOTION / name) as motion:
            shutil.copytree(parts / MOTION, motion, dirs_exist_ok=True)
            _halved(motion)
    return sum(file.stat().st_size for file in folder.rglob(_WEIGHTS))


def _halved(folder: Path) -> None:
    """Every weight file in it as fp16."""
    import torch
    from safetensors.torch import load_file, save_file

    for path in folder.rglob(_WEIGHTS):
        tensors = load_file(path)
        floats = {
            name: value.half() if value.is_floating_point() else value for name, value in tensors.items()
        }
        assert all(torch.isfinite(value).all() for value in floats.values()), path
        save_file(floats, path, metadata={"format": "pt"})


if __name__ == "__main__":
    parts, vae, folder = (Path(word) for word in sys.argv[1:4])
    print(publish(parts, vae, folder, sys.argv[4]), "bytes of weights")
