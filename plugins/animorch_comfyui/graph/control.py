"""Control: ControlNets and SparseCtrl, which a spec's conditioning carries."""

from __future__ import annotations

from collections.abc import Sequence

from animorch import ControlNet, RenderSpec, SparseControl
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.stills import pictures
from animorch_comfyui.graph.text import Told
from animorch_comfyui.graph.uploaded import images
from animorch_comfyui.graph.weights import Loaded
from animorch_comfyui.graph.window import sliding

_APPLY = "ControlNetApplyAdvanced"
_SLIDING = "ACN_AdvancedControlNetApply_v2"  # ComfyUI's own has no idea of which frames a window holds
_SPARSE = "ACN_SparseCtrlLoaderAdvanced"


def controlled(draft: Draft, spec: RenderSpec, told: Told, loaded: Loaded, latents: Link) -> Told:
    """The conditioning with every control on it."""
    for at, net in enumerate(spec.controlnets):
        told = _controlnet(draft, spec, told, net, at)
    if spec.sparse_control is not None:
        told = _sparse(draft, spec, told, spec.sparse_control, loaded, latents)
    return told


def _controlnet(draft: Draft, spec: RenderSpec, told: Told, net: ControlNet, at: int) -> Told:
    label, node, kind = f"controlnets[{at}]", f"controlnet_{at + 1}", "ControlNetLoader"
    name = draft.file(net, label, kind, "control_net_name")
    loader = draft.add(node, kind, control_net_name=name)
    shown, _ = images(
        draft, f"{node}_picture", lambda: pictures(net.pictures, spec.frames, spec.width, spec.height)
    )
    fields = {"strength": "weight", "start_percent": "start", "end_percent": "end"}
    return _applied(
        draft,
        spec,
        f"{node}_applied",
        told,
        {name: f"{label}.{field}" for name, field in fields.items()},
        control_net=loader,
        image=shown,
        strength=net.weight,
        start_percent=net.start,
        end_percent=net.end,
    )


def _sparse(
    draft: Draft, spec: RenderSpec, told: Told, sparse: SparseControl, loaded: Loaded, latents: Link
) -> Told:
    """Keyframes in frame order; RGB ones are seen through the VAE, as their encoder was trained."""
    placed = sorted((number % spec.frames, path) for number, path in sparse.keyframes.items())
    shown, _ = images(
        draft,
        "keyframe",
        lambda: [each for _, path in placed for each in pictures(path, 1, spec.width, spec.height)],
    )
    if sparse.kind == "rgb":
        shown = draft.add(
            "keyframes_encoded",
            "ACN_SparseCtrlRGBPreprocessor",
            image=shown,
            vae=loaded.vae,
            latent_size=latents,
        )
    return _applied(
        draft,
        spec,
        "sparse_applied",
        told,
        {"strength": "sparse_control.weight"},
        control_net=_sparse_loader(draft, sparse, [number for number, _ in placed]),
        image=shown,
        strength=sparse.weight,
        start_percent=0.0,
        end_percent=1.0,
    )


def _sparse_loader(draft: Draft, sparse: SparseControl, numbers: Sequence[int]) -> Link:
    indexes = ",".join(map(str, numbers))
    method = draft.add("keyframes", "ACN_SparseCtrlIndexMethodNode", indexes=indexes)
    return draft.add(
        "sparse_control",
        _SPARSE,
        sparsectrl_name=draft.file(sparse, "sparse_control", _SPARSE, "sparsectrl_name"),
        use_motion=True,
        motion_strength=1.0,
        motion_scale=1.0,
        sparse_method=method,
    )


def _applied(
    draft: Draft, spec: RenderSpec, node: str, told: Told, fields: dict[str, str], **inputs: object
) -> Told:
    """Both polarities with a control on them."""
    kind = _SLIDING if sliding(spec) else _APPLY
    given = {"positive": told.positive, "negative": told.negative, **inputs}
    positive = draft.add(node, kind, fields=fields, **given)
    return Told(positive, [positive[0], 1])
