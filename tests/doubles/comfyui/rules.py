"""Rules: what is not validated and goes wrong only when the node runs."""

from __future__ import annotations

import json
import re
from typing import Any

from .closure import Closure, Graph, ancestors, is_link

Trouble = tuple[str, str]  # exception type, message
_SAMPLERS = ("KSampler", "KSamplerAdvanced")
_CONTEXTS = "ContextOptions"
_INDEX = r"[\d:.\-]+"
_KEYED = (rf'"{_INDEX}"\s*:\s*"[^"]*"', rf'{_INDEX}\s*=\s*"[^"]*"')  # two spellings, not mixed
_HAS = "the motion model has an upper limit of"


def trouble(closure: Closure, node_id: str, pnginfo: Any) -> Trouble | None:
    """What the node would raise; None when it runs."""
    graph = closure.graph
    kind, given = graph[node_id]["class_type"], graph[node_id]["inputs"]
    if kind in _SAMPLERS:
        return _sampling(closure, node_id)
    if kind.startswith("BatchPromptSchedule"):
        return _fizz(given)
    if kind == "ADE_ValueScheduling" and "max_length" not in given:
        return "TypeError", "create_schedule() missing 1 required positional argument: 'max_length'"
    if kind.startswith("ADE_PromptScheduling"):
        return _scheduled(str(given["prompts"]))
    if kind == "VHS_VideoCombine" and isinstance(pnginfo, dict) and pnginfo.get("workflow", {}) is None:
        return "AttributeError", "'NoneType' object has no attribute 'get'"
    return None


def limit(model_name: str) -> int:
    """The most frames of one context, by the motion module's name: 24 for the first ones, else 32."""
    return 24 if re.search(r"sd_v1[45]\.(ckpt|safetensors)$", model_name) else 32


def _sampling(closure: Closure, node_id: str) -> Trouble | None:
    graph = closure.graph
    parts = [graph[each] for each in _of_model(graph, node_id)]
    names = [part["inputs"]["model_name"] for part in parts if "model_name" in part["inputs"]]
    if not names:
        return None
    most = min(limit(name) for name in names)
    contexts = [part["inputs"] for part in parts if part["class_type"].endswith(_CONTEXTS)]
    frames = closure.shape(node_id).frames
    if not contexts:
        if frames > most:
            return "ValueError", f"{_HAS} {most} frames, but received {frames} latents."
        return None
    for given in contexts:
        length = int(given.get("context_length", 0))
        if length > most:
            told = f"{most} frames for a context window, but received context length of {length}."
            return "ValueError", f"{_HAS} {told}"
        if 0 < length == int(given.get("context_overlap", -1)) and frames > length:
            return "ValueError", "range() arg 3 must not be zero"
    return None


def _of_model(graph: Graph, node_id: str) -> list[str]:
    link = graph[node_id]["inputs"]["model"]
    return ancestors(graph, link[0]) if is_link(link, graph) else []


def _fizz(given: dict[str, Any]) -> Trouble | None:
    for name in ("start_frame", "end_frame"):
        if name not in given:
            return "TypeError", f"animate() missing 1 required positional argument: '{name}'"
    text = re.sub(r",\s*$", "", str(given["text"])).replace("\n", "")
    try:
        keys = json.loads("{" + text + "}")
    except ValueError as error:
        return "json.decoder.JSONDecodeError", str(error)
    for key in keys:
        if re.fullmatch(r"\d*\.\d+", key):
            return "ValueError", f"invalid literal for int() with base 10: '{key}'"
    return None


def _scheduled(text: str) -> Trouble | None:
    """ADE's own schedule: keys and prompts in one of two spellings; no prompt can hold a double quote."""
    text = text.strip().removeprefix("{").removesuffix("}").strip()
    if any(re.fullmatch(rf"({keyed}\s*(,\s*|$))+", text) for keyed in _KEYED):
        return None
    return "Exception", "Found 1 issue in prompt schedule (assumed json format)"
