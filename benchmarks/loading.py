"""How long weights take to be ready: diffusers' own constructors and animorch's, in turn, in one process.

    python benchmarks/loading.py                a full-size SD1.5 of random weights, about 6 GB on the disk
    python benchmarks/loading.py --size small   the same shape, a few channels wide

Both load the same files (a diffusers folder with a motion adapter) into an animated pipeline; the tensors are
compared bit for bit. Files are read once before the clock starts, so neither finds a colder disk.
"""

from __future__ import annotations

import argparse
import gc
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from animorch_diffusers import bundled
from animorch_diffusers.quiet import quiet
from animorch_diffusers.warm import Warm

from animorch import RenderSpec

SMALL = {"block_out_channels": (32, 64, 64, 64), "cross_attention_dim": 32}
TEXT = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 1, "num_hidden_layers": 2}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--size", choices=("sd15", "small"), default="sd15")
    words.add_argument(
        "--folder", type=Path, help="where the weights are written; default: a temporary folder"
    )
    words.add_argument("--rounds", type=int, default=1)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as place, quiet():
        folder = Path(place)
        written(folder, given.size == "small")
        for file in folder.rglob("*.safetensors"):
            file.read_bytes()
        ours(folder)  # imports, and what is made once in a process
        for _ in range(given.rounds):
            compared(folder)


def compared(folder: Path) -> None:
    """One line: seconds of each, and whether every tensor is the same."""
    theirs, stock_seconds = timed(stock, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    mine, own_seconds = timed(ours, folder)
    same = all(
        torch.equal(tensor, getattr(mine, part).state_dict()[name])
        for part in ("unet", "vae", "text_encoder")
        for name, tensor in getattr(theirs, part).state_dict().items()
    )
    count = sum(weight.numel() for weight in mine.unet.parameters()) / 1e6
    print(
        f"UNet with motion {count:.0f} M: stock {stock_seconds:.2f} s, animorch {own_seconds:.2f} s "
        f"({stock_seconds / own_seconds:.1f}x), tensors {'equal' if same else 'DIFFER'}; "
        f"peak of the process with stock {peak:.1f} GB"
    )


def timed(load: Callable[[Path], Any], folder: Path) -> tuple[Any, float]:
    gc.collect()
    began = perf_counter()
    pipe = load(folder)
    return pipe, perf_counter() - began


def stock(folder: Path) -> Any:
    """As diffusers' documentation loads AnimateDiff."""
    from diffusers import AnimateDiffPipeline, MotionAdapter

    adapter = MotionAdapter.from_pretrained(folder / "motion")
    return AnimateDiffPipeline.from_pretrained(folder / "model", motion_adapter=adapter)


def ours(folder: Path) -> Any:
    """What a cold backend does before its first clip, hashing aside."""
    spec = RenderSpec.model_validate(
        {
            "checkpoint": {"name": "model", "base": "sd15", "path": str(folder / "model")},
            "motion": {"name": "motion", "base": "sd15", "path": str(folder / "motion")},
        }
    )
    spec.checkpoint.content(), spec.motion.content()  # remembered by path and times from here on
    return Warm(torch.device("cpu"), torch.float32, offline=True).ready(spec).pipe


def written(folder: Path, small: bool) -> None:
    """Random weights as model/ and motion/. Zeros would do as well, but for the comparison."""
    from diffusers import (
        AutoencoderKL,
        MotionAdapter,
        PNDMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    configs = bundled.Configs("sd15")
    vae = {"block_out_channels": (32, 32, 32, 32)} if small else {}
    StableDiffusionPipeline(
        unet=UNet2DConditionModel.from_config(configs.of("unet") | (SMALL if small else {})),
        vae=AutoencoderKL.from_config(configs.of("vae") | vae),
        text_encoder=CLIPTextModel(
            CLIPTextConfig.from_dict(configs.of("text_encoder") | (TEXT if small else {}))
        ),
        tokenizer=bundled.tokenizer(),
        scheduler=PNDMScheduler.from_config(configs.of("scheduler")),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder / "model")
    channels = SMALL["block_out_channels"] if small else (320, 640, 1280, 1280)
    MotionAdapter(block_out_channels=channels).save_pretrained(folder / "motion")


if __name__ == "__main__":
    main()
