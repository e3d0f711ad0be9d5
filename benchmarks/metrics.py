"""Metrics beside the obvious alternative, 16 frames of 512 x 512: python benchmarks/metrics.py [ROUNDS]

Motion stands beside OpenCV's Farneback flow and the likeness of frames beside the SSIM of scikit-image or
torchmetrics (whichever is installed), both at the clip's own size, where ours reduce it first, as whoever
calls them would; the metrics by ffmpeg beside its command line on two lossless files, decoding included. The
clip is a pan of 5 pixels a frame under grain, so that the flow's error can be printed too. Sides
alternate; figures are medians of CPU seconds, child processes included.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from animorch_metrics import animorch_metrics
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from animorch import Clip
from animorch.media import encode
from animorch.testing import small_spec

SIZE, FRAMES, STEP = 512, 16, 5


def pan() -> Clip:
    """Known movement: STEP pixels a frame to the side."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (SIZE // 16, (SIZE + STEP * FRAMES) // 16 + 1, 3), np.uint8)
    wide = np.asarray(Image.fromarray(coarse).resize((SIZE + STEP * FRAMES, SIZE), Image.Resampling.BICUBIC))
    grainy = np.clip(wide + random.normal(0, 4, wide.shape), 0, 255).astype(np.uint8)
    return Clip(np.stack([grainy[:, STEP * t : STEP * t + SIZE] for t in range(FRAMES)]))


def ours(clip: Clip, reference: Path) -> dict[str, Callable[[], Any]]:
    """Each shipped metric that needs no weights, as the house calls it."""
    spec = small_spec()
    made = [
        cls(reference=str(reference)) if "reference" in cls.model_fields else cls()
        for cls in animorch_metrics()
    ]
    return {metric.name: lambda metric=metric: metric.measure(clip, spec) for metric in made}


def alternatives(clip: Clip, made: Path, reference: Path) -> dict[str, Callable[[], Any]]:
    """What one would write otherwise, by the metric that it stands beside."""
    found: dict[str, Callable[[], Any]] = {}
    if find_spec("cv2"):
        found["motion_amount"] = lambda: farneback(clip)
    if find_spec("skimage"):
        found["frame_consistency"] = lambda: skimage_ssim(clip)
    elif find_spec("torchmetrics"):
        found["frame_consistency"] = lambda: torchmetrics_ssim(clip)
    for name, words in {
        "ffmpeg_ssim": "ssim",
        "ffmpeg_psnr": "psnr",
        "xpsnr": "xpsnr",
        "vmaf": "libvmaf",
    }.items():
        found[name] = lambda words=words: by_hand(words, made, reference)
    return found


def farneback(clip: Clip) -> float:
    """Mean flow in pixels by OpenCV, on every pixel."""
    import cv2

    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip.frames]
    flows = [
        cv2.calcOpticalFlowFarneback(now, then, None, 0.5, 5, 15, 3, 7, 1.5, 0)
        for now, then in pairwise(grey)
    ]
    return float(np.mean([np.hypot(flow[..., 0], flow[..., 1]).mean() for flow in flows]))


def skimage_ssim(clip: Clip) -> float:
    from skimage.metrics import structural_similarity

    pairs = pairwise(clip.frames)
    return float(np.mean([structural_similarity(one, two, channel_axis=2) for one, two in pairs]))


def torchmetrics_ssim(clip: Clip) -> float:
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure as ssim

    frames = torch.from_numpy(clip.frames).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        return float(ssim(frames[1:], frames[:-1], data_range=1.0))


def by_hand(words: str, made: Path, reference: Path) -> None:
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(made), "-i", str(reference)]
    subprocess.run([*command, "-lavfi", f"[0:v][1:v]{words}", "-f", "null", "-"], check=True)


def seconds(deed: Callable[[], Any]) -> float:
    """CPU seconds of this process and its children."""
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    deed()
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(b.ru_utime - a.ru_utime + b.ru_stime - a.ru_stime for a, b in zip(before, after, strict=True))


def main(rounds: int) -> None:
    clip = pan()
    with tempfile.TemporaryDirectory() as folder:
        made, reference = Path(folder) / "made.mkv", Path(folder) / "right.mkv"
        encode(clip, made, {})
        encode(Clip((clip.frames // 2 * 2).astype(np.uint8)), reference, {})
        sides = {"animorch": ours(clip, reference), "other": alternatives(clip, made, reference)}
        for deeds in sides.values():  # imports and the reference's first reading are nobody's time
            for deed in deeds.values():
                deed()
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(rounds):
            for side, deeds in sides.items():
                for name, deed in deeds.items():
                    times.setdefault((side, name), []).append(seconds(deed))
        for name in sides["animorch"]:
            here, other = (times.get((side, name)) for side in sides)
            beside = f"{median(other):7.3f} s" if other else "        -"
            print(f"{name:<20}{median(here or [0]):7.3f} s   alternative {beside}")
        found = sides["animorch"]["motion_amount"]()["motion_amount"] * SIZE
        told = f", Farneback {farneback(clip):.2f}" if find_spec("cv2") else ""
        print(f"pan of {STEP} pixels reads {found:.2f}{told}; {rounds} rounds, medians of CPU seconds")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
