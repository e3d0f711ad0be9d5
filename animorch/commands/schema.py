"""`animorch schema`: JSON Schema of an experiment file, for editors."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from animorch.plugin import Command


class Schema(Command):
    """Of experiment files as people write them: every key optional, groups as tables, plugins listed."""

    name: ClassVar[str] = "schema"
    help: ClassVar[str] = "print the JSON Schema of an experiment file, for editors"

    def run(self, words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser("animorch schema", description=self.help)
        parser.parse_args(list(words))
        print(json.dumps(experiment_schema(), indent=2))
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
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "animorch experiment",
    }


def _partial(node: Any) -> Any:
    """Files hold only what differs from the defaults, so nothing is required and null is 'as default'."""
    if isinstance(node, dict):
        return {key: _partial(item) for key, item in node.items() if key != "required"}
    return [_partial(item) for item in node] if isinstance(node, list) else node
