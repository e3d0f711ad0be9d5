"""Signatures: the catalogue as `/object_info` tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .catalogue import PACKS
from .choices import CHOICES, FORMATS

_NUMBERS = {"u64": 2**64 - 1, "big": 2**53 - 1, "-big": -(2**53 - 1)}
_HIDDEN = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}


@dataclass(frozen=True)
class Signature:
    """One node class: inputs by name as `(type, more)`, a combo's type in the older spelling is its list."""

    name: str
    module: str
    outputs: tuple[str, ...]
    required: Mapping[str, tuple[Any, dict[str, Any]]]
    optional: Mapping[str, tuple[Any, dict[str, Any]]]
    marks: frozenset[str] = frozenset()

    @property
    def is_output(self) -> bool:
        return "output" in self.marks

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, dict[str, Any]]]:
        return {**self.required, **self.optional}

    def info(self) -> dict[str, Any]:
        """The node's entry in `/object_info`."""
        told: dict[str, Any] = {"required": _listed(self.required)}
        order: dict[str, list[str]] = {"required": list(self.required)}
        if self.optional:
            told["optional"], order["optional"] = _listed(self.optional), list(self.optional)
        if self.is_output:
            told["hidden"] = {**_HIDDEN, "unique_id": "UNIQUE_ID"} if "id" in self.marks else dict(_HIDDEN)
            order["hidden"] = list(told["hidden"])
        entry = {
            "input": told,
            "input_order": order,
            "output": list(self.outputs),
            "output_is_list": [False] * len(self.outputs),
            "output_name": list(self.outputs),
            "name": self.name,
            "display_name": self.name,
            "description": "",
            "python_module": self.module,
            "category": "",
            "output_node": self.is_output,
        }
        return {**entry, "deprecated": True} if "old" in self.marks else entry


@dataclass
class Signatures:
    """All node classes of a server, for the models it has; `uploads` changes while it runs."""

    models: Mapping[str, Sequence[str]]
    without: frozenset[str] = frozenset()  # classes that this server lacks
    uploads: list[str] = field(default_factory=list)

    @cached_property
    def nodes(self) -> dict[str, Signature]:
        read: dict[str, Signature] = {}
        for module, table in PACKS.items():
            for line in table.strip().replace("\n  ", " ").splitlines():
                signature = self._read(line, module)
                if signature.name not in self.without:
                    read[signature.name] = signature
        return read

    def info(self, name: str | None = None) -> dict[str, Any]:
        """`/object_info`, or that of one class: empty when there is none."""
        if name is None:
            return {each: signature.info() for each, signature in self.nodes.items()}
        return {name: self.nodes[name].info()} if name in self.nodes else {}

    def _read(self, line: str, module: str) -> Signature:
        parts = [part.strip() for part in line.split("|")] + [""] * 4
        name, outputs, required, optional, marks = parts[:5]
        return Signature(
            name,
            module,
            tuple(outputs.split()),
            self._inputs(required),
            self._inputs(optional),
            frozenset(marks.split()),
        )

    def _inputs(self, text: str) -> dict[str, tuple[Any, dict[str, Any]]]:
        words = [each.split() for each in text.split(",") if each.strip()]
        return {name: self._input(kind, rest) for name, kind, *rest in words}

    def _input(self, kind: str, rest: list[str]) -> tuple[Any, dict[str, Any]]:
        if kind.startswith("@"):
            return self._combo(kind, rest)
        more: dict[str, Any] = {}
        if kind.endswith("!"):
            kind, more = kind[:-1], {"forceInput": True}
        if kind in {"INT", "FLOAT"}:
            keys = ("default", "min", "max")
            more |= {key: _number(word) for key, word in zip(keys, rest, strict=False)}
        elif kind == "BOOLEAN":
            more["default"] = rest == ["True"]
        elif rest:
            more["default"] = rest[0]
        return kind.replace("+", ","), more

    def _combo(self, kind: str, rest: list[str]) -> tuple[Any, dict[str, Any]]:
        key = kind.lstrip("@")
        if key == "inputs":
            return self.uploads, {"image_upload": True}
        choices = list(self.models.get(key, CHOICES.get(key, ())))
        more: dict[str, Any] = {"default": " ".join(rest)} if rest else {}
        if kind.startswith("@@"):
            return "COMBO", {**more, "multiselect": False, "options": choices}
        if key == "formats":
            more["formats"] = {name: extras for name, extras in FORMATS.items() if extras}
        return choices, more


def _listed(inputs: Mapping[str, tuple[Any, dict[str, Any]]]) -> dict[str, list[Any]]:
    """A type that stands for several, as VHS has it, is told by its first."""
    told = {
        name: (kind.partition(",")[0] if isinstance(kind, str) else kind, more)
        for name, (kind, more) in inputs.items()
    }
    return {name: [kind, more] if more else [kind] for name, (kind, more) in told.items()}


def _number(word: str) -> float:
    if word in _NUMBERS:
        return _NUMBERS[word]
    return float(word) if "." in word else int(word)
