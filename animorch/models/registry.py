"""Registry: every weights preset of conf/, shipped and the user's, as a checked entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from animorch.config.presets import presets
from animorch.errors import UsageError
from animorch.spec.render import Checkpoint, Embedding, Lora, MotionModule
from animorch.spec.weights import Weights

GROUPS: dict[str, type[Weights]] = {
    "checkpoint": Checkpoint,
    "motion": MotionModule,
    "motion_lora": Lora,
    "lora": Lora,
    "vae": Weights,
    "embedding": Embedding,
    "controlnet": Weights,
    "sparse_control": Weights,
    "ip_adapter": Weights,
}


@dataclass(frozen=True)
class Model:
    """Weights by a name, with what is known of them."""

    group: str  # of conf/; empty for an address on the hub
    entry: Weights
    base: str | None = None

    @property
    def kind(self) -> str:
        """Of the folders in trees that hold such files."""
        return "controlnet" if self.group == "sparse_control" else self.group or "checkpoint"

    @property
    def needs(self) -> str:
        """The command that gets it."""
        return pull_command(self.entry)


def models(group: str | None = None) -> list[Model]:
    """Every preset, or those of one group; those that wait for a path of the user's are left out."""
    groups = [group] if group else list(GROUPS)
    return [model for each in groups for model in _in_group(each)]


def named_models(name: str) -> list[Model]:
    """The presets of this name, or whose published file is called so; or one hub address,
    `OWNER/REPO[@REVISION][/FILE]`. Raises UsageError when there is none.
    """
    if "/" in name:
        return [Model("", _address(name))]
    known = models()
    found = [model for model in known if model.entry.name == name] or [
        model for model in known if _is_called(model.entry, name)
    ]
    if not found:
        close = get_close_matches(name, [model.entry.name for model in known], n=1)
        hint = f"did you mean {close[0]}?" if close else "`animorch models list` has the names"
        raise UsageError(f"no weights are called {name}; {hint}")
    return found


def pull_command(weights: Weights) -> str:
    """The command that gets hub weights: by their preset's name where one has their address."""
    fields = ("repo", "file", "revision")
    for model in models():
        if all(getattr(model.entry, field) == getattr(weights, field) for field in fields):
            return f"animorch models pull {model.entry.name}"
    revision = f"@{weights.revision}" if weights.revision else ""
    return f"animorch models pull {weights.repo}{revision}" + (f"/{weights.file}" if weights.file else "")


def _in_group(group: str) -> Iterator[Model]:
    for name, values in presets(group).items():
        if values.get("path") != "???" and (entry := _entry(group, name, values)) is not None:
            yield Model(group, entry, values.get("base"))


def _entry(group: str, name: str, values: dict[str, Any]) -> Weights | None:
    cls = GROUPS[group]
    try:
        return cls.model_validate(
            {"name": name} | {key: item for key, item in values.items() if key in cls.model_fields}
        )
    except ValidationError:  # a file of the user's that is no preset; composing it says why
        return None


def _is_called(entry: Weights, name: str) -> bool:
    published = PurePath(entry.file or "")
    return bool(published.name) and name in (published.name, published.stem)


def _address(words: str) -> Weights:
    owner, _, rest = words.partition("/")
    repo, _, file = rest.partition("/")
    repo, _, revision = repo.partition("@")
    if not owner or not repo:
        raise UsageError(f"{words} is no hub address; write OWNER/REPO or OWNER/REPO/FILE")
    return Weights(name=words, repo=f"{owner}/{repo}", file=file or None, revision=revision or None)
