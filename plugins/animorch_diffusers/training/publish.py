"""Publish: what a training made, as fp16 weights to hand on.

    python -m animorch_diffusers.training.publish RESULT FOLDER NAME [VAE]

RESULT is a run's result folder, or one .safetensors file of it. Of base_image and base_motion, FOLDER/model
becomes a diffusers checkpoint (with the VAE of the folder VAE, where given); of base_motion and motion,
FOLDER/motion/NAME a motion module; of a file, FOLDER/NAME.safetensors.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from animorch import AnimorchError, UsageError
from animorch_diffusers.training.export import placed, placed_file

_WEIGHTS = "*.safetensors"
_MODULES = ("motion", "adapter")  # what base_motion and motion call it


def publish(result: Path, folder: Path, name: str, vae: Path | None = None) -> int:
    """Write the folder; returns the bytes of all weights in it. Raises UsageError when there are none."""
    module = next((result / kind for kind in _MODULES if (result / kind).is_dir()), None)
    if result.is_file():
        with placed_file(folder / f"{name}.safetensors") as file:
            _halve(result, file)
    elif module is None and not (result / "model").is_dir():
        raise UsageError(f"{result} has neither model/ nor motion/ nor adapter/; give a training's result")
    if (result / "model").is_dir():
        with placed(folder / "model") as model:
            _copied(result / "model", model)
            if vae is not None:
                shutil.rmtree(model / "vae")
                shutil.copytree(vae, model / "vae")
            _halve_all(model)
    if module is not None:
        with placed(folder / "motion" / name) as motion:
            _copied(module, motion)
            _halve_all(motion)
    return sum(file.stat().st_size for file in folder.rglob(_WEIGHTS))


def _copied(source: Path, folder: Path) -> None:
    """A copy whose configs no longer say from which folder of this machine a part was loaded."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    for path in folder.rglob("config.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        if config.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _halve_all(folder: Path) -> None:
    for path in folder.rglob(_WEIGHTS):
        _halve(path, path)


def _halve(source: Path, target: Path) -> None:
    """A weight file as fp16; raises UsageError when a number is too large for it."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(source)
    halves = {name: value.half() if value.is_floating_point() else value for name, value in tensors.items()}
    wrong = [name for name, value in halves.items() if not value.isfinite().all()]
    if wrong:
        raise UsageError(f"{source} cannot be written in fp16: {wrong[0]} is not finite there; train on")
    save_file(halves, target, metadata={"format": "pt"})


def main(words: list[str]) -> int:
    if len(words) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        vae = Path(words[3]) if len(words) == 4 else None
        print(publish(Path(words[0]), Path(words[1]), words[2], vae), "bytes of weights")
    except AnimorchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
