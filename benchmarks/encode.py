"""Encoding beside the obvious alternatives, in one run: python benchmarks/encode.py [ROUNDS] [SIZE] [FRAMES]

GIF against diffusers' export_to_gif (Pillow, a palette a frame) and ffmpeg's palettegen + paletteuse; H.264
against diffusers' export_to_video and imageio's defaults; AV1 against H.264. Two clips: grain, which is dear,
and a smooth gradient, which shows bands. Sides alternate; figures are medians of CPU seconds, children
included, so that other work on the machine matters less. Closeness in dB to the clip: as it is, and `eye`
after a blur of 5 x 5 pixels, since dithering trades the first for the second.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from animorch import Clip
from animorch.media import decode, encode, palette

Side = Callable[[Clip, Path], None]
GRAPH = "[0:v]split[a][b];[b]palettegen=stats_mode=full[p];[a][p]paletteuse=dither=sierra2_4a"


def grain(frames: int, size: int) -> Clip:
    """A moving texture with noise: nearly every pixel has a colour of its own."""
    chance = np.random.default_rng(0)
    small = Image.fromarray(chance.integers(0, 256, (24, 40, 3), np.uint8))
    wide = np.asarray(small.resize((size + 4 * frames, size), Image.Resampling.BICUBIC)).astype(np.int16)
    shots = (wide[:, 3 * at : 3 * at + size] for at in range(frames))
    return Clip(
        np.stack([np.clip(s + chance.integers(-8, 9, s.shape), 0, 255).astype(np.uint8) for s in shots])
    )


def gradient(frames: int, size: int) -> Clip:
    """Slow waves of colour."""
    time, down, across = np.mgrid[0:frames, 0:size, 0:size] * (512 / size)
    waves = [np.sin((across + time * speed) / 190) * np.cos(down / 210) for speed in (1, 2, 3)]
    return Clip(((np.stack(waves, -1) + 1) * 120 + 8).astype(np.uint8))


def house(clip: Clip, path: Path) -> None:
    encode(clip, path, {})


def pillow_gif(clip: Clip, path: Path) -> None:
    """What diffusers.utils.export_to_gif does."""
    first, *others = [Image.fromarray(frame) for frame in clip.frames]
    first.save(path, save_all=True, append_images=others, optimize=False, duration=125, loop=0)


def piped(*options: str) -> Side:
    """ffmpeg with frames through a pipe."""

    def run(clip: Clip, path: Path) -> None:
        size = f"{clip.width}x{clip.height}"
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-framerate", "8", "-i", "pipe:0"]
        words = [get_ffmpeg_exe(), "-y", "-loglevel", "error", *source, *options, str(path)]
        subprocess.run(words, input=clip.frames.tobytes(), check=True)

    return run


def imageio_mp4(clip: Clip, path: Path) -> None:
    """What diffusers.utils.export_to_video does: quality 5, sizes rounded to 16."""
    from imageio_ffmpeg import write_frames

    writer = write_frames(str(path), (clip.width, clip.height), fps=8, quality=5)
    writer.send(None)
    for frame in clip.frames:
        writer.send(frame.tobytes())
    writer.close()


KINDS: dict[str, dict[str, Side]] = {
    "gif": {
        "animorch": house,
        "diffusers' export_to_gif": pillow_gif,
        "palettegen + paletteuse": piped("-filter_complex", GRAPH, "-loop", "0"),
        "ffmpeg's own palette": piped("-loop", "0"),
    },
    "mp4": {
        "animorch": house,
        "diffusers' export_to_video": imageio_mp4,
        "x264 medium crf 18, bare": piped("-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p"),
    },
    "av1.mp4": {
        "animorch": house,
        "libaom, its own effort 6": piped("-c:v", "libaom-av1", "-crf", "28", "-b:v", "0", "-cpu-used", "6"),
    },
}


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def decibels(found: np.ndarray, wanted: np.ndarray) -> float:
    error = float(np.mean((found.astype(np.float32) - wanted) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def blurred(frames: np.ndarray) -> np.ndarray:
    soft = frames.astype(np.float32)
    for axis in (1, 2):
        soft = sum(np.roll(soft, step, axis) for step in range(-2, 3)) / 5
    return soft


def compare(kind: str, clip: Clip, rounds: int, folder: Path) -> None:
    """Print a line a side: seconds, the ratio to animorch's, size and closeness."""
    times: dict[str, list[float]] = {name: [] for name in KINDS[kind]}
    for _ in range(rounds):
        for place, (name, side) in enumerate(KINDS[kind].items()):
            start = cpu()
            side(clip, folder / f"{place}.{kind}")
            times[name].append(cpu() - start)
    ours = median(times["animorch"])
    for place, (name, spent) in enumerate(times.items()):
        path = folder / f"{place}.{kind}"
        back = decode(path).frames
        same = back.shape == clip.frames.shape
        close = (
            f"{decibels(back, clip.frames):5.1f} dB, eye {decibels(blurred(back), blurred(clip.frames)):5.1f}"
        )
        told = close if same else f"{len(back)} of {len(clip)} frames kept"
        took = median(spent)
        print(
            f"  {name:<27} {took:6.2f} s  {took / ours:5.1f} x  {path.stat().st_size / 1000:7.0f} KB  {told}"
            f"  (min {min(spent):.2f}, max {max(spent):.2f})"
        )


def palettes(clip: Clip) -> None:
    """Print what the palette alone costs, ours and ffmpeg's."""
    sample = clip.frames.reshape(-1, 3)[
        np.random.default_rng(0).integers(0, clip.frames[..., 0].size, 1 << 14)
    ]
    start = cpu()
    palette.of_pixels(sample, 255, 4)
    ours = cpu() - start
    start = cpu()
    with tempfile.TemporaryDirectory() as folder:
        piped("-vf", "palettegen=stats_mode=full")(clip, Path(folder) / "palette.png")
    theirs = cpu() - start
    print(f"  palette alone: animorch {ours:.2f} s, palettegen {theirs:.2f} s, {theirs / ours:.1f} x")


def main(rounds: int, size: int, frames: int) -> None:
    for name, clip in (("grain", grain(frames, size)), ("gradient", gradient(frames, size))):
        for kind in KINDS:
            print(f"{kind}, {name}, {frames} frames of {size}x{size}, CPU seconds, median of {rounds}")
            with tempfile.TemporaryDirectory() as folder:
                compare(kind, clip, rounds, Path(folder))
            if kind == "gif":
                palettes(clip)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [3, 512, 16][len(given) :]))
