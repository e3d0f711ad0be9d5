"""`animorch plan -m cfg=4,7,10`: what a command would do, told without rendering."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from animorch.commands.slip import refuse_slips
from animorch.errors import UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.sweep.cost import Cost
    from animorch.sweep.plan import Plan
    from animorch.sweep.point import Point
    from animorch.sweep.todo import Todo


class PlanCommand(Command):
    """Points, problems, what is done, and what the rest costs."""

    name: ClassVar[str] = "plan"
    help: ClassVar[str] = "check a command and say what it would render, without rendering"

    def run(self, words: Sequence[str]) -> int:
        from animorch.config.compose import CONFIG, composer
        from animorch.sweep.cost import cost
        from animorch.sweep.plan import plan_sweep, plan_values
        from animorch.sweep.problem import refusal
        from animorch.sweep.todo import todo

        asked, rest = _parser().parse_known_args(list(words))
        refuse_slips(rest, [])
        if flags := [word for word in rest if word.startswith("-")]:
            raise UsageError(f"plan has no option {flags[0]}; see `animorch plan --help`")
        with composer(asked.config_name or CONFIG, asked.config_dir) as compose:
            if asked.multirun:
                plan = plan_sweep(compose, rest)
            else:
                plan = plan_values(compose.values(rest), rest)
        left = todo(plan)
        figures = cost(plan, left)
        print(_as_json(plan, figures) if asked.json else _as_text(plan, left, figures, asked.all))
        return 2 if refusal(plan) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch plan", description=PlanCommand.help, allow_abbrev=False)
    parser.add_argument("-m", "--multirun", action="store_true", help="sweep, as in rendering")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    parser.add_argument("--all", action="store_true", help="list every point, however many")
    parser.add_argument("--config-name", "-cn", help="another primary config")
    parser.add_argument("--config-dir", "-cd", help="a further config folder")
    return parser


def _as_json(plan: Plan, figures: Cost) -> str:
    from animorch.sweep.notes import record as advised

    record = plan.record().model_dump(mode="json")
    record |= {"folder": str(plan.folder), "cost": asdict(figures), "notes": advised(plan)}
    return json.dumps(record, indent=2, ensure_ascii=False)


def _as_text(plan: Plan, left: Todo, figures: Cost, everything: bool) -> str:
    from animorch.sweep.notes import lines as advised
    from animorch.sweep.problem import problems

    todo = {point.point_key for point in left.make}
    lines = [f"{plan.name}: {len(plan.points)} point{'s' if len(plan.points) != 1 else ''} in {plan.folder}"]
    shown = plan.points if everything or len(plan.points) <= 40 else plan.points[:20]
    for number, point in enumerate(shown, 1):
        state = "to do" if point.point_key in todo else _state(point, left)
        lines.append(f"  {number:>4}  {point.label}  {state}{_moved(point)}")
    if len(shown) < len(plan.points):
        lines.append(f"        … {len(plan.points) - len(shown)} more; --all lists them")
    lines += [f"  problem  {line}" for line in problems(plan)]
    lines += [_dim(f"  {line}") for line in advised(plan)]
    return "\n".join([*lines, *_figures(figures)])


def _moved(point: Point) -> str:
    """Settings that the command leaves to the motion module, or to a workflow, and what these say."""
    experiment, said = point.experiment, {"motion": list[str](), "workflow": list[str]()}
    for key, value in experiment.moved.items() if experiment else ():
        if value in ("", {}, [], None):
            continue
        recommended = getattr(experiment.motion.recommends, key, None) if experiment else None
        told = _told(key, value)
        said["workflow" if recommended is None or recommended != value else "motion"].append(told)
    notes = [f"{', '.join(keys)} by {who}" for who, keys in said.items() if keys]
    return f"  ({'; '.join(notes)})" if notes else ""


def _told(key: str, value: Any) -> str:
    """`cfg=7.5`; of a table that has a name `motion=v3`, of any other only its key."""
    named = value.get("name") if isinstance(value, dict) else None
    if isinstance(value, (dict, list, tuple)) and named is None:
        return key
    text = str(named or value)
    return f"{key}={text if len(text) <= 40 else text[:37] + '...'}"


def _dim(line: str) -> str:
    return f"\x1b[2m{line}\x1b[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else line


def _state(point: Point, left: Todo) -> str:
    if point.problems:
        return "INVALID"
    if point.excluded is not None:
        return f"left out: {point.excluded}"
    record = left.kept.get(point.point_key)
    if record is None:
        return "not chosen"
    return "done" if record.status == "finished" else "failed, not retried"


def _figures(cost: Cost) -> list[str]:
    time = "no clip of this size measured yet" if cost.seconds is None else f"about {_duration(cost.seconds)}"
    return [
        f"done {cost.done}, frames at hand {cost.reused}, to render {cost.to_render}",
        f"weights or backend loaded {cost.loads} time{'s' if cost.loads != 1 else ''}, "
        f"{_calls(cost)}, "
        f"{cost.megabytes:.0f} MB of frames, time: {time}",
    ]


def _calls(cost: Cost) -> str:
    return (
        f"{cost.shared_calls} of {cost.unet_calls} UNet calls shared"
        if cost.shared_calls
        else (f"{cost.unet_calls} UNet calls")
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
    )
