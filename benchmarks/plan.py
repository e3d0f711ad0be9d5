"""Planning against Hydra's own `-m` on the same points: python benchmarks/plan.py [POINTS] [ROUNDS]

Both sides start a process, read the same config folder and come to every point's full configuration;
Hydra's task does nothing, animorch also validates, hashes and preflights each point. Start-up (the same
command with 2 points) is taken off both. animorch is given ten times the points, for a figure that can be
told from start-up's noise. Sides alternate; the ratio is of medians of CPU seconds, so that
other work on the machine matters less.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median


def hydra_side(points: int) -> None:
    """What a program with a no-op task and Hydra's basic sweeper and launcher does."""
    import hydra

    from animorch.config.folders import shipped
    from animorch.config.schema import teach_hydra

    teach_hydra()
    words = [f"seed=range(0,{points})", "hydra/sweeper=basic", "hydra/launcher=basic"]
    sys.argv = ["no-op", "-m", *words]
    hydra.main(config_path=str(shipped()), config_name="render", version_base="1.3")(nothing)()


def nothing(config: object) -> None:
    """The no-op job."""


def animorch_side(points: int) -> None:
    from animorch.cli import main

    sys.exit(main(["plan", "-m", f"seed=range(0,{points})", "sweep.max_points=100000"]))


def measured(side: str, points: int) -> float:
    """CPU seconds of one process of a side."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), side, str(points)],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(points: int, rounds: int) -> None:
    per_point: dict[str, list[float]] = {"animorch": [], "hydra": []}
    for _ in range(rounds):
        for side, times in per_point.items():
            count = points * (10 if side == "animorch" else 1)
            times.append((measured(side, count) - measured(side, 2)) / (count - 2) * 1000)
    for side, times in per_point.items():
        print(f"{side:<9} {median(times):8.2f} ms a point  (min {min(times):.2f}, max {max(times):.2f})")
    ratio = median(per_point["hydra"]) / median(per_point["animorch"])
    print(f"hydra / animorch {ratio:.0f} times, {points} points, {rounds} rounds, CPU time")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["hydra"]:
        hydra_side(int(arguments[1]))
    elif arguments[:1] == ["animorch"]:
        animorch_side(int(arguments[1]))
    else:
        main(int(arguments[0]) if arguments else 200, int(arguments[1]) if len(arguments) > 1 else 3)
