"""Uploaded: pictures as a graph's images and masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from animorch_comfyui.built import Picture
from animorch_comfyui.graph.draft import Draft, Link

FOLDER = "animorch"  # in the server's input folder


def images(draft: Draft, node: str, found: Callable[[], Sequence[Picture]]) -> tuple[Link, int]:
    """A batch of these pictures in their order, and how many they are; none where they cannot be read."""
    shown: Sequence[Picture] = draft.attempt(found) or ()
    batch: Link = [node, 0]
    for at, picture in enumerate(shown):
        draft.pictures[picture.name] = picture
        name = f"{node}_{at + 1}" if len(shown) > 1 else node
        each = draft.add(name, "LoadImage", image=f"{FOLDER}/{picture.name}")
        batch = each if at == 0 else draft.add(f"{node}_to_{at + 1}", "ImageBatch", image1=batch, image2=each)
    return batch, len(shown)


def mask(draft: Draft, node: str, found: Callable[[], Sequence[Picture]]) -> Link:
    """A mask of grey pictures: one for all frames, or one a frame."""
    shown, _ = images(draft, f"{node}_picture", found)
    return draft.add(node, "ImageToMask", image=shown, channel="red")
