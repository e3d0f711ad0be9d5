"""`animorch schema`: JSON Schema of an experiment file or a recipe, for editors."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from animorch.plugin import Command

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Schema(Command):
    """Of experiment files as people write them: every key optional, groups as tables, plugins listed."""

    name: ClassVar[str] = "schema"
    help: ClassVar[str] = "print the JSON Schema of an experiment file, or of a mode's recipes, for editors"

    def run(self, words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser("animorch schema", description=self.help)
        parser.add_argument("--train", metavar="MODE", help="of a recipe (conf/recipe) of this training mode")
        mode = parser.parse_args(list(words)).train
        print(json.dumps(experiment_schema() if mode is None else recipe_schema(mode), indent=2))
        return 0


def experiment_schema() -> dict[str, Any]:
    """The schema as a dict (JSON Schema draft 2020-12)."""
    from animorch.config.settings import Settings
    from animorch.spec.experiment import Experiment

    schema = Experiment.model_json_schema()
    settings = Settings.model_json_schema()
    schema["properties"] |= settings["properties"]
    schema["$defs"] |= settings["$defs"]
    for internal in ("moved", "point"):
        del schema["properties"][internal]
    schema["properties"]["defaults"] = {"type": "array", "description": "Hydra's defaults list."}
    schema["properties"]["prompt_travel"] = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": 'Frame ("12"), share ("50%") or time ("1.5s") to the prompt reached there.',
    }
    partial: dict[str, Any] = _partial(schema)
    return partial | {
        "$schema": _DRAFT,
        "title": "animorch experiment",
    }


def recipe_schema(mode: str) -> dict[str, Any]:
    """Of a recipe of this mode; raises UsageError when no plugin offers it."""
    from animorch.config.settings import TrainSettings
    from animorch.registry import kind_of

    schema, settings = kind_of("mode", mode).model_json_schema(), TrainSettings.model_json_schema()
    schema["properties"] |= settings["properties"]
    schema.setdefault("$defs", {}).update(settings["$defs"])
    schema["properties"]["defaults"] = {"type": "array", "description": "As in [override /mode: NAME]."}
    partial: dict[str, Any] = _partial(schema)
    return partial | {"$schema": _DRAFT, "title": f"animorch recipe of mode {mode}"}


def _partial(node: Any) -> Any:
    """Files hold only what differs from the defaults, so nothing is required and null is 'as default'."""
    if isinstance(node, dict):
        return {key: _partial(item) for key, item in node.items() if key != "required"}
    return [_partial(item) for item in node] if isinstance(node, list) else node
