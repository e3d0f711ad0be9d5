"""Packs: where node classes come from that a server may lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from animorch_comfyui.graph import needs
from animorch_comfyui.offers import Offers


def pack_of(kind: str, properties: Mapping[str, Any] | None = None) -> str:
    """The pack of a node class, as the editor noted it or as its name tells; empty when unknown."""
    said = properties or {}
    noted = said.get("cnr_id") or said.get("aux_id")
    if noted and noted != "comfy-core":
        return str(noted)
    return needs.pack_of(kind)[0]


def missing(nodes: Iterable[tuple[str, str, Mapping[str, Any]]], offers: Offers) -> str:
    """One sentence for all (class, title, properties) that the server has not; empty when it has them all."""
    lacking: dict[str, str] = {}
    for kind, title, properties in nodes:
        if not offers.has(kind):
            lacking.setdefault(kind, _named(kind, title, properties, offers))
    if not lacking:
        return ""
    return (
        f"the server has no {', no '.join(lacking.values())}; install what is missing (ComfyUI-Manager: "
        "Install Missing Custom Nodes), restart the server, or take the nodes out of the workflow"
    )


def _named(kind: str, title: str, properties: Mapping[str, Any], offers: Offers) -> str:
    if not kind or kind == "None":
        return f"class for the node {title}"
    pack = pack_of(kind, properties)
    close = [] if pack else get_close_matches(kind, offers.nodes, n=1, cutoff=0.8)
    hint = f" of {pack}" if pack else f" (it has {close[0]})" if close else ""
    return f"{kind}{hint}" + (f", used as {title}" if title != kind else "")
