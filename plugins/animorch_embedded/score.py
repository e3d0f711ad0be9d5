"""Score: which share of clips is right, by the metric `shapes_adherence`, and what they took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from animorch import Backend, Experiment, Metric, RenderSpec, make

PARTS = ("background", "colour", "shape", "motion", "all")
_FIRST_SEED = 770_000  # far from the seeds that people and training use
_SEEDS_APART = 10_000  # between the clips of one prompt


@dataclass(frozen=True)
class Score:
    """Shares (0..1) of right clips by part, and the mean seconds a warm clip took."""

    prompts: str
    cfg: float
    clips: int
    right: dict[str, float]
    seconds_a_clip: float


@dataclass
class Scorer:
    """Renders with the experiment's own backend, which stays warm over all scores."""

    experiment: Experiment
    started: dict[str, float] = field(default_factory=dict)  # seconds to import libraries, to load weights
    _backend: Backend = field(init=False)
    _metric: Metric = field(init=False)

    def __post_init__(self) -> None:
        chosen = self.experiment.backend
        self._backend = make("backend", chosen.name, chosen.options)
        self._metric = make("metrics", "shapes_adherence", {})

    def score(
        self,
        kind: str,
        prompts: Sequence[str],
        cfg: float,
        seeds: int,
        told: Callable[[int, int], None] | None = None,
    ) -> Score:
        """Every prompt rendered `seeds` times; told: called with the clips done and their total."""
        self._start()
        specs = [
            self._spec(prompt, cfg, _FIRST_SEED + again * _SEEDS_APART + place)
            for again in range(seeds)
            for place, prompt in enumerate(prompts)
        ]
        right, seconds = dict.fromkeys(PARTS, 0.0), 0.0
        for done, spec in enumerate(specs, 1):
            began = perf_counter()
            clip = self._backend.render(spec, lambda step, total: None)
            seconds += perf_counter() - began
            found = self._metric.measure(clip, spec)
            for part in PARTS:
                value = found[f"shapes_{part}_right"]
                right[part] += value if isinstance(value, float) else 0.0
            if told is not None:
                told(done, len(specs))
        shares = {part: round(count / len(specs), 4) for part, count in right.items()}
        return Score(kind, cfg, len(specs), shares, round(seconds / len(specs), 2))

    def _start(self) -> None:
        """A first clip that counts for nothing: it loads what the others find loaded."""
        if self.started:
            return
        self._backend.render(self.experiment.spec, lambda step, total: None)
        facts = self._backend.environment()
        timed = ("import_seconds", "load_seconds")
        self.started = {name: float(facts[name]) for name in timed if name in facts}

    def _spec(self, prompt: str, cfg: float, seed: int) -> RenderSpec:
        return self.experiment.spec.model_copy(update={"prompt": prompt, "cfg": cfg, "seed": seed})


def table(scores: Sequence[Score], started: dict[str, float]) -> str:
    """The scores as text, a line each, and what starting took."""
    lines = ["prompts    cfg  clips  " + "".join(f"{part:>12}" for part in PARTS) + "   s a clip"]
    for score in scores:
        head = f"{score.prompts:<9} {score.cfg:>4g} {score.clips:>6}  "
        shares = "".join(f"{score.right[part]:>11.1%} " for part in PARTS)
        lines.append(f"{head}{shares}{score.seconds_a_clip:>10.2f}")
    if started:
        took = ", ".join(f"{name.removesuffix('_seconds')} {value:.2f} s" for name, value in started.items())
        lines.append(f"start: {took}")
    return "\n".join(lines)
