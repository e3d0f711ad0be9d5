"""Module: what kind of motion module an experiment has, as far as advice asks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import inf

from animorch.spec.experiment import Experiment
from animorch.spec.render import Lora
from animorch.spec.weights import Weights

_SIDE = {"sd15": 512, "sdxl": 1024, "embedded": 64}  # pixels that a checkpoint was trained at


def called(weights: Weights, *words: str) -> bool:
    """Whether one of the words (lower case) is in the names that these weights go by."""
    return _called(weights.name, weights.path, weights.repo, weights.file, words)


@lru_cache(maxsize=512)  # a sweep asks it of the same weights at every point
def _called(name: str, path: str | None, repo: str | None, file: str | None, words: tuple[str, ...]) -> bool:
    names = f"{name} {path or ''} {repo or ''} {file or ''}".lower()
    return any(word in names for word in words)


def is_lcm(experiment: Experiment) -> bool:
    """A latent-consistency module, or any with the LCM LoRA."""
    return called(experiment.motion, "lcm") or any(called(lora, "lcm") for lora in experiment.loras)


def is_lightning(experiment: Experiment) -> bool:
    """AnimateDiff-Lightning, distilled for a number of steps without guidance."""
    return called(experiment.motion, "lightning")


def is_distilled(experiment: Experiment) -> bool:
    return is_lcm(experiment) or is_lightning(experiment)


def is_small(experiment: Experiment) -> bool:
    """Of the embedded model's size, of which the peers' advice says nothing."""
    return experiment.motion.base == "embedded"


def cfg_range(experiment: Experiment) -> tuple[float, float]:
    """Guidance that the module takes, lowest and highest."""
    if is_small(experiment):
        return (0.0, inf)
    if is_lightning(experiment):
        return (1.0, 1.0)
    return (1.0, 2.0) if is_lcm(experiment) else (4.0, 12.0)


def frame_range(experiment: Experiment) -> tuple[int, int]:
    """Frames at once that the module was trained on, fewest and most; long modules were shown 16 too."""
    most = experiment.motion.trained_frames
    return (1 if is_small(experiment) else min(most, 16), most)


def trained_area(experiment: Experiment) -> float:
    """Pixels of a frame that checkpoint and module were made for."""
    wish, side = experiment.motion.recommends, _SIDE[experiment.checkpoint.base]
    return float((wish.width or side) * (wish.height or side))


def styles(loras: Iterable[Lora]) -> list[Lora]:
    """LoRAs that change the look: without those that a module is made to be used with."""
    return [lora for lora in loras if lora.weight and not called(lora, "lcm", "adapter")]
