"""aesthetic: how much people would like the frames, by a head on CLIP's picture embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, MetricError, RenderSpec
from animorch_judges import networks
from animorch_judges.judge import FolderJudge, both, chosen, content_of, pictures

_HEAD = "sac+logos+ava1-l14-linearMSE.pth"


class Aesthetic(FolderJudge):
    """LAION's predictor: linear layers on the normalised embedding that CLIP ViT-L/14 gives of a frame.

    About 1..10, higher is liked better; most pictures read 4 to 7. It knows nothing of the prompt or of
    movement. Source: github.com/christophschuhmann/improved-aesthetic-predictor (Apache-2.0), whose file
    sac+logos+ava1-l14-linearMSE.pth is the `head`; any other of linear layers alone is taken too.
    """

    name: ClassVar[str] = "aesthetic"
    needs: ClassVar[tuple[str, ...]] = ("torch", "transformers", "safetensors")
    measures: ClassVar[Mapping[str, Measure]] = both("aesthetic", Measure("points", "higher"))

    weights: str = Field(
        "openai/clip-vit-large-patch14", description="CLIP's folder, or its hub name when in the cache."
    )
    head: str = Field("", description=f"The head's file, as {_HEAD}, or .safetensors.")

    def content(self) -> str:
        return f"{super().content()} {content_of(self.name, Path(self.head).expanduser())}"

    def preflight(self) -> list[str]:
        said = "names no file" if not self.head else f"={self.head} is not there"
        there = bool(self.head) and Path(self.head).expanduser().is_file()
        return [
            *super().preflight(),
            *([] if there else [f"head {said}; give metrics.aesthetic.head={_HEAD}"]),
        ]

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """The mean over the frames, and `aesthetic_by_frame` with T numbers."""
        folder = self.folder()
        assert folder is not None, "preflight() was not asked"
        import torch

        device = chosen(self.device)
        model, processor, _ = networks.clip(folder, super().content(), device)
        weight, bias = _head(Path(self.head).expanduser(), self.content())
        if weight.shape[1] != (width := model.config.projection_dim):
            raise MetricError(
                f"{self.head} takes embeddings of {weight.shape[1]} and {folder} gives {width}; "
                "use the CLIP that the head was made for"
            )
        series = []
        with torch.inference_mode():
            for picture in pictures(clip.frames):
                pixels = processor(images=[picture], return_tensors="pt")["pixel_values"].to(device)
                seen = model.get_image_features(pixels).pooler_output.double().cpu()
                series.append(float(torch.nn.functional.normalize(seen, dim=-1) @ weight.T + bias))
        return {"aesthetic": sum(series) / len(series), "aesthetic_by_frame": series}


@lru_cache(maxsize=2)
def _head(path: Path, content: str) -> tuple[Any, Any]:
    """The layers as one, since nothing but dropout lies between them: weight (1, width) and bias (1,).

    Raises MetricError for a file of anything else.
    """
    import torch

    layers = _layers(path)
    weight: Any = None
    bias: Any = None
    for name in sorted(layers, key=lambda name: [int(word) for word in name.split(".") if word.isdigit()]):
        if not name.endswith(".weight") or f"{name.removesuffix('weight')}bias" not in layers:
            continue
        matrix, shift = layers[name].double(), layers[f"{name.removesuffix('weight')}bias"].double()
        fits = matrix.ndim == 2 and (weight is None or matrix.shape[1] == weight.shape[0])
        if not fits:
            raise MetricError(f"{path} is no chain of linear layers (at {name}); give {_HEAD}")
        weight, bias = (matrix, shift) if weight is None else (matrix @ weight, matrix @ bias + shift)
    if weight is None or weight.shape[0] != 1 or not isinstance(weight, torch.Tensor):
        raise MetricError(f"{path} does not end in one number; give {_HEAD}")
    return weight, bias


def _layers(path: Path) -> Mapping[str, Any]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        import torch

        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # torch and safetensors raise many kinds for a file that is none of theirs
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise MetricError(f"{path} could not be read as weights ({said}); give {_HEAD}") from error
