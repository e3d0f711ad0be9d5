"""`animorch rerun clip.mp4`: the experiment inside a clip, rendered again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from animorch.errors import UsageError
from animorch.plugin import Command


class Rerun(Command):
    """Reads the experiment from a clip, its sidecar or an experiment.json, and renders it."""

    name: ClassVar[str] = "rerun"
    help: ClassVar[str] = "render again the experiment that a clip carries: rerun clip.mp4 [KEY=VALUE ...]"

    def run(self, words: Sequence[str]) -> int:
        from animorch.config.compose import composer, put
        from animorch.sweep.launch import Stopped, conclude
        from animorch.sweep.plan import plan_values

        parser = argparse.ArgumentParser("animorch rerun", description=self.help, allow_abbrev=False)
        parser.add_argument("clip", type=Path, help="a clip that animorch wrote, or an experiment.json")
        parser.add_argument("changes", nargs="*", help="KEY=VALUE to change on the way (force=true, seed=5)")
        asked = parser.parse_args(list(words))
        with composer() as compose:
            values = compose.values([])
            values |= _experiment(asked.clip)
            for override in compose.parse(asked.changes):
                if compose.is_group(override.key_or_group):
                    chosen = compose.values([override.input_line or ""])
                    values[override.key_or_group] = chosen[override.key_or_group]
                    _unmove(values)
                else:
                    put(values, override.key_or_group, override.value())
            try:
                conclude(plan_values(values, ["rerun", *words]))
            except Stopped as stop:
                return int(stop.code or 0)


def _experiment(path: Path) -> dict[str, Any]:
    """The experiment's values in a file; raises UsageError or MediaError when it carries none."""
    import json

    from animorch.media import read_metadata

    if not path.exists():
        raise UsageError(f"there is no file {path}; give a clip that animorch wrote")
    if path.suffix == ".json":
        try:
            carried = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise UsageError(f"{path} is not readable JSON ({error})") from error
        carried = carried if "experiment" in carried else {"experiment": carried}
    else:
        carried = dict(read_metadata(path))
    experiment = carried.get("experiment")
    if not isinstance(experiment, dict) or "prompt" not in experiment:
        raise UsageError(f"{path} carries no experiment; give a clip or experiment.json that animorch wrote")
    return experiment


def _unmove(values: dict[str, Any]) -> None:
    """Settings that came from the former motion module follow the new one."""
    for key in values.pop("moved", {}):
        values[key] = None
