"""Judge: what metrics with weights share: what they need, and where it is looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from animorch import Measure, Metric, Weights

EXTRA = "pip install 'animorch[judges]'"


class Judge(Metric):
    """A metric that needs libraries, and weights that are never downloaded."""

    needs: ClassVar[tuple[str, ...]]  # modules

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto takes cuda where torch has it.")

    def preflight(self) -> list[str]:
        return lacking(self.needs)


class FolderJudge(Judge):
    """A judge whose network lies in one folder in transformers' layout."""

    files: ClassVar[tuple[str, ...]] = ("config.json", "preprocessor_config.json")
    weights: str  # with a default of its own in each

    def content(self) -> str:
        return content_of(self.name, self.folder())

    def preflight(self) -> list[str]:
        return [*super().preflight(), *([] if self.folder() else [absence(self.weights, self.files)])]

    def folder(self) -> Path | None:
        """Where the weights are; None when they are not at hand."""
        return _folder_of(self.weights, self.files)


def both(name: str, measure: Measure) -> Mapping[str, Measure]:
    """What the mean and the series of a metric mean."""
    return {name: measure, f"{name}_by_frame": measure}


def lacking(modules: Sequence[str]) -> list[str]:
    """A sentence when libraries are not installed."""
    lost = [module for module in modules if not find_spec(module)]
    return [f"it needs {' and '.join(lost)}; run {EXTRA}"] if lost else []


def content_of(name: str, path: Path | None) -> str:
    """The hash of a file or folder, for the keys."""
    return "" if path is None else Weights(name=name, path=str(path)).content()


def absence(weights: str, files: Sequence[str]) -> str:
    """What a person does about a folder of weights that is not there."""
    if Path(weights).expanduser().is_dir():
        return f"the folder {weights} lacks {' or '.join(files)}; check weights=FOLDER"
    return (
        f"its weights {weights} are neither a folder nor in the hub's cache; "
        f"run `hf download {weights}` or give weights=FOLDER"
    )


def chosen(device: str) -> str:
    """The device that `auto` means here."""
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


def pictures(frames: Any) -> list[Any]:
    """Frames (T, H, W, 3) as Pillow images, for a processor."""
    from PIL import Image

    return [Image.fromarray(frame) for frame in frames]


@lru_cache(maxsize=32)
def _cached(repo: str, file: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file)
    return Path(found) if isinstance(found, str) else None


def _folder_of(weights: str, files: Sequence[str]) -> Path | None:
    own = Path(weights).expanduser()
    if own.is_dir():
        return own if all((own / file).is_file() for file in files) else None
    if weights.count("/") != 1 or not find_spec("huggingface_hub"):
        return None
    found = [_cached(weights, file) for file in files]
    return found[0].parent if found[0] and all(found) else None
