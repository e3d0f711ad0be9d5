"""Motion: a MotionModule of any published form as tensors and a config that diffusers takes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from animorch import MotionModule, WeightsError
from animorch_diffusers.layout import HEADS, MotionLayout, base_problem, layout_of, plain
from animorch_diffusers.meta import filled
from animorch_diffusers.sources import download, locate
from animorch_diffusers.tensors import read_tensors

_WEIGHTS = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin")
_TABLE = 32  # of v2 and later; for files repacked without tables


@dataclass(frozen=True)
class Motion:
    """Tensors by diffusers' names, and the MotionAdapter config that says their shape."""

    name: str
    tensors: Mapping[str, Any]
    config: Mapping[str, Any]

    def to(self, device: Any, dtype: Any = None) -> Motion:
        """The same on a device, in a number format."""
        tensors = {key: tensor.to(device, dtype) for key, tensor in self.tensors.items()}
        return Motion(self.name, tensors, self.config)


def load_motion(module: MotionModule, offline: bool) -> Motion:
    """Read a module; raises WeightsError when it is missing, unsafe, truncated or something else."""
    where = locate(module, offline)
    if isinstance(where, str):
        where = _fetched(module, offline)
    return _from_folder(module, where) if where.is_dir() else _from_tensors(module, where)


def _from_folder(module: MotionModule, where: Path) -> Motion:
    from diffusers import MotionAdapter

    from animorch_diffusers.folder import config_of, tensors_in

    try:
        config, tensors = config_of(where), tensors_in(where)
        if config.get("conv_in_channels"):
            raise WeightsError(
                f"{module.name} is a PIA module, which needs a picture to start from; choose another module"
            )
        adapter = filled(partial(MotionAdapter.from_config, config), tensors, None, module.name)
    except WeightsError:
        raise
    except Exception as error:  # diffusers, safetensors and torch each raise their own
        raise WeightsError(_unread(module, where, error)) from error
    tensors = adapter.state_dict()
    layout = layout_of({key: tuple(tensor.shape) for key, tensor in tensors.items()}, str(where))
    _refuse_base(module, layout)
    return Motion(module.name, tensors, dict(adapter.config))


def _refuse_base(module: MotionModule, layout: MotionLayout) -> None:
    if (sentence := base_problem(module.name, module.base, layout)) is not None:
        raise WeightsError(sentence)


def _fetched(module: MotionModule, offline: bool) -> Path:
    """The folder in the hub's cache, with config and weights in it."""
    folder = download(module, "config.json", offline).parent
    *others, last = _WEIGHTS
    for file in others:
        with suppress(WeightsError):
            download(module, file, offline)
            return folder
    download(module, last, offline)
    return folder


def _unread(module: MotionModule, where: Path, error: Exception) -> str:
    why = str(error).strip().partition("\n")[0]
    return (
        f"{module.name}: diffusers cannot read the MotionAdapter folder {where} ({why}); check or "
        "download it again"
    )


def _from_tensors(module: MotionModule, path: Path) -> Motion:
    tensors = read_tensors(path)
    layout = layout_of({key: tuple(tensor.shape) for key, tensor in tensors.items()}, str(path))
    _refuse_base(module, layout)
    tensors = {plain(key): tensor for key, tensor in tensors.items()}
    tensors = {key: tensor for key, tensor in tensors.items() if ".motion_modules." in key}
    adapter = _empty_adapter(layout, module, _heads(path))
    return Motion(module.name, _named(tensors, layout) | _tables(tensors, adapter), dict(adapter.config))


def _heads(path: Path) -> int | None:
    """Attention heads, where a safetensors file of ours tells them."""
    if path.suffix != ".safetensors":
        return None
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        told = (file.metadata() or {}).get(HEADS, "")
    return int(told) if told.isdigit() else None


def _empty_adapter(layout: MotionLayout, module: MotionModule, heads: int | None) -> Any:
    from accelerate import init_empty_weights
    from diffusers import MotionAdapter

    with init_empty_weights():  # the weights come from the file; only shapes and tables are wanted
        return MotionAdapter(**layout.config(module.table or _TABLE, heads))


def _named(tensors: dict[str, Any], layout: MotionLayout) -> dict[str, Any]:
    """Tensors without position tables, by diffusers' names."""
    from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers

    if layout.original:
        return dict(convert_animatediff_checkpoint_to_diffusers(tensors))
    return {key: tensor for key, tensor in tensors.items() if not key.endswith(".pos_embed.pe")}


def _tables(tensors: dict[str, Any], adapter: Any) -> dict[str, Any]:
    """Position tables: diffusers' sinusoids, or the file's own where it was trained on others."""
    import torch

    tables = {key: table for key, table in adapter.state_dict().items() if key.endswith(".pos_embed.pe")}
    own = [tensor for key, tensor in tensors.items() if key.endswith((".pos_encoder.pe", ".pos_embed.pe"))]
    by_width = {tensor.shape[-1]: tensor.float() for tensor in own}
    for key, table in tables.items():
        other = by_width.get(table.shape[-1])
        if other is not None and not torch.allclose(other[:, : table.shape[1]], table, atol=2e-3):
            tables[key] = other[:, : table.shape[1]]
    return tables
