"""Average: the exponential moving average of the weights, which renders better than the last ones."""

from __future__ import annotations

from typing import Any


class Average:
    """Averaged copies of named parameters. Early on the decay is smaller, so that the start is forgotten."""

    def __init__(self, decay: float, parameters: dict[str, Any]) -> None:
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in parameters.items()}

    def update(self, step: int, parameters: dict[str, Any]) -> None:
        """Move towards the parameters; step counts from 0."""
        import torch

        keep = min(self.decay, (1 + step) / (10 + step))
        names = list(self.values)
        with torch.no_grad():
            torch._foreach_lerp_(
                [self.values[name] for name in names], [parameters[name] for name in names], 1 - keep
            )
