"""Inspected: what of a workflow can be swept, and what stops it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from animorch import RenderSpec, UsageError
from animorch_comfyui.built import Graph
from animorch_comfyui.offers import Offers
from animorch_comfyui.workflow import Workflow, said, workflow_problems
from animorch_comfyui.workflow.bound import Bound, bindings
from animorch_comfyui.workflow.names import Target, node_called, title_of, told
from animorch_comfyui.workflow.packs import missing
from animorch_comfyui.workflow.trace import links, literals
from animorch_comfyui.workflow.values import holds_negative_elsewhere, value_at, values_of

_LONGEST = 60  # characters of a value in the table
_SAMPLES = {"seed": "1,2", "cfg": "5,7.5", "steps": "15,25"}
_WORD = re.compile(r"[A-Za-z0-9_]+")
_PLAIN = re.compile(r"[\w./:@%+~-]+")


@dataclass(frozen=True)
class Inspection:
    """A workflow in words, for people and as JSON."""

    name: str
    fields: list[dict[str, Any]]
    inputs: list[dict[str, Any]]
    unbound: Mapping[str, str]
    problems: list[str]
    example: str

    def as_json(self) -> dict[str, Any]:
        return {
            "workflow": self.name,
            "fields": self.fields,
            "inputs": self.inputs,
            "unbound": dict(self.unbound),
            "problems": self.problems,
            "example": self.example,
        }

    def table(self) -> str:
        """Fields, further inputs by node, what stops it, and a command."""
        lines = [f"{self.name}: fields that a sweep can set", *_columns(map(_field_cells, self.fields)), ""]
        lines += [f"  not found: {why}" for why in dict.fromkeys(self.unbound.values())]
        lines += ["further inputs, set by backend.set.NODE.INPUT=VALUE"]
        for node in dict.fromkeys(row["node"] for row in self.inputs):
            rows = [row for row in self.inputs if row["node"] == node]
            lines += [f"  {rows[0]['name']}  ({rows[0]['told']})", *_columns(map(_input_cells, rows), "    ")]
        lines += (
            ["", "what stops it", *(f"  {problem}" for problem in self.problems)] if self.problems else []
        )
        return "\n".join([*lines, "", f"try: {self.example}"])


def inspected(workflow: Workflow, path: str, offers: Offers | None, options: Mapping[str, Any]) -> Inspection:
    """Reads it; `offers` gives kinds, limits and choices. Raises UsageError when it cannot be read."""
    graph = workflow.graph(offers)
    binds, output = options.get("bind") or {}, options.get("output")
    found = bindings(graph, binds, output)
    inputs = list(_inputs(graph, found, offers))
    fields = list(_fields(graph, found))
    return Inspection(
        workflow.name,
        fields,
        inputs,
        {**found.why, **_beside(graph, found)},
        list(dict.fromkeys(_problems(workflow, graph, offers, binds, output))),
        _example(_chosen(path, options), fields, inputs),
    )


def handle(graph: Graph, node: str) -> str:
    """How a command line names a node: its title or class where that is one word, else its id."""
    title, kind = title_of(graph, node), str(graph[node]["class_type"])
    for name in (title, _underscored(title), kind, _underscored(node)):
        if _WORD.fullmatch(name):
            try:
                if node_called(graph, name, "") == node:
                    return name
            except UsageError:
                continue
    return node


def _underscored(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


def _beside(graph: Graph, found: Bound) -> dict[str, str]:
    """The negative prompt, where a schedule says it before or after every prompt."""
    text = found.negative
    if text is None or not text.part or not holds_negative_elsewhere(graph, text):
        return {}
    where = handle(graph, text.node)
    return {
        "negative_prompt": f"{told(graph, text.node)} says a negative prompt before or after every prompt; "
        f"set that by backend.set.{where}.app_text (or pre_text)"
    }


def _fields(graph: Graph, found: Bound) -> Iterator[dict[str, Any]]:
    values = values_of(graph, found)
    for name, target in found.targets():
        if (name == "init.strength" and "init.path" not in found.fields) or name in _beside(graph, found):
            continue  # no picture to begin with; a prompt that cannot be written
        top, _, rest = name.partition(".")
        value = values.get(top)
        if rest and isinstance(value, dict):
            value = value.get(rest)
        elif value is None or top in ("loras", "motion_loras", "init"):
            value = value_at(graph, target)
        field = name
        if top == "prompt" and "prompt_travel" in values:
            field, value = "prompt_travel", values["prompt_travel"]
        if top == "negative_prompt" and "negative_travel" in values:
            field, value = "negative_travel", values["negative_travel"]
        yield {
            "field": field,
            "value": value.get("name") if isinstance(value, dict) and "file" in value else value,
            "node": target.node,
            "input": target.input,
            "told": told(graph, target.node),
        }


def _inputs(graph: Graph, found: Bound, offers: Offers | None) -> Iterator[dict[str, Any]]:
    bound = {target for name, target in found.targets() if not name.startswith("init.")}
    for node in graph:
        known = offers.inputs(graph[node]["class_type"]) if offers else {}
        usual = {name: said.default for name, said in known.items() if not said.linked}
        for name, value in (usual | literals(graph, node)).items():
            if Target(node, name) in bound or name in links(graph, node):
                continue
            said_of_it = known.get(name)
            choices = said_of_it.choices if said_of_it else None
            yield {
                "node": node,
                "name": handle(graph, node),
                "told": told(graph, node),
                "input": name,
                "value": value,
                "kind": said_of_it.kind if said_of_it else None,
                "low": said_of_it.low if said_of_it else None,
                "high": said_of_it.high if said_of_it else None,
                "choices": None if choices is None else list(choices),
            }


def _problems(
    workflow: Workflow, graph: Graph, offers: Offers | None, binds: Mapping[str, Any], output: str | None
) -> Iterator[str]:
    if offers is not None and (
        lacking := missing(((n["class_type"], title_of(graph, i), {}) for i, n in graph.items()), offers)
    ):
        yield lacking
    try:
        spec = RenderSpec(**said(workflow, binds, offers, output))
    except ValidationError as error:
        yield from (str(each["msg"]).removeprefix("Value error, ") for each in error.errors())
        return
    yield from workflow_problems(workflow, spec, offers, {}, binds, output, {})


def _chosen(path: str, options: Mapping[str, Any]) -> list[str]:
    """What this inspection was told, as options of the backend."""
    said = {"workflow": path, "url": options.get("url"), "output": options.get("output")}
    said |= {f"bind.{field}": place for field, place in (options.get("bind") or {}).items()}
    return [f"backend.{name}={_quoted(str(value))}" for name, value in said.items() if value is not None]


def _quoted(value: str) -> str:
    """In quotes, where a command line would read spaces, commas or brackets as its own."""
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("'", "\\'") + "'"


def _example(chosen: list[str], fields: list[dict[str, Any]], inputs: list[dict[str, Any]]) -> str:
    """A command that sweeps a field, and a further number where there is one, denoise before others."""
    words = ["animorch", "-m", "backend=comfyui", *chosen]
    names = [row["field"] for row in fields]
    words += [f"{name}={_SAMPLES[name]}" for name in _SAMPLES if name in names][:1]
    shares = [row for row in inputs if isinstance(row["value"], float) and 0 < row["value"] <= 1]
    shares = [row for row in shares if _WORD.fullmatch(str(row["name"]))]
    for row in sorted(shares, key=lambda row: row["input"] != "denoise")[:1]:
        words.append(f"backend.set.{row['name']}.{row['input']}={row['value'] / 2:g},{row['value']:g}")
    return shlex.join(words)


def _field_cells(row: Mapping[str, Any]) -> list[str]:
    return [str(row["field"]), _short(row["value"]), f"{row['told']}: {row['input']}"]


def _input_cells(row: Mapping[str, Any]) -> list[str]:
    return [str(row["input"]), _short(row["value"]), _range(row)]


def _range(row: Mapping[str, Any]) -> str:
    if row["choices"] is not None:
        return _short(", ".join(row["choices"]))
    low, high = row["low"], row["high"]
    limits = "" if low is None and high is None else f" {_end(low)}..{_end(high)}"
    return f"{row['kind'] or ''}{limits}".strip()


def _end(limit: float | None) -> str:
    return "" if limit is None else f"{limit:.0f}" if limit == int(limit) else f"{limit:g}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _columns(rows: Iterator[list[str]], indent: str = "  ") -> list[str]:
    listed = list(rows)
    if not listed:
        return [f"{indent}none"]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        (indent + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))).rstrip()
        for row in listed
    ]
