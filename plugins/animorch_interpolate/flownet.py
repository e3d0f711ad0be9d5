"""Flownet: a RIFE network from its published file, flownet.pkl or the same as .safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch import WeightsError


@lru_cache(maxsize=1)  # it stays warm from point to point; another file takes its place
def loaded(path: Path, stamp: str, device: str) -> Any:
    """The network on a device, ready to be called; `stamp` names the file's content.

    Raises WeightsError when the file is no RIFE network, or of a kind that is not known here.
    """
    state = {key.removeprefix("module."): value for key, value in _read(path).items()}
    network = _kind(path, state)(state)
    wanted = network.state_dict().keys()
    if missing := sorted(wanted - state.keys()):
        raise WeightsError(
            f"{path} lacks {missing[0]} and {len(missing) - 1} more parts of RIFE; fetch it again"
        )
    try:
        network.load_state_dict({key: state[key] for key in wanted})
    except RuntimeError as error:
        raise WeightsError(
            f"{path} is a RIFE network of a shape not known here; use another release"
        ) from error
    return network.eval().requires_grad_(False).float().to(device)


def _kind(path: Path, state: Mapping[str, Any]) -> Any:
    from animorch_interpolate.ifnet import IFNet4
    from animorch_interpolate.ifnet3 import IFNet3

    if "block0.convblock.0.beta" in state and "block0.lastconv.0.weight" in state:
        return IFNet4
    if "block2.convblock3.1.0.weight" in state and "block2.conv2.2.weight" in state:
        return IFNet3
    raise WeightsError(
        f"{path} holds no RIFE network of 3.5 to 3.9 or 4.5 to 4.26 "
        f"(its first parts are {', '.join(sorted(state)[:3]) or 'none'}); give the flownet file of one"
    )


def _read(path: Path) -> dict[str, Any]:
    """Tensors by name; a pickle is read as weights only, so it cannot run anything."""
    import torch

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            found = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise many kinds for a damaged file
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path} could not be read as weights ({said}); fetch it again") from error
    if not isinstance(found, dict):
        raise WeightsError(f"{path} is a {type(found).__name__}, not a table of weights; give flownet.pkl")
    return _plain(found)


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """Names as the newer releases have them: `encode.0`, `encode.2` become `encode.cnn0`, `encode.cnn1`."""
    parts = [key.removeprefix("module.").split(".") for key in found]
    numbers = sorted({int(part[1]) for part in parts if part[0] == "encode" and part[1].isdigit()})
    renamed = {f"encode.{number}.": f"encode.cnn{place}." for place, number in enumerate(numbers)}
    for old, new in renamed.items():
        found = {key.replace(old, new): value for key, value in found.items()}
    return found
