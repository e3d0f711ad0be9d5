"""`animorch rerun clip.mp4`: the experiment inside a clip, rendered again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from animorch.errors import MediaError, UsageError
from animorch.plugin import Command

if TYPE_CHECKING:
    from animorch.config.compose import Composer


class Rerun(Command):
    """Reads the experiment from a clip, its sidecar or an experiment.json, and renders it."""

    name: ClassVar[str] = "rerun"
    help: ClassVar[str] = "render again the experiment that a clip carries: rerun clip.mp4 [KEY=VALUE ...]"

    def run(self, words: Sequence[str]) -> int:
        from animorch.config.compose import composer
        from animorch.sweep.launch import Stopped, conclude
        from animorch.sweep.plan import plan_values

        parser = argparse.ArgumentParser("animorch rerun", description=self.help, allow_abbrev=False)
        parser.add_argument("clip", type=Path, help="a clip that animorch wrote, or an experiment.json")
        parser.add_argument("changes", nargs="*", help="KEY=VALUE to change on the way (force=true, seed=5)")
        asked = parser.parse_args(list(words))
        with composer() as compose:
            values = _changed(compose, _experiment(asked.clip), asked.changes)
            try:
                conclude(plan_values(values, ["rerun", *words]))
            except Stopped as stop:
                return int(stop.code or 0)


def _changed(compose: Composer, experiment: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Default settings, the clip's experiment over them, the changes over both."""
    from animorch.config.compose import put

    values = compose.values([])
    usual_window = values["window"]
    values |= experiment
    values["window"] = values["window"] or usual_window
    parsed = compose.parse(changes)
    named = {override.key_or_group for override in parsed}
    for override in sorted(parsed, key=lambda override: not compose.is_group(override.key_or_group)):
        key = override.key_or_group  # groups first, so that a key the user sets is never moved by one
        if override.is_sweep_override():
            raise UsageError(f"{override.input_line!r} has several values; rerun renders one clip")
        if key == "experiment":
            raise UsageError(f"{override.input_line!r}: the clip brings its own experiment; set single keys")
        if compose.is_group(key):
            _choose(values, key, compose.values([override.input_line or ""]), named)
            for moved in values.pop("moved", {}):  # they follow the new motion module
                values[moved] = None
        else:
            put(values, key, override.value())
    return values


def _choose(values: dict[str, Any], group: str, chosen: dict[str, Any], named: set[str]) -> None:
    """Put a group's choice in; a motion module of another base brings its checkpoint unless one is named."""
    values[group] = chosen.get(group)
    apart = group == "motion" and values["motion"].get("base") != values["checkpoint"].get("base")
    if apart and "checkpoint" not in named:
        values["checkpoint"] = chosen["checkpoint"]


def _experiment(path: Path) -> dict[str, Any]:
    """The experiment's values in a file; raises UsageError when it carries none."""
    import json

    from animorch.media import read_metadata

    if not path.exists():
        raise UsageError(f"there is no file {path}; give a clip that animorch wrote")
    if path.suffix == ".json":
        try:
            carried = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise UsageError(f"{path} is not readable JSON ({error})") from error
        carried = carried if isinstance(carried, dict) else {}
        carried = carried if "experiment" in carried else {"experiment": carried}
    else:
        try:
            carried = dict(read_metadata(path))
        except MediaError as error:
            raise UsageError(str(error)) from error
    experiment = carried.get("experiment")
    if not isinstance(experiment, dict) or "prompt" not in experiment:
        raise UsageError(f"{path} carries no experiment; give a clip or experiment.json that animorch wrote")
    return experiment
