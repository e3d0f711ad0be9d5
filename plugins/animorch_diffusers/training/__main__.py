"""python -m animorch_diffusers.training CONFIG.yaml: run a training stage, or go on with it."""

from __future__ import annotations

import sys
from pathlib import Path

from animorch import AnimorchError
from animorch_diffusers.training.recipe import VaeRun, read


def main(words: list[str]) -> int:
    if len(words) != 1:
        print("usage: python -m animorch_diffusers.training CONFIG.yaml", file=sys.stderr)
        return 2
    try:
        run = read(Path(words[0]))
        from animorch_diffusers.training.loop import Stage, train

        stage: Stage
        if isinstance(run, VaeRun):
            from animorch_diffusers.training.vae import VaeStage

            stage = VaeStage(run)
        else:
            from animorch_diffusers.training.base import BaseStage

            stage = BaseStage(run)
        train(run, stage)
    except AnimorchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
