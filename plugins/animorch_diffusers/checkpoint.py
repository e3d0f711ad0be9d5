"""Checkpoint: Stable Diffusion's parts, loaded once and never changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animorch import Checkpoint, WeightsError
from animorch_diffusers.sources import SD15_CONFIGS, cached_file, locate, undelivered
from animorch_diffusers.tensors import PICKLES, read_tensors

# a safety checker would replace frames with black ones; nothing else here is used by AnimateDiff
_ABSENT: Mapping[str, Any] = {
    "safety_checker": None,
    "feature_extractor": None,
    "image_encoder": None,
}


@dataclass(frozen=True)
class Base:
    """The parts of a checkpoint on their device. Pipelines share these tensors and never write to them."""

    unet: Any
    vae: Any
    text_encoder: Any
    tokenizer: Any
    sampling: Mapping[str, Any]  # the checkpoint's own scheduler config

    @property
    def channels(self) -> tuple[int, ...]:
        return tuple(self.unet.config["block_out_channels"])


def load_base(checkpoint: Checkpoint, device: Any, dtype: Any, offline: bool) -> Base:
    """Read a checkpoint of any form; raises WeightsError when it cannot be."""
    where = locate(checkpoint, offline)
    if isinstance(where, str):
        where = _downloaded(checkpoint, offline)
    if where.is_file():
        pipe = _from_file(checkpoint, where, dtype, offline)
    else:
        pipe = _from_folder(checkpoint, where, dtype)
    for part in (pipe.unet, pipe.vae, pipe.text_encoder):
        _refuse_gaps(checkpoint, part)
        part.to(device).requires_grad_(False).eval()
    return Base(pipe.unet, pipe.vae, pipe.text_encoder, pipe.tokenizer, dict(pipe.scheduler.config))


def _refuse_gaps(checkpoint: Checkpoint, part: Any) -> None:
    """diffusers leaves a tensor that the files lack on the meta device; transformers invents it."""
    gaps = [name for name, tensor in part.named_parameters() if tensor.is_meta]
    if gaps:
        raise WeightsError(_lacking(checkpoint, type(part).__name__, gaps))


def _lacking(checkpoint: Checkpoint, part: str, gaps: list[str]) -> str:
    return (
        f"checkpoint={checkpoint.name} lacks {len(gaps)} tensors of its {part} (the first: {gaps[0]}); "
        "download it again"
    )


def _downloaded(checkpoint: Checkpoint, offline: bool) -> Path:
    """The snapshot folder of a hub repository, fetched where the cache lacks it."""
    from diffusers import StableDiffusionPipeline

    try:
        found = StableDiffusionPipeline.download(
            checkpoint.repo, revision=checkpoint.revision, local_files_only=offline, **_ABSENT
        )
    except Exception as error:  # the hub's client raises its own, httpx's and the system's
        raise WeightsError(undelivered(checkpoint, error)) from error
    return Path(found)


def _from_folder(checkpoint: Checkpoint, folder: Path, dtype: Any) -> Any:
    from diffusers import StableDiffusionPipeline

    try:
        return StableDiffusionPipeline.from_pretrained(
            folder,
            torch_dtype=dtype,
            text_encoder=_text_encoder(checkpoint, folder, dtype),
            requires_safety_checker=False,
            **_ABSENT,
        )
    except WeightsError:
        raise
    except Exception as error:  # diffusers, transformers and safetensors each raise their own
        raise WeightsError(_unread(checkpoint, folder, error)) from error


def _text_encoder(checkpoint: Checkpoint, folder: Path, dtype: Any) -> Any:
    from transformers import CLIPTextModel

    encoder, told = CLIPTextModel.from_pretrained(
        folder / "text_encoder", dtype=dtype, output_loading_info=True
    )
    if told["missing_keys"]:
        raise WeightsError(_lacking(checkpoint, "CLIPTextModel", sorted(told["missing_keys"])))
    return encoder


def _from_file(checkpoint: Checkpoint, path: Path, dtype: Any, offline: bool) -> Any:
    from diffusers import StableDiffusionPipeline

    config = config_folder(checkpoint, offline)
    options = {"config": str(config), "local_files_only": True} if config else {}
    if path.suffix.lower() in PICKLES:
        read_tensors(path)  # memory-mapped, so cheap: says in one sentence what is wrong with a pickle
    try:
        return StableDiffusionPipeline.from_single_file(str(path), torch_dtype=dtype, **_ABSENT, **options)
    except Exception as error:  # as above
        if config is None and _is_of_the_hub(error):
            raise WeightsError(no_config(checkpoint)) from error
        raise WeightsError(_unread(checkpoint, path, error)) from error


def config_folder(checkpoint: Checkpoint, offline: bool) -> Path | None:
    """Folder of configs and tokenizer for a single file; None leaves it to diffusers and the hub.

    Offline, the hub cache is asked here, because diffusers goes online regardless when it has none.
    """
    if checkpoint.config is not None:
        return checkpoint.local_config()
    return cached_file(SD15_CONFIGS, "model_index.json", None, whole=True) if offline else None


def no_config(checkpoint: Checkpoint) -> str:
    """The sentence for a single file whose configs are nowhere."""
    return (
        f"checkpoint={checkpoint.name} is a single file, and the configs and tokenizer it needs are "
        "neither local "
        "nor to be had from the hub; set checkpoint.config=FOLDER to a diffusers folder of the same family"
    )


def _is_of_the_hub(error: BaseException | None) -> bool:
    while error is not None:
        if type(error).__module__.partition(".")[0] in ("huggingface_hub", "httpx", "httpcore", "requests"):
            return True
        if isinstance(error, ConnectionError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _unread(checkpoint: Checkpoint, path: Path, error: Exception) -> str:
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return (
        f"checkpoint={checkpoint.name}: diffusers cannot read {path} as Stable Diffusion 1.5 ({why}); "
        "check or download it again"
    )
