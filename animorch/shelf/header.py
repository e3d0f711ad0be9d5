"""Header: names and shapes of a weight file's tensors, without torch and without reading a tensor.

Of a pickle only its list of tensors is read, by an unpickler that knows the few names of a plain state dict
and puts stand-ins in place of everything: no code of the file can run.
"""

from __future__ import annotations

import json
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

from animorch.errors import WeightsError

Shapes = dict[str, tuple[int, ...]]
_LIMIT = 100_000_000  # bytes of a header, the safetensors format's own


def shapes_in(path: Path) -> Shapes:
    """Shape of each named tensor, without a `state_dict` wrapper and a `module.` prefix.

    Raises WeightsError for a file that is truncated or of no known form.
    """
    try:
        found = _safetensors(path) if path.suffix.lower() == ".safetensors" else _pickle(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError) as error:
        raise WeightsError(f"{path} cannot be read as a weight file; download it again") from error
    except (pickle.UnpicklingError, zipfile.BadZipFile, RecursionError) as error:
        raise WeightsError(f"{path} is no plain file of tensors ({error})") from error
    return {name.removeprefix("module."): shape for name, shape in found.items()}


def _safetensors(path: Path) -> Shapes:
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= _LIMIT:
            raise ValueError(length)
        header = json.loads(stream.read(length))
    header.pop("__metadata__", None)
    end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if path.stat().st_size != end:
        raise WeightsError(
            f"{path} is truncated: {path.stat().st_size} bytes where its header promises {end}; "
            "download it again"
        )
    return {str(name): tuple(entry["shape"]) for name, entry in header.items()}


def _pickle(path: Path) -> Shapes:
    if not zipfile.is_zipfile(path):
        raise pickle.UnpicklingError("an old or damaged pickle, whose list of tensors is not at hand")
    with zipfile.ZipFile(path) as archive:
        inside = next(name for name in [*archive.namelist(), ""] if name.endswith("data.pkl") or not name)
        if not inside or archive.getinfo(inside).file_size > _LIMIT:
            raise pickle.UnpicklingError("it holds no data.pkl")
        with archive.open(inside) as stream:
            loaded = _Reader(stream).load()
    for wrapper in ("state_dict", "module"):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapper), dict):
            loaded = loaded[wrapper]
    inner = {
        f"{outer}.{name}": item
        for outer, held in loaded.items()
        if isinstance(held, dict)
        for name, item in held.items()
    }
    return {str(name): item.shape for name, item in (loaded | inner).items() if isinstance(item, _Tensor)}


class _Tensor:
    """Stands for a tensor: its shape is the third argument of torch's rebuild functions."""

    def __init__(self, *arguments: Any) -> None:
        self.shape = tuple(int(size) for size in arguments[2])


class _Nothing:
    """Stands for anything else: storages, dtypes, a trainer's own objects. It takes whatever it is given."""

    def __new__(cls, *_: Any, **__: Any) -> _Nothing:
        return object.__new__(cls)

    def __setstate__(self, _: Any) -> None: ...

    def __call__(self, *_: Any, **__: Any) -> _Nothing:
        return self

    def append(self, _: Any) -> None: ...

    def extend(self, _: Any) -> None: ...

    def __setitem__(self, _: Any, __: Any) -> None: ...


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Never what the file names: an ordered dict, a tensor's stand-in, or nothing."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_tensor"):
            return _Tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _parameter
        return _Nothing

    def persistent_load(self, pid: Any) -> Any:
        return _Nothing()


def _parameter(data: Any, *_: Any) -> Any:
    return data
