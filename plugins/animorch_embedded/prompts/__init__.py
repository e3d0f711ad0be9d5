"""Prompts: plain captions to measure the model by, one a line; made by `benchmarks/eval_prompts.py`.

trained.txt: compositions (colour, shape, motion) that training draws from, on backgrounds drawn here.
unseen.txt: compositions that it never sees. All 400 differ. Also good for `-m sweep.prompts=FILE`.
"""

from __future__ import annotations

from importlib.resources import files


def held_back(kind: str) -> list[str]:
    """The prompts of a kind, `trained` or `unseen`, in the file's order."""
    return (files(__package__) / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
