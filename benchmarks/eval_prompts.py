"""Write the prompts that `animorch eval embedded` measures by: python benchmarks/eval_prompts.py

Both files are a function of SEED and the vocabulary. Compositions are gone through in random order, again and
again, each time on another background, so that no prompt stands twice and all compositions weigh alike.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from animorch_shapes.words import BACKGROUNDS, Words, held_out, triples, write

SEED, COUNT = 77, 200
_THE = 3  # `write`'s number for the article "the", which the second time through all backgrounds takes
FOLDER = Path(__file__).parents[1] / "plugins/animorch_embedded/prompts"


def prompts(unseen: bool) -> list[str]:
    """COUNT plain captions of compositions that training sees, or of those it never does."""
    chance = np.random.default_rng([SEED, unseen])
    compositions = [triple for triple in triples() if held_out(triple) == unseen]
    behind = {triple: chance.permutation(list(BACKGROUNDS)).tolist() for triple in compositions}
    captions = (
        write(Words(*compositions[place], behind[compositions[place]][again % 5]), article=again // 5 * _THE)
        for again in range(2 * len(BACKGROUNDS))
        for place in chance.permutation(len(compositions))
    )
    return [caption for caption, _ in zip(captions, range(COUNT), strict=False)]


if __name__ == "__main__":
    for name, unseen in (("trained", False), ("unseen", True)):
        (FOLDER / f"{name}.txt").write_text("\n".join(prompts(unseen)) + "\n", encoding="utf-8")
