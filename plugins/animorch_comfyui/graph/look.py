"""Look: IP-Adapters, which let a model see images of a look beside the prompt."""

from __future__ import annotations

import re

from animorch import IPAdapter, RenderSpec
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.start import LATENT
from animorch_comfyui.graph.stills import masks, square
from animorch_comfyui.graph.uploaded import images, mask

_SIDE = 224  # pixels that the image encoders of published adapters see
_APPLY = "IPAdapterAdvanced"
_ENCODERS = {"sd15": r"vit[-_. ]?h[-_. ]?14", "sdxl": r"vit[-_. ]?bigg[-_. ]?14"}  # h94/IP-Adapter's two


def seen(draft: Draft, spec: RenderSpec, model: Link) -> Link:
    """The model with every adapter on it."""
    for at, adapter in enumerate(spec.ip_adapters):
        model = _adapted(draft, spec, model, adapter, at)
    return model


def _adapted(draft: Draft, spec: RenderSpec, model: Link, adapter: IPAdapter, at: int) -> Link:
    label, node, kind = f"ip_adapters[{at}]", f"ip_adapter_{at + 1}", "IPAdapterModelLoader"
    loader = draft.add(node, kind, ipadapter_file=draft.file(adapter, label, kind, "ipadapter_file"))
    encoder = draft.add(
        f"{node}_encoder", "CLIPVisionLoader", clip_name=_encoder(draft, spec, adapter, label)
    )
    shown, _ = images(draft, f"{node}_image", lambda: [square(path, _SIDE) for path in adapter.images])
    further: dict[str, Link] = {}
    if adapter.mask is not None:
        white, width, height = adapter.mask, spec.width // LATENT, spec.height // LATENT
        further["attn_mask"] = mask(draft, f"{node}_mask", lambda: masks(white, spec.frames, width, height))
    return draft.add(
        f"{node}_applied",
        _APPLY,
        fields={"weight": f"{label}.weight"},
        model=model,
        ipadapter=loader,
        image=shown,
        weight=adapter.weight,
        weight_type="linear",
        combine_embeds="concat",
        start_at=0.0,
        end_at=1.0,
        embeds_scaling="V only",
        clip_vision=encoder,
        **further,
    )


def _encoder(draft: Draft, spec: RenderSpec, adapter: IPAdapter, label: str) -> str:
    """The named encoder, else the one that published adapters of the base were trained with."""
    kind, name = "CLIPVisionLoader", "clip_name"
    if adapter.encoder is not None:
        return draft.file(adapter.encoder, f"{label}.encoder", kind, name)
    told = " ".join((adapter.file or "", adapter.path or "", adapter.name)).lower()
    base = "sd15" if "vit-h" in told else spec.checkpoint.base
    offered = draft.offers.choices(kind, name)
    found = [each for each in offered if re.search(_ENCODERS.get(base, "$^"), each, re.IGNORECASE)]
    if len(found) == 1:
        return found[0]
    if draft.offers.has(kind):
        has = f"the server's are {', '.join(offered)}" if offered else "the server has none"
        draft.problem(
            f"{label}={adapter.name} needs the image encoder that it was trained with, and which one is not "
            f"told; {has}: set {label}.encoder to its name"
        )
    return ""
