"""Network: ControlNets and SparseCtrl encoders of any form, loaded to stand beside a UNet.

A single file brings no config. A control network is half of the UNet that it steers, so its config is that
UNet's, corrected by what the file's own shapes say: nothing is fetched, and small models work as large ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from animorch import ControlNet, SparseControl, WeightsError
from animorch_diffusers.inputs.control_layout import NAMES, Control, control_of, plain
from animorch_diffusers.sources import locate, undelivered
from animorch_diffusers.tensors import read_tensors

Tensors = Mapping[str, Any]
_OF_THE_UNET = (
    *("in_channels", "block_out_channels", "downsample_padding", "mid_block_scale_factor", "act_fn"),
    *("norm_num_groups", "norm_eps", "cross_attention_dim", "use_linear_projection"),
)
_OF_SDXL = ("addition_embed_type", "addition_time_embed_dim", "projection_class_embeddings_input_dim")
_HINT = "controlnet_cond_embedding"


def load_network(
    source: ControlNet | SparseControl, unet: Any, device: Any, dtype: Any, offline: bool
) -> Any:
    """The model on its device; raises WeightsError when it is missing, something else, or of another UNet."""
    where = locate(source, offline)
    if isinstance(where, Path) and where.is_file():
        model = _from_tensors(source, where, unet)
    else:
        model = _from_folder(source, where, offline)
    _refuse_misfit(source, model, unet)
    return model.to(device, dtype).requires_grad_(False).eval()


def _from_folder(source: ControlNet | SparseControl, where: Path | str, offline: bool) -> Any:
    cls = _class_of(source)
    hub = {"revision": source.revision, "local_files_only": offline} if isinstance(where, str) else {}
    try:
        model = cls.from_pretrained(where, **hub)
    except Exception as error:  # diffusers, safetensors and the hub's client each raise their own
        if isinstance(where, str):
            raise WeightsError(undelivered(source, error)) from error
        why = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{source.name}: diffusers cannot read the {cls.__name__} folder {where} ({why}); check the path"
        ) from error
    gaps = [name for name, tensor in model.named_parameters() if tensor.is_meta]
    if gaps:
        raise WeightsError(
            f"{source.name} lacks {len(gaps)} tensors (the first: {gaps[0]}); download it again"
        )
    return model


def _class_of(source: ControlNet | SparseControl) -> Any:
    import diffusers

    return diffusers.ControlNetModel if isinstance(source, ControlNet) else diffusers.SparseControlNetModel


def _from_tensors(source: ControlNet | SparseControl, path: Path, unet: Any) -> Any:
    tensors = {plain(key): tensor for key, tensor in read_tensors(path).items()}
    control = control_of({key: tuple(tensor.shape) for key, tensor in tensors.items()}, str(path))
    wanted = "controlnet" if isinstance(source, ControlNet) else source.kind
    if control.kind != wanted:
        raise WeightsError(f"{source.name}: {path} is {NAMES[control.kind]}, not {NAMES[wanted]}")
    named, config = (
        _controlnet(tensors, unet.config)
        if isinstance(source, ControlNet)
        else _sparse(tensors, control, unet.config)
    )
    return _assigned(source, _class_of(source), config, named)


def _assigned(source: ControlNet | SparseControl, cls: Any, config: dict[str, Any], tensors: Tensors) -> Any:
    """The model built without weights, then given exactly these."""
    from accelerate import init_empty_weights

    try:
        with init_empty_weights():
            model = cls(**config)
        tables = {key: table for key, table in model.state_dict().items() if key.endswith(".pos_embed.pe")}
        model.load_state_dict({**tensors, **tables}, strict=True, assign=True)
    except (RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{source.name} does not fit this checkpoint's UNet ({why}); choose one made for its family"
        ) from error
    return model


def _controlnet(tensors: Tensors, unet: Mapping[str, Any]) -> tuple[Tensors, dict[str, Any]]:
    """Tensors by diffusers' names (from the authors' names too) and the config they need."""
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

    layers = _layers(unet)
    named = dict(convert_controlnet_checkpoint(dict(tensors), {"layers_per_block": layers}))
    blocks = range(len(unet["block_out_channels"]))
    attends = [any(key.startswith(f"down_blocks.{block}.attentions.") for key in named) for block in blocks]
    config = {
        **_shared(unet),
        **{key: unet.get(key) for key in _OF_SDXL},
        "layers_per_block": layers,
        "down_block_types": tuple("CrossAttnDownBlock2D" if has else "DownBlock2D" for has in attends),
        "transformer_layers_per_block": tuple(_depth(named, f"down_blocks.{block}.") for block in blocks),
        "conditioning_embedding_out_channels": _hint_channels(named),
    }
    if not any(key.startswith("mid_block.attentions.") for key in named):
        config["mid_block_type"] = "UNetMidBlock2D"  # diffusers' small ControlNets for SDXL
    return named, config


def _sparse(tensors: Tensors, control: Control, unet: Mapping[str, Any]) -> tuple[Tensors, dict[str, Any]]:
    """As `_controlnet`, for guoyww's SparseCtrl files and diffusers' own.

    Position tables are diffusers' sinusoids; AnimateDiff's own script leaves out the file's as well.
    """
    from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers

    named = {
        key: tensor
        for key, tensor in convert_animatediff_checkpoint_to_diffusers(dict(tensors)).items()
        if not key.endswith(".pos_embed.pe")
    }
    simple = control.kind == "rgb"
    hint = named[f"{_HINT}.weight" if simple else f"{_HINT}.conv_in.weight"]
    config = {
        **_shared(unet),
        "layers_per_block": _layers(unet),
        "down_block_types": tuple(unet["down_block_types"]),
        "conditioning_channels": hint.shape[1] - 1,  # beside the mask of frames given
        "use_simplified_condition_embedding": simple,
        "motion_num_attention_heads": unet["motion_num_attention_heads"],
        "motion_max_seq_length": control.table or 32,
    }
    if not simple:
        config["conditioning_embedding_out_channels"] = _hint_channels(named)
    return named, config


def _shared(unet: Mapping[str, Any]) -> dict[str, Any]:
    """What a control network has in common with its UNet. diffusers calls the number of heads head_dim."""
    return {key: unet[key] for key in _OF_THE_UNET} | {"attention_head_dim": unet["num_attention_heads"]}


def _layers(unet: Mapping[str, Any]) -> int:
    layers = unet["layers_per_block"]
    return int(layers if isinstance(layers, int) else layers[0])


def _depth(named: Tensors, block: str) -> int:
    """Transformer blocks one after the other in a block's attentions."""
    found = (re.search(r"transformer_blocks\.(\d+)\.", key) for key in named if key.startswith(block))
    return 1 + max((int(match[1]) for match in found if match), default=0)


def _hint_channels(named: Tensors) -> tuple[int, ...]:
    """Channels of the layers that bring a picture down to latent size."""
    count = sum(key.startswith(f"{_HINT}.blocks.") and key.endswith(".weight") for key in named)
    widened = [named[f"{_HINT}.blocks.{place}.weight"].shape[0] for place in range(1, count, 2)]
    return (named[f"{_HINT}.conv_in.weight"].shape[0], *widened)


def _refuse_misfit(source: ControlNet | SparseControl, model: Any, unet: Any) -> None:
    if (
        isinstance(source, SparseControl)
        and (source.kind == "rgb") != model.use_simplified_condition_embedding
    ):
        found = NAMES["rgb" if model.use_simplified_condition_embedding else "scribble"]
        raise WeightsError(
            f"sparse_control.kind={source.kind}, and {source.name} is {found}; change the kind"
        )
    for key in ("block_out_channels", "cross_attention_dim"):
        if _listed(model.config[key]) != _listed(unet.config[key]):
            raise WeightsError(
                f"{source.name} was made for a UNet whose {key} is {model.config[key]}, and the checkpoint's "
                f"is {unet.config[key]}; choose one made for its family"
            )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
