"""Chain: a spec's LoRAs into the loaders that a graph has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from animorch import BackendError, Lora
from animorch_comfyui.workflow.models import Chained
from animorch_comfyui.workflow.names import told
from animorch_comfyui.workflow.values import value_at

if TYPE_CHECKING:
    from animorch_comfyui.workflow.writing import Writing


def write_chain(writing: Writing, field: str, chain: Sequence[Chained], wanted: Sequence[Lora]) -> None:
    """The i-th LoRA into the i-th loader; loaders that are left over get strength 0.

    Raises BackendError when there are more LoRAs than loaders, or strengths of single blocks.
    """
    own = writing.own.get(field, [])
    if not chain and not wanted:
        return
    if len(wanted) > len(chain):
        nodes = ", ".join(told(writing.graph, link.node) for link in chain)
        raise BackendError(
            f"{field} lists {len(wanted)} and the workflow has {len(chain)} loaders for them"
            f"{f': {nodes}' if nodes else ''}; put more of them into it, or list fewer"
        )
    for place, link in enumerate(chain):
        lora = wanted[place] if place < len(wanted) else None
        said = own[place] if place < len(own) else None
        if lora is not None and lora.blocks:
            raise BackendError(
                f"{field}={lora.name} has strengths of single blocks, which {told(writing.graph, link.node)} "
                "does not take; leave out blocks"
            )
        same = said and lora and (lora.name, lora.file) == (said["name"], said["file"])
        if lora is not None and (not same or lora.name in writing.models):
            name = writing.named(lora, field, link.file)
            if value_at(writing.graph, link.file) != name:
                writing.put(link.file, name, f"{field}={lora.name}")
        _strength(writing, link, lora.weight if lora else 0.0, field)


def _strength(writing: Writing, link: Chained, weight: float, field: str) -> None:
    """A second strength (of the text encoder) goes along where it was the same, or where nothing is left."""
    first = value_at(writing.graph, link.strengths[0])
    if first == weight:
        return
    for target in link.strengths:
        if value_at(writing.graph, target) == first or not weight:
            writing.put(target, weight, f"{field} with strength {weight}")
