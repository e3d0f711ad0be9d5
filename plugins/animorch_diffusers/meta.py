"""Meta: a model made without memory, and its tensors put into it where they lie.

The usual way fills every weight at random and copies the file's over it. Here the modules are built on the
meta device, and the tensors of a memory-mapped file become the parameters, so a weight is read from the
disk when it is first used, and a model of the file's own number format needs no copy at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from animorch import WeightsError


def filled(make: Callable[[], Any], tensors: Mapping[str, Any], dtype: Any, whose: str) -> Any:
    """The model of `make` around these tensors, in `dtype` (None: as they are), frozen, for inference.

    Tensors that the model has no place for are left out; a buffer (a position table) that the file lacks is
    the model's own. Raises WeightsError, which begins with `whose`, when a weight is missing or of another
    shape.
    """
    from accelerate import init_empty_weights

    with init_empty_weights():
        model = make()
    kind = type(model).__name__
    if gaps := [name for name, _ in model.named_parameters() if name not in tensors]:
        raise WeightsError(
            f"{whose} lacks {len(gaps)} tensors of its {kind} (the first: {gaps[0]}); download it again"
        )
    wanted = {name: place for name, place in model.state_dict().items() if name in tensors}
    for name, place in wanted.items():
        if tensors[name].shape != place.shape:
            raise WeightsError(
                f"{whose}: {name} of its {kind} is of shape {tuple(tensors[name].shape)} and the config says "
                f"{tuple(place.shape)}; its configs are of another model"
            )
    model.load_state_dict({name: cast(tensors[name], dtype) for name in wanted}, strict=False, assign=True)
    return model.requires_grad_(False).eval()


def cast(tensor: Any, dtype: Any) -> Any:
    """A floating tensor in `dtype`; the same object when it is already."""
    return tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor
