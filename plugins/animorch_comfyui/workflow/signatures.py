"""Signatures: what the nodes of our own graphs take, for drawing one where no server is reached."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain
from typing import Any

from animorch import RenderSpec, Weights
from animorch_comfyui.further import FurtherMotion
from animorch_comfyui.naming import candidates
from animorch_comfyui.offers import Offers

_ENCODER = "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"  # IP-Adapter's usual picture encoder


def assumed(spec: RenderSpec, models: Mapping[str, str], further: Sequence[FurtherMotion] = ()) -> Offers:
    """A server with ComfyUI, the packs that our graphs use, and the spec's models under their own names.

    signatures.json: names, types, defaults and limits of /object_info (ComfyUI 0.3.64); a combo of files
    says `@` and their folder.
    """
    text = files(__package__).joinpath("signatures.json").read_text(encoding="utf-8")
    folders: dict[str, list[str]] = {}
    others = (("animatediff_models", Weights(name=motion.file)) for motion in further)
    for folder, weights in chain(_wanted(spec), others):
        name = candidates(weights, models)[0]
        if name not in folders.setdefault(folder, []):
            folders[folder].append(name)
    folders.setdefault("clip_vision", [_ENCODER])
    return Offers({kind: _filled(node, folders) for kind, node in json.loads(text).items()})


def _wanted(spec: RenderSpec) -> Iterator[tuple[str, Weights]]:
    yield "checkpoints", spec.checkpoint
    yield "animatediff_models", spec.motion
    yield from (("vae", weights) for weights in [spec.vae] if weights)
    yield from (("loras", lora) for lora in spec.loras)
    yield from (("animatediff_motion_lora", lora) for lora in spec.motion_loras)
    yield from (("controlnet", control) for control in spec.controlnets)
    yield from (("controlnet", control) for control in [spec.sparse_control] if control)
    for adapter in spec.ip_adapters:
        yield "ipadapter", adapter
        if adapter.encoder:
            yield "clip_vision", adapter.encoder


def _filled(node: Mapping[str, Any], folders: Mapping[str, list[str]]) -> dict[str, Any]:
    listed = {
        group: {name: _input(form, folders) for name, form in inputs.items()}
        for group, inputs in node["input"].items()
    }
    return {**node, "input": listed}


def _input(form: list[Any], folders: Mapping[str, list[str]]) -> list[Any]:
    kind = form[0]
    folder = kind[1:] if isinstance(kind, str) and kind.startswith("@") else None
    return form if folder is None else [folders.get(folder, []), *form[1:]]
