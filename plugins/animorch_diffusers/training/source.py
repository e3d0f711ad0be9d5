"""Source: captioned clips by the name of the function that makes them."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from animorch import UsageError
from animorch_diffusers.training.recipe import Data


class Clips(Protocol):
    """Numbered clips. Frames are uint8 (T, H, W, 3)."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> tuple[Any, str]: ...


def clips_of(data: Data) -> Clips:
    """The sequence that data.source names, made with data.options."""
    module, _, name = data.source.partition(":")
    try:
        make = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"data.source={data.source} cannot be imported ({error}); write it as module:function, "
            "as in animorch_shapes:clips"
        ) from error
    return make(**data.options)  # type: ignore[no-any-return]
