"""Average: the exponential moving average of the weights, which renders better than the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Average:
    """Averaged copies of named parameters. Early on the decay is smaller, so that the start is forgotten.

    A decay of 0 keeps no copies: the values are the parameters themselves.
    """

    def __init__(self, decay: float, parameters: dict[str, Any]) -> None:
        self.decay = decay
        self.parameters = parameters
        self.values = {name: value.detach() for name, value in parameters.items()}
        if decay:
            self.values = {name: value.clone() for name, value in self.values.items()}

    def update(self, step: int) -> None:
        """Move towards the parameters; step counts from 0."""
        if not self.decay:
            return
        import torch

        keep = min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.values.values()), list(self.parameters.values()), 1 - keep)

    def restore(self, values: dict[str, Any]) -> None:
        """Take up the copies that a checkpoint kept."""
        import torch

        with torch.no_grad():
            for name, value in values.items():
                self.values[name].copy_(value)

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Inside, the parameters have the averaged values; afterwards their own again, bit for bit."""
        own = {name: value.data for name, value in self.parameters.items()}
        try:
            for name, value in self.parameters.items():
                value.data = self.values[name]
            yield
        finally:
            for name, value in self.parameters.items():
                value.data = own[name]
