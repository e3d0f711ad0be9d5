"""Mixture: notes on LoRAs, on what belongs to a motion module, and on its noise schedule."""

from __future__ import annotations

from collections.abc import Iterator

from animorch.advice.module import called, is_lightning, is_small, styles
from animorch.spec.experiment import Experiment

_MANY, _HEAVY = 3, 2.0  # LoRAs, and the sum of their strengths
_ADD_LCM = "add loras=[animatelcm_lora]"
_BETAS = {"v1": "linear", "v2": "linear", "v3": "linear", "sdxl": "scaled_linear", "hotshot": "scaled_linear"}


def lora_weight(experiment: Experiment) -> Iterator[str]:
    loras = styles(experiment.loras)
    total = sum(abs(lora.weight) for lora in loras)
    if len(loras) > _MANY or total > _HEAVY:
        yield (
            f"LoRAs: {len(loras)}, together {total:g}, tend to brown a clip out; "
            f"try at most {_MANY}, together {_HEAVY:g}"
        )


def motion_lora_module(experiment: Experiment) -> Iterator[str]:
    family, loras = experiment.motion.family, experiment.motion_loras
    if loras and family in ("v1", "v3", "sdxl", "hotshot"):
        yield (
            f"published motion LoRAs are for v2 modules and motion={experiment.motion.name} is {family}; "
            "unless they were trained for it, take motion=v15_v2"
        )
    elif is_lightning(experiment) and any(lora.weight > 0.8 for lora in loras):
        yield "AnimateDiff-Lightning takes motion LoRAs at 0.7 to 0.8; more tears the picture"


def v3_adapter(experiment: Experiment) -> Iterator[str]:
    if experiment.motion.family == "v3" and not any(called(lora, "adapter") for lora in experiment.loras):
        yield (
            f"motion={experiment.motion.name} was trained beside its domain adapter, which is not there; "
            "add loras=[v3_adapter]"
        )


def lcm_lora(experiment: Experiment) -> Iterator[str]:
    module = experiment.motion
    if called(module, "lcm") and not any(called(lora, "lcm") for lora in experiment.loras):
        yield f"motion={module.name} belongs with its LCM LoRA, which is not there; {_ADD_LCM}"


def beta_schedule(experiment: Experiment) -> Iterator[str]:
    module = experiment.motion
    trained = _BETAS.get(module.family)
    if trained is not None and not is_small(experiment) and module.beta_schedule != trained:
        yield (
            f"{module.family} modules were trained with motion.beta_schedule={trained}; with "
            f"{module.beta_schedule} a clip looks washed out and hardly moves"
        )
