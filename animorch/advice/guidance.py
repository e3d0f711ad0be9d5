"""Guidance: notes on cfg, steps and the sampler of a module."""

from __future__ import annotations

from collections.abc import Iterator

from animorch.advice.module import cfg_range, is_distilled, is_lcm, is_lightning, is_small
from animorch.spec.experiment import Experiment

_USUAL, _FEWEST = 25, 12  # steps of modules that are not distilled
_DISTILLED = 8  # most steps that a distilled module or LoRA was made for
_LIGHTNING = (("euler", "sgm_uniform"), ("euler", "trailing"))


def cfg_outside(experiment: Experiment) -> Iterator[str]:
    lowest, highest = cfg_range(experiment)
    if lowest <= experiment.cfg <= highest:
        return
    made_for = f"{lowest:g}" if lowest == highest else f"{lowest:g} to {highest:g}"
    told = f"motion={experiment.motion.name} is made for cfg {made_for}"
    if experiment.cfg > highest:
        yield f"{told}; above it a clip burns and flickers"
    else:
        yield f"{told}; below it a clip follows its prompt weakly"


def negative_unused(experiment: Experiment) -> Iterator[str]:
    if experiment.cfg <= 1 and (experiment.negative_prompt.strip() or experiment.negative_travel):
        yield f"cfg={experiment.cfg:g} turns guidance off, so the negative prompt has no effect"


def few_steps(experiment: Experiment) -> Iterator[str]:
    if is_small(experiment):
        return
    name = experiment.motion.name
    if not is_distilled(experiment):
        if experiment.steps < _FEWEST:
            yield f"motion={name} wants about {_USUAL} steps; motion=lightning_4 is made for 4"
    elif experiment.steps < 0.6 * (made_for := _made_for(experiment)):
        yield f"motion={name} is made for {made_for} steps; fewer leave noise"


def many_steps(experiment: Experiment) -> Iterator[str]:
    if is_distilled(experiment) and experiment.steps > 2 * (made_for := _made_for(experiment)):
        yield (
            f"motion={experiment.motion.name} is distilled for about {made_for} steps; more cost time and do "
            "not look better"
        )


def _made_for(experiment: Experiment) -> int:
    """Steps of distilled weights; with the LCM LoRA on another module they are not the module's own."""
    return min(experiment.motion.recommends.steps or _DISTILLED, _DISTILLED)


def distilled_sampling(experiment: Experiment) -> Iterator[str]:
    name = experiment.motion.name
    if is_lightning(experiment):
        if (experiment.sampler, experiment.schedule) not in _LIGHTNING:
            yield f"motion={name} was distilled for sampler=euler schedule=sgm_uniform, and knows no others"
    elif is_lcm(experiment) and experiment.sampler not in ("lcm", "tcd"):
        yield f"latent-consistency weights are made for sampler=lcm; sampler={experiment.sampler} blurs them"
