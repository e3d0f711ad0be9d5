"""Sampler: the node of a graph that denoises, and the settings beside it."""

from __future__ import annotations

from collections.abc import Iterator

from animorch_comfyui.built import Graph
from animorch_comfyui.workflow.names import Target, inputs_of, node_called, told
from animorch_comfyui.workflow.trace import above, origin, settled, upstream

_SEEDS = ("seed", "noise_seed")
_PARTS = ("noise", "guider", "sampler", "sigmas")  # of a sampler that is taken apart (SamplerCustom)
_SETTINGS = {
    "seed": _SEEDS,
    "steps": ("steps",),
    "cfg": ("cfg",),
    "sampler": ("sampler_name",),
    "schedule": ("scheduler",),
    "init.strength": ("denoise",),
}


def samplers(graph: Graph) -> list[str]:
    """Nodes with a seed, steps and a sampler's name, of their own or in parts joined to them."""
    needed = (_SEEDS, ("steps",), ("sampler_name",))
    return [
        node
        for node in graph
        if any(name in inputs_of(graph, node) for name in ("positive", "guider"))
        and all(_holding(graph, node, names) for names in needed)
    ]


def chosen_sampler(graph: Graph, bound: set[str], output: str | None, why: dict[str, str]) -> str | None:
    """The one sampler, else the one that a bind names, else the one that the output is made from.

    None when there is none or there are several; `why` then tells it of every field of a sampler.
    """
    found = samplers(graph)
    if len(found) > 1:
        found = [node for node in found if node in bound] or found
    if len(found) > 1 and output is not None:
        made_from = above(graph, node_called(graph, output, f"backend.output={output}"))
        found = [node for node in found if node in made_from] or found
    if len(found) == 1:
        return found[0]
    sentence = (
        f"the workflow has {len(found)} samplers: {', '.join(told(graph, node) for node in found)}; "
        f"say which, as in backend.bind.seed='{found[0]}.{_seed_of(graph, found[0])}'"
        if found
        else "no node of the workflow has a seed, steps and a sampler's name"
    )
    why |= dict.fromkeys(_SETTINGS, sentence)
    return None


def sampler_binds(graph: Graph, sampler: str) -> dict[str, tuple[Target, ...]]:
    """Settings that are written as values, in the sampler or in what is joined to it."""
    found: dict[str, tuple[Target, ...]] = {}
    for field, names in _SETTINGS.items():
        for node, name in _holding(graph, sampler, names):
            if target := settled(graph, node, name):
                found[field] = (target,)
                break
    return found


def near(graph: Graph, sampler: str, names: tuple[str, ...]) -> tuple[str, str] | None:
    """The first node with an input of these names: the sampler, or a part joined to it."""
    return next(iter(_holding(graph, sampler, names)), None)


def _holding(graph: Graph, sampler: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (node, name) for node in _parts(graph, sampler) for name in names if name in inputs_of(graph, node)
    ]


def _parts(graph: Graph, sampler: str) -> Iterator[str]:
    yield sampler
    for name in _PARTS:
        start = origin(graph, sampler, name)
        yield from (node for node, _ in upstream(graph, start, lambda _, name, __: name in _PARTS))


def _seed_of(graph: Graph, sampler: str) -> str:
    return next((name for name in _SEEDS if name in inputs_of(graph, sampler)), "steps")
