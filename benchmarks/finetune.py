"""What a few minutes of `animorch train` on ten clips do: python benchmarks/finetune.py [MOTION] [STEPS]

Writes ten mp4 files of one motion with captions beside them into a fresh folder, measures how often the
embedded model shows that motion when asked, fine-tunes its motion module on the folder with the real
command, and measures again, with the same prompts and seeds. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from animorch_embedded.prompts import held_back
from animorch_embedded.score import Scorer
from animorch_shapes import clips
from animorch_shapes.words import read

from animorch import Clip, composed
from animorch.media import encode

CLIPS, PROMPTS, SEEDS = 10, 20, 2
MADE = "finetuned"


def write_clips(folder: Path, motion: str) -> None:
    """CLIPS films of the motion, each with its caption in a .txt of the same name."""
    source = clips(length=CLIPS, seed=909, only=motion, roam=0.4, unsaid=0.0)
    folder.mkdir()
    for number, (frames, caption) in enumerate(source, 1):
        encode(Clip(frames, 8), folder / f"{number:02}.mp4", {})
        (folder / f"{number:02}.txt").write_text(caption + "\n", encoding="utf-8")


def prompts_of(motion: str) -> list[str]:
    """Held-back prompts that name the motion, seen and unseen compositions alike."""
    found = [text for kind in ("trained", "unseen") for text in held_back(kind) if _motion(text) == motion]
    return found[:PROMPTS]


def _motion(prompt: str) -> str | None:
    words = read(prompt)
    return words.motion if words else None


def measured(motion_module: str, prompts: list[str]) -> dict[str, float]:
    """Shares of right clips by part."""
    experiment = composed([f"motion={motion_module}"])
    return Scorer(experiment).score(motion_module, prompts, experiment.cfg, SEEDS).right


def train(steps: int) -> float:
    """Fine-tune on ./clips; seconds taken."""
    began = time.perf_counter()
    told = f"name={MADE} data.folder=clips data.width=64 data.height=64 batch=5 precision=bf16 threads=1"
    rate = "optimiser.learning_rate=2e-4 optimiser.warmup=10 optimiser.schedule=cosine ema=0.9"
    words = [*told.split(), *rate.split(), f"steps={steps}", f"checkpoint_every={steps}"]
    subprocess.run([sys.executable, "-m", "animorch", "train", "motion=calm", *words], check=True)
    return time.perf_counter() - began


def main(motion: str = "spinning", steps: str = "150") -> None:
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
