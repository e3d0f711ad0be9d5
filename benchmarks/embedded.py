"""How well a small model follows its prompts: `python benchmarks/embedded.py MODEL_FOLDER MOTION_FOLDER`.

Renders prompts of the shapes vocabulary with the backend `diffusers`, reads colour, shape and motion
back with the metric `shapes_adherence`, and prints one JSON object: shares of clips that are right for
compositions that were trained and for those held out, and seconds a clip.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from animorch_diffusers import DiffusersBackend
from animorch_shapes import ShapesAdherence
from animorch_shapes.words import BACKGROUNDS, Words, held_out, triples, write

from animorch import Checkpoint, Clip, MotionModule, RenderSpec


def prompts(count: int, unseen: bool, seed: int) -> list[str]:
    """Plain captions of as many compositions, drawn without repeats while there are any."""
    chance = np.random.default_rng([seed, unseen])
    choices = [triple for triple in triples() if held_out(triple) == unseen]
    order = np.concatenate([chance.permutation(len(choices)) for _ in range(count // len(choices) + 1)])
    behind = [str(name) for name in chance.choice(list(BACKGROUNDS), count)]
    return [write(Words(*choices[place], name)) for place, name in zip(order, behind, strict=False)]


def spec(asked: argparse.Namespace, prompt: str, seed: int, cfg: float) -> RenderSpec:
    return RenderSpec(
        checkpoint=Checkpoint(name="embedded", base="sd15", path=str(asked.model)),
        motion=MotionModule(name="embedded", base="sd15", path=str(asked.motion)),
        prompt=prompt,
        steps=asked.steps,
        cfg=cfg,
        sampler=asked.sampler,
        seed=seed,
        width=64,
        height=64,
        frames=16,
    )


def measured(
    asked: argparse.Namespace, backend: DiffusersBackend, unseen: bool, cfg: float
) -> tuple[dict[str, float], list[tuple[str, Clip]]]:
    """Mean of each number over the prompts, and the clips."""
    clips, rows, began = [], [], time.perf_counter()
    for number, prompt in enumerate(prompts(asked.count, unseen, asked.seed)):
        wanted = spec(asked, prompt, asked.seed * 10_000 + number, cfg)
        clip = backend.render(wanted, lambda step, total: None)
        clips.append((prompt, clip))
        rows.append(ShapesAdherence().measure(clip, wanted))
    keys = sorted({key for row in rows for key in row})
    means = {key: _mean([row[key] for row in rows if key in row]) for key in keys}
    return means | {"seconds_a_clip": round((time.perf_counter() - began) / len(rows), 2)}, clips


def _mean(values: list[Any]) -> float:
    return round(float(np.mean(values)), 4)


def sheet(clips: list[tuple[str, Clip]], path: Path) -> None:
    """Every third frame of the first clips, a clip a row, to be looked at."""
    from PIL import Image

    rows = [np.concatenate(list(clip.frames[::3]), axis=1) for _, clip in clips[:24]]
    half = (len(rows) + 1) // 2
    columns = [np.concatenate(rows[:half]), np.concatenate(rows[half:] or rows[:half])]
    tall = min(len(column) for column in columns)
    Image.fromarray(np.concatenate([column[:tall] for column in columns], axis=1)).save(path)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("model", type=Path)
    words.add_argument("motion", type=Path)
    words.add_argument("--count", type=int, default=200)
    words.add_argument("--seed", type=int, default=77)
    words.add_argument("--steps", type=int, default=10)
    words.add_argument("--sampler", default="ddim")
    words.add_argument("--cfg", type=float, nargs="*", default=[7.0])
    words.add_argument("--unseen", action="store_true", help="Only the held-out compositions.")
    words.add_argument("--threads", type=int, default=1)
    words.add_argument("--sheet", type=Path)
    asked = words.parse_args()
    backend = DiffusersBackend(threads=asked.threads, offline=True)
    for cfg in asked.cfg:
        found, clips = measured(asked, backend, asked.unseen, cfg)
        print(json.dumps({"cfg": cfg, "steps": asked.steps, "unseen": asked.unseen, **found}), flush=True)
        if asked.sheet:
            sheet(clips, asked.sheet)


if __name__ == "__main__":
    main()
