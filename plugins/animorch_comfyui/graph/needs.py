"""Needs: which node pack a server lacks, told by the classes that a graph wants and it has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_PACKS = (  # how class names begin, the pack, its repository
    ("ADE_", "AnimateDiff-Evolved", "Kosinkadink/ComfyUI-AnimateDiff-Evolved"),
    ("ACN_", "Advanced-ControlNet", "Kosinkadink/ComfyUI-Advanced-ControlNet"),
    ("VHS_", "VideoHelperSuite", "Kosinkadink/ComfyUI-VideoHelperSuite"),
    ("BatchPromptSchedule", "FizzNodes", "FizzleDorf/ComfyUI_FizzNodes"),
    ("IPAdapter", "IPAdapter_plus", "cubiq/ComfyUI_IPAdapter_plus"),
    # that our own graphs do not use, and people's do
    ("AnimateDiffLoader", "AnimateDiff-Evolved", "Kosinkadink/ComfyUI-AnimateDiff-Evolved"),
    ("PrepImageForClipVision", "IPAdapter_plus", "cubiq/ComfyUI_IPAdapter_plus"),
    ("PromptSchedule", "FizzNodes", "FizzleDorf/ComfyUI_FizzNodes"),
    ("RIFE VFI", "Frame-Interpolation", "Fannovel16/ComfyUI-Frame-Interpolation"),
    ("FILM VFI", "Frame-Interpolation", "Fannovel16/ComfyUI-Frame-Interpolation"),
    ("KSampler (Efficient)", "efficiency-nodes-comfyui", "jags111/efficiency-nodes-comfyui"),
    ("Efficient Loader", "efficiency-nodes-comfyui", "jags111/efficiency-nodes-comfyui"),
)


def pack_of(kind: str) -> tuple[str, str]:
    """Name and repository of the pack with this class; empty when it is ComfyUI's own."""
    return next(((pack, where) for start, pack, where in _PACKS if kind.startswith(start)), ("", ""))


def lacking(kinds: Iterable[str]) -> Iterator[str]:
    """A sentence for each pack that is missing, or too old to have these classes."""
    packs: dict[tuple[str, str], list[str]] = {}
    for kind in dict.fromkeys(kinds):
        packs.setdefault(pack_of(kind), []).append(kind)
    for (pack, where), absent in packs.items():
        named = ", ".join(absent)
        if pack:
            yield (
                f"the server has no node {named}; install or update the pack {pack} (github.com/{where}) "
                "there and restart it"
            )
        else:
            yield f"the server has no node {named}, which is ComfyUI's own; update ComfyUI there"
