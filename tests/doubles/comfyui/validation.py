"""Validation: what the server says of a graph before it queues it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .signatures import Signature, Signatures

Graph = dict[str, Any]
Problem = dict[str, Any]
_MANY = 20  # a longer list of choices is not sent back


@dataclass
class Verdict:
    """Either `error` (the answer is 400), or output nodes that will run and what is wrong with others."""

    error: Problem | None
    outputs: list[str]
    node_errors: dict[str, Any]


def problem(kind: str, message: str, details: str = "", **extra: Any) -> Problem:
    """One error as the server writes it."""
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


@dataclass
class Validation:
    """One graph under examination; literals are converted in place, as the server does (8 becomes 8.0)."""

    graph: Graph
    signatures: Signatures
    has_picture: Callable[[str], bool]
    judged: dict[str, tuple[bool, list[Problem]]] = field(default_factory=dict)

    def verdict(self, targets: list[str] | None = None) -> Verdict:
        """`targets`: the output nodes that are asked for; None for all."""
        for node_id, node in self.graph.items():
            refused = self._refused(node_id, node)
            if refused:
                return Verdict(refused, [], {})
        outputs = [each for each in self.graph if self._signature(each).is_output]
        outputs = [each for each in outputs if targets is None or each in targets]
        if not outputs:
            return Verdict(problem("prompt_no_outputs", "Prompt has no outputs"), [], {})
        good, node_errors, told = self._outputs(outputs)
        if good:
            return Verdict(None, good, node_errors)
        kind, message = "prompt_outputs_failed_validation", "Prompt outputs failed validation"
        return Verdict(problem(kind, message, "\n".join(told)), [], node_errors)

    def _refused(self, node_id: str, node: dict[str, Any]) -> Problem | None:
        where = f"Node ID '#{node_id}'"
        if "class_type" not in node:
            return problem("invalid_prompt", "Cannot execute: a node has no class_type.", where)
        if node["class_type"] not in self.signatures.nodes:
            message = f"Cannot execute: node {node['class_type']} does not exist."
            return problem("invalid_prompt", message, where)
        return None

    def _signature(self, node_id: str) -> Signature:
        return self.signatures.nodes[self.graph[node_id]["class_type"]]

    def _outputs(self, outputs: list[str]) -> tuple[list[str], dict[str, Any], list[str]]:
        good: list[str] = []
        node_errors: dict[str, Any] = {}
        told: list[str] = []
        for output in outputs:
            try:
                valid, reasons = self._node(output)
            except Exception as error:
                valid, reasons = False, [_raised("exception_during_validation", error)]
                self.judged[output] = (valid, reasons)
            if valid:
                good.append(output)
                continue
            told += [f"{each['message']}: {each['details']}" for each in reasons]
            self._blame(output, node_errors)
        return good, node_errors, told

    def _blame(self, output: str, node_errors: dict[str, Any]) -> None:
        for node_id, (valid, reasons) in self.judged.items():
            if not valid and reasons:
                kind = self.graph[node_id]["class_type"]
                fresh = {"errors": reasons, "dependent_outputs": [], "class_type": kind}
                node_errors.setdefault(node_id, fresh)["dependent_outputs"].append(output)

    def _node(self, node_id: str) -> tuple[bool, list[Problem]]:
        if node_id in self.judged:
            return self.judged[node_id]
        given = self.graph[node_id]["inputs"]
        signature = self._signature(node_id)
        valid, errors = True, []
        for name, (kind, more) in signature.inputs.items():
            if name not in given:
                if name in signature.required:
                    message = "Required input is missing"
                    errors.append(problem("required_input_missing", message, name, input_name=name))
                continue
            check = self._link if isinstance(given[name], list) else self._literal
            passed, found = check(given, name, kind, more)
            valid = valid and passed
            errors += found
        self.judged[node_id] = (valid and not errors, errors)
        return self.judged[node_id]

    def _link(
        self, given: dict[str, Any], name: str, kind: Any, more: dict[str, Any]
    ) -> tuple[bool, list[Problem]]:
        link, about = given[name], {"input_name": name, "input_config": [kind, more]}
        if len(link) != 2:
            message = "A link is a list of a node's id and the number of its output"
            return False, [problem("bad_linked_input", message, name, **about, received_value=link)]
        source, slot = link
        offered = self.signatures.nodes[self.graph[source]["class_type"]].outputs[slot]
        if not _fits(offered, kind):
            details = f"{name}, received_type({offered}) mismatch input_type({kind})"
            message = "Return type mismatch between linked nodes"
            more_about = {"received_type": offered, "linked_node": link}
            return False, [problem("return_type_mismatch", message, details, **about, **more_about)]
        try:
            return self._node(source)[0], []
        except Exception as error:
            raised = _raised("exception_during_inner_validation", error)
            raised["extra_info"] |= {**about, "linked_node": link, "exception_message": str(error)}
            self.judged[source] = (False, [raised])
            return False, []

    def _literal(
        self, given: dict[str, Any], name: str, kind: Any, more: dict[str, Any]
    ) -> tuple[bool, list[Problem]]:
        about = {"input_name": name, "input_config": [kind, more], "received_value": given[name]}
        try:
            value = given[name] = _converted(given[name], kind)
        except (TypeError, ValueError) as error:
            message = f"Failed to convert an input value to a {kind} value"
            details = f"{name}, {given[name]}, {error}"
            told = problem("invalid_input_type", message, details, **about, exception_message=str(error))
            return False, [told]
        about["received_value"] = value
        if more.get("image_upload"):
            return True, self._picture(name, value)
        if "min" in more and value < more["min"]:
            message = f"Value {value} smaller than min of {more['min']}"
            return False, [problem("value_smaller_than_min", message, name, **about)]
        if "max" in more and value > more["max"]:
            message = f"Value {value} bigger than max of {more['max']}"
            return False, [problem("value_bigger_than_max", message, name, **about)]
        if isinstance(kind, list) and value not in kind:
            return False, [_not_in_list(name, value, kind, about)]
        return True, []

    def _picture(self, name: str, value: str) -> list[Problem]:
        if self.has_picture(str(value)):
            return []
        details = f"{name} - Invalid image file: {value}"
        message = "Custom validation failed for node"
        return [problem("custom_validation_failed", message, details, input_name=name)]


def _not_in_list(name: str, value: Any, choices: list[str], about: dict[str, Any]) -> Problem:
    told = str(choices)
    if len(choices) > _MANY:
        told, about = f"(list of length {len(choices)})", {**about, "input_config": None}
    return problem("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {told}", **about)


def _fits(offered: str, wanted: Any) -> bool:
    return isinstance(wanted, str) and offered in wanted.split(",")


def _converted(value: Any, kind: Any) -> Any:
    kinds: dict[str, Callable[[Any], Any]] = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
    return kinds[kind](value) if isinstance(kind, str) and kind in kinds else value


def _raised(kind: str, error: Exception) -> Problem:
    trace = ['  File "/srv/comfyui/execution.py", line 900, in validate_inputs\n']
    about = {"exception_type": type(error).__name__, "traceback": trace}
    return problem(kind, "Exception when validating a node", str(error), **about)
