"""What a few minutes of `animorch train` on ten clips do: python benchmarks/finetune.py [MOTION] [STEPS]

Writes ten mp4 files of one motion into a fresh folder, with captions that say what is seen and, as captions
of films mostly do, not how it moves; measures how often the embedded model moves so by itself, fine-tunes
its motion module on the folder with the real command, and measures again, with the same prompts and seeds.
Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from animorch_embedded.prompts import held_back
from animorch_embedded.score import PARTS
from animorch_shapes import clips
from animorch_shapes.words import read, write

from animorch import Clip, composed, make
from animorch.media import encode

CLIPS, PROMPTS, SEEDS = 10, 20, 2
MADE = "finetuned"


def write_clips(folder: Path, motion: str) -> None:
    """CLIPS films of the motion, each with its caption in a .txt of the same name."""
    source = clips(length=CLIPS, seed=909, only=motion, roam=0.4, unsaid=0.0, silent=True)
    folder.mkdir()
    for number, (frames, caption) in enumerate(source, 1):
        encode(Clip(frames, 8), folder / f"{number:02}.mp4", {})
        (folder / f"{number:02}.txt").write_text(caption + "\n", encoding="utf-8")


def prompts_of(motion: str) -> list[str]:
    """Held-back prompts that name the motion, seen and unseen compositions alike."""
    every = [text for kind in ("trained", "unseen") for text in held_back(kind)]
    return [text for text in every if (words := read(text)) and words.motion == motion][:PROMPTS]


def silent(prompt: str) -> str:
    """The prompt without its motion."""
    words = read(prompt)
    assert words is not None, prompt
    return write(replace(words, motion=None))


def measured(motion_module: str, prompts: list[str]) -> dict[str, float]:
    """Shares of right clips by part: rendered from silent prompts, judged by the full ones."""
    experiment = composed([f"motion={motion_module}"])
    backend = make("backend", experiment.backend.name, experiment.backend.options)
    metric = make("metrics", "shapes_adherence", {})
    right = dict.fromkeys(PARTS, 0.0)
    for seed in range(SEEDS):
        for place, prompt in enumerate(prompts):
            asked = experiment.spec.model_copy(update={"prompt": silent(prompt), "seed": 1000 * seed + place})
            clip = backend.render(asked, lambda step, total: None)
            found = metric.measure(clip, asked.model_copy(update={"prompt": prompt}))
            right = {part: right[part] + found[f"shapes_{part}_right"] for part in PARTS}
    return {part: count / (SEEDS * len(prompts)) for part, count in right.items()}


def train(steps: int) -> float:
    """Fine-tune on ./clips; seconds taken."""
    began = time.perf_counter()
    told = f"name={MADE} data.folder=clips data.width=64 data.height=64 batch=5 precision=bf16 threads=1"
    rate = "optimiser.learning_rate=2e-4 optimiser.warmup=10 optimiser.schedule=cosine ema=0.9"
    words = [*told.split(), *rate.split(), f"steps={steps}", f"checkpoint_every={steps}"]
    subprocess.run([sys.executable, "-m", "animorch", "train", "motion=calm", *words], check=True)
    return time.perf_counter() - began


def main(motion: str = "bouncing", steps: str = "150") -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        write_clips(Path("clips"), motion)
        prompts = prompts_of(motion)
        before = measured("calm", prompts)
        seconds = train(int(steps))
        after = measured(MADE, prompts)
        told: dict[str, object] = {
            "motion": motion,
            "clips": CLIPS,
            "steps": int(steps),
            "seconds": round(seconds),
        }
        print(
            json.dumps(told | {"rendered": len(prompts) * SEEDS, "before": before, "after": after}, indent=2)
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
