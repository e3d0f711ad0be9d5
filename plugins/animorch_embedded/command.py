"""`animorch eval embedded`: how well the embedded model follows its prompts, and how long it takes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import ClassVar

from animorch import Command, Experiment, UsageError
from animorch_embedded.prompts import held_back
from animorch_embedded.score import Score, Scorer, table


class Eval(Command):
    """Renders prompts that lie beside the weights and reads colour, shape and motion back from the pixels."""

    name: ClassVar[str] = "eval"
    help: ClassVar[str] = "measure how well the embedded model follows prompts: eval embedded [KEY=VALUE ...]"

    def run(self, words: Sequence[str]) -> int:
        """Prints a line a score. KEY=VALUE changes the default experiment, as in motion=lively steps=20."""
        from animorch import composed  # brings Hydra along, which other commands may not need

        asked = _asked(words)
        experiment = composed(asked.changes)
        for cfg in asked.cfg or []:
            composed([*asked.changes, f"cfg={cfg}"])  # refuses what the house refuses
        scorer = Scorer(experiment)
        scores = [
            scorer.score(kind, prompts, cfg, asked.seeds, told=_told if sys.stderr.isatty() else None)
            for kind, prompts in _chosen(asked)
            for cfg in asked.cfg or [experiment.cfg]
        ]
        print(_as_json(scorer, experiment, scores) if asked.json else table(scores, scorer.started))
        return 0


def _asked(words: Sequence[str]) -> argparse.Namespace:
    """KEY=VALUE may stand anywhere, also right after the numbers of --cfg."""
    changes = [word for word in words if "=" in word and not word.startswith("-")]
    asked = _parser().parse_intermixed_args([word for word in words if word not in changes])
    asked.changes = [*asked.changes, *changes]
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch eval", description=Eval.help, allow_abbrev=False)
    parser.add_argument("what", choices=["embedded"], help="the model measured")
    parser.add_argument(
        "changes", nargs="*", default=[], help="KEY=VALUE over the defaults (motion=lively, steps=20)"
    )
    parser.add_argument("--count", type=int, default=200, help="prompts of each kind, at most 200")
    parser.add_argument("--seeds", type=int, default=1, help="clips a prompt, each of a seed of its own")
    parser.add_argument("--cfg", type=float, nargs="+", help="guidance values; left out, the motion module's")
    parser.add_argument("--unseen", action="store_true", help="also compositions that training never saw")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON")
    return parser


def _chosen(asked: argparse.Namespace) -> Iterator[tuple[str, list[str]]]:
    """The kinds of prompts asked for; raises UsageError for a count that is not there."""
    for kind in ("trained", "unseen") if asked.unseen else ("trained",):
        prompts = held_back(kind)
        if not 1 <= asked.count <= len(prompts) or asked.seeds < 1:
            raise UsageError(
                f"--count {asked.count} --seeds {asked.seeds} cannot be measured; there are {len(prompts)} "
                "prompts of each kind, and both numbers start at 1"
            )
        yield kind, prompts[: asked.count]


def _told(done: int, total: int) -> None:
    print(f"\r{done} of {total} clips", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _as_json(scorer: Scorer, experiment: Experiment, scores: Sequence[Score]) -> str:
    settings = {key: getattr(experiment, key) for key in ("steps", "sampler", "schedule", "width", "height")}
    named = {"checkpoint": experiment.checkpoint.name, "motion": experiment.motion.name}
    rows = [asdict(score) for score in scores]
    return json.dumps(named | settings | scorer.started | {"scores": rows}, indent=2)
