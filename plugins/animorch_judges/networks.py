"""Networks: transformers' models from a folder, kept warm from one point to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch import MetricError


@lru_cache(maxsize=2)
def clip(folder: Path, content: str, device: str) -> tuple[Any, Any, Any]:
    """OpenAI's CLIP: model, image processor, tokenizer; raises MetricError when the folder holds none."""
    from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

    with _loading(folder, "a CLIP model"):
        model = CLIPModel.from_pretrained(folder, local_files_only=True).eval().to(device)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return (
            model,
            AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil"),
            tokenizer,
        )


@lru_cache(maxsize=2)
def seer(folder: Path, content: str, device: str) -> tuple[Any, Any]:
    """A vision transformer and its image processor; raises MetricError when the folder holds none."""
    from transformers import AutoImageProcessor, AutoModel

    with _loading(folder, "a vision model"):
        model = AutoModel.from_pretrained(folder, local_files_only=True).eval().to(device)
        return model, AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")


@contextmanager
def _loading(folder: Path, kind: str) -> Iterator[None]:
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        yield
    except Exception as error:  # transformers and safetensors raise many kinds for a folder of another sort
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise MetricError(f"{folder} could not be read as {kind} ({said}); check weights=FOLDER") from error
    finally:
        logging.enable_progress_bar()
