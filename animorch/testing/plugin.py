"""PluginContract: what every kind of plugin keeps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from animorch.plugin import Plugin

HEAVY = ("torch", "diffusers", "transformers", "numpy", "PIL", "pandas", "scipy", "cv2", "mlflow")


class PluginContract:
    """What every kind of plugin keeps: a name, documented options, an import that costs nothing."""

    plugin: ClassVar[type[Any]]
    options: ClassVar[Mapping[str, Any]] = {}

    def make(self) -> Any:
        """A fresh instance; raises pydantic's error when `options` are wrong."""
        return self.plugin.model_validate(dict(self.options))

    def test_the_name_and_the_version_are_words(self) -> None:
        cls: type[Plugin] = self.plugin
        assert re.fullmatch(r"[a-z][a-z0-9_]*", cls.name), f"name {cls.name!r} is not lower_snake_case"
        assert cls.version.strip(), "version is empty; start with '1'"

    def test_every_option_has_a_description(self) -> None:
        bare = [key for key, field in self.plugin.model_fields.items() if not field.description]
        assert not bare, f"options without a description: {bare}; give Field(description=…)"

    def test_a_misspelt_option_is_refused(self) -> None:
        from pydantic import ValidationError

        try:
            self.plugin.model_validate({**self.options, "no_such_option": 1})
        except ValidationError:
            return
        raise AssertionError("an unknown option was accepted; do not set extra='allow'")

    def test_importing_it_is_light(self) -> None:
        loaded = loaded_by(self.plugin, self.options, "instance")
        assert not loaded, f"importing it loads {loaded}; import them inside the methods that need them"


_PROBE = """
import importlib, json, sys
cls = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
instance = cls.model_validate(json.loads(sys.argv[3]))
{deed}
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""


def loaded_by(cls: type[Plugin], options: Mapping[str, Any], deed: str) -> list[str]:
    """Heavy modules that a fresh process holds after making an instance and doing a deed with it."""
    code = _PROBE.format(deed=deed, heavy=HEAVY)
    words = [sys.executable, "-c", code, cls.__module__, cls.__qualname__, json.dumps(dict(options))]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths})
    assert done.returncode == 0, f"{cls.__module__} cannot be imported in a fresh process: {done.stderr}"
    return done.stdout.split()
