"""Holdings: under which names a server has the weights of an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from animorch import RenderSpec, Weights, WeightsError
from animorch_comfyui.naming import served
from animorch_comfyui.offers import Offers

_PLACES: dict[str, tuple[tuple[str, str], ...]] = {  # field of a spec: (node, input) that lists such files
    "checkpoint": (("CheckpointLoaderSimple", "ckpt_name"),),
    "motion": (
        ("ADE_LoadAnimateDiffModel", "model_name"),
        ("ADE_AnimateDiffLoaderGen1", "model_name"),
        ("ADE_AnimateDiffLoaderWithContext", "model_name"),
    ),
    "loras": (("LoraLoader", "lora_name"),),
    "motion_loras": (("ADE_AnimateDiffLoRALoader", "name"),),
    "vae": (("VAELoader", "vae_name"),),
    "controlnets": (("ControlNetLoader", "control_net_name"),),
    "sparse_control": (("ACN_SparseCtrlLoaderAdvanced", "sparsectrl_name"),),
    "ip_adapters": (("IPAdapterModelLoader", "ipadapter_file"),),
}


def holdings(
    specs: Iterable[RenderSpec], offers: Offers, models: Mapping[str, str]
) -> Iterator[tuple[str, str, str | None]]:
    """(field, name, the server's own spelling; null where it has none) of all weights, each told once.

    Weights whose node the server lacks are left out: that the node is missing is the thing to tell.
    """
    told = set()
    for spec in specs:
        for field in _PLACES:
            choices = _choices(offers, field)
            for weights in _weights(spec, field):
                if choices is not None and (field, weights.name) not in told:
                    told.add((field, weights.name))
                    yield field, weights.name, _spelling(weights, field, choices, models)


def _choices(offers: Offers, field: str) -> Sequence[str] | None:
    """The files of a kind; null when the server has no node that loads it."""
    return next((offers.choices(node, name) for node, name in _PLACES[field] if offers.has(node)), None)


def _weights(spec: RenderSpec, field: str) -> tuple[Weights, ...]:
    found = getattr(spec, field)
    return () if found is None else (found,) if isinstance(found, Weights) else tuple(found)


def _spelling(weights: Weights, field: str, choices: Sequence[str], models: Mapping[str, str]) -> str | None:
    try:
        return served(weights, field, choices, models)
    except WeightsError:
        return None
