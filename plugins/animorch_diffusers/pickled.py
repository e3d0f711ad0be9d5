"""Pickled: names and shapes in a torch file, read without torch and without running what is in it.

A file of torch.save is a zip whose `data.pkl` says name, shape and place of every tensor; the numbers lie
beside it. The pickle is read with stand-ins for every class it asks for, so nothing of it can run.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

from animorch import WeightsError
from animorch_diffusers.tensors import unsafe

_MOST = 100_000_000  # bytes of data.pkl; the largest published checkpoint has one of 2 MB


_KNOWN = ("torch", "collections", "numpy", "_codecs")  # packages that weights alone may name


class _Shape(tuple[int, ...]):
    """What stands for a tensor."""


class _Anything:
    """What stands for every other object, however it is made and filled."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...

    def __setitem__(self, _: Any, __: Any) -> None: ...

    def append(self, _: Any) -> None: ...

    def extend(self, _: Any) -> None: ...


def _tensor(_storage: Any, _offset: Any, size: Any, *_: Any) -> _Shape:
    """In the place of torch._utils._rebuild_tensor_v2."""
    return _Shape(int(side) for side in size)


def _parameter(data: Any, *_: Any) -> Any:
    """In the place of torch._utils._rebuild_parameter."""
    return data


class _Reader(pickle.Unpickler):
    unsafe = False  # whether it asked for what torch does not load as weights

    def find_class(self, module: str, name: str) -> Any:
        self.unsafe |= module.partition(".")[0] not in _KNOWN
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_tensor"):
            return _tensor
        if module == "torch._utils" and name == "_rebuild_parameter":
            return _parameter
        return OrderedDict if (module, name) == ("collections", "OrderedDict") else _Anything

    def persistent_load(self, pid: Any) -> None:
        return None  # where the numbers lie: not read


def shapes_in_pickle(path: Path) -> dict[str, tuple[int, ...]] | None:
    """Tensor shapes by plain name; None where the file is of torch's old form, or damaged.

    Raises WeightsError for a pickle that holds more than tensors, which is not loaded either.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next(info for info in archive.infolist() if info.filename.endswith("/data.pkl"))
            if inside.file_size > _MOST:
                return None
            reader = _Reader(io.BytesIO(archive.read(inside)))
            told = reader.load()
    except Exception:  # a damaged pickle fails in any way; the loading itself says so
        return None
    if reader.unsafe:
        raise WeightsError(unsafe(path))
    return _plain(told)


def _plain(told: Any) -> dict[str, tuple[int, ...]]:
    """As tensors.unwrapped names them."""
    for wrapper in ("state_dict", "controlnet", "module"):
        if isinstance(told, dict) and isinstance(told.get(wrapper), dict):
            told = told[wrapper]
    if not isinstance(told, dict):
        return {}
    return {
        str(key).removeprefix("module."): tuple(value)
        for key, value in told.items()
        if isinstance(value, _Shape)
    }
