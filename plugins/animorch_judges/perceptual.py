"""lpips: how different frames look to a network, after the authors' own package."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from animorch import Clip, Measure, Measures, MetricError, RenderSpec
from animorch_judges.judge import Judge, chosen, content_of

_FILES = {  # torchvision's published weights, by the names under which torch keeps them
    "alex": "alexnet-owt-7be5be79.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
    "vgg": "vgg16-397923af.pth",
}
_SMALLEST = 64  # pixels a side to which smaller frames are enlarged: AlexNet's layers need them
_APART = Measure("LPIPS", "lower", 0)


class PerceptualDistance(Judge):
    """LPIPS 0.1 of each frame to the frame before and to the first, by the authors' package `lpips`.

    0 upwards, rarely above 1; lower is more alike, 0 is equal (and what a single frame reads). Movement
    raises both, so show motion_amount beside them. Frames under 64 pixels are enlarged to that. Source:
    Zhang et al. 2018, arXiv:1801.03924.
    """

    name: ClassVar[str] = "lpips"
    needs: ClassVar[tuple[str, ...]] = ("torch", "torchvision", "lpips")
    measures: ClassVar[Mapping[str, Measure]] = dict.fromkeys(
        ("lpips_to_previous", "lpips_to_first", "lpips_to_previous_by_pair"), _APART
    )

    net: Literal["alex", "squeeze", "vgg"] = Field(
        "alex", description="The network; alex is the authors' choice."
    )
    weights: str = Field(
        "", description="Its file as torchvision publishes it; empty looks in torch's cache."
    )

    def content(self) -> str:
        return content_of(self.name, self._file())

    def preflight(self) -> list[str]:
        if self._file().is_file():
            return super().preflight()
        address = f"https://download.pytorch.org/models/{_FILES[self.net]}"
        return [*super().preflight(), f"there are no weights at {self._file()}; fetch {address} to there"]

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """Two means, and `lpips_to_previous_by_pair` with T-1 numbers."""
        import torch

        network = _network(self.net, self._file(), self.content(), chosen(self.device))
        shown = [self._shown(frame) for frame in clip.frames]
        with torch.inference_mode():
            previous = [float(network(one, other)) for one, other in pairwise(shown)]
            first = [float(network(shown[0], other)) for other in shown[1:]]
        return {
            "lpips_to_previous": sum(previous) / max(1, len(previous)),
            "lpips_to_first": sum(first) / max(1, len(first)),
            "lpips_to_previous_by_pair": previous,
        }

    def _file(self) -> Path:
        home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
        return Path(self.weights or Path(home) / "hub/checkpoints" / _FILES[self.net]).expanduser()

    def _shown(self, frame: Any) -> Any:
        """A frame as the network takes it: (1, 3, h, w) in -1..1."""
        import torch

        values = torch.from_numpy(frame).to(chosen(self.device)).permute(2, 0, 1)[None].float() / 127.5 - 1
        scale = max(1.0, _SMALLEST / min(values.shape[2:]))
        size = [round(side * scale) for side in values.shape[2:]]
        return torch.nn.functional.interpolate(values, size, mode="bilinear") if scale > 1 else values


@lru_cache(maxsize=1)
def _network(net: str, path: Path, content: str, device: str) -> Any:
    """The package's network with its own heads on the file's layers; raises MetricError for a wrong file."""
    import torch
    from lpips import LPIPS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lpips calls torchvision as it was called in 2021
        network = LPIPS(net=net, pnet_rand=True, verbose=False)  # not random: filled in below, no download
    try:
        layers = torch.load(path, map_location="cpu", weights_only=True)
        parts = {name: f"features.{name.partition('.')[2]}" for name in network.net.state_dict()}
        network.net.load_state_dict({name: layers[published] for name, published in parts.items()})
    except Exception as error:  # torch raises many kinds for a file that is none of its own
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise MetricError(
            f"{path} could not be read as torchvision's {net} ({said}); fetch it again"
        ) from error
    return network.eval().to(device)
