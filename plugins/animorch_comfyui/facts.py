"""Facts: what the records keep of a job on a ComfyUI server. No path, command line or credential is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from animorch_comfyui.built import Built
from animorch_comfyui.machine import machine, pack, packs
from animorch_comfyui.offers import Offers
from animorch_comfyui.spans import Heard, spans

_BEGUN = "execution_start"
_ENDED = ("execution_success", "execution_error", "execution_interrupted")
Event = tuple[str, Mapping[str, Any]]


def of(
    messages: Sequence[Heard],
    entry: Mapping[str, Any] | None,
    stats: Mapping[str, Any] | None,
    built: Built,
    offers: Offers | None = None,
    *,
    submitted: float | None = None,
) -> tuple[dict[str, str], dict[str, Any]]:
    """(facts for the record's environment, what is kept as nodes.json) of one job.

    messages: what the websocket said, (seconds by our clock, {type, data}), as far as it was heard.
    entry: the job's record in /history. stats: /system_stats. submitted: when it was sent, by the same
    clock.
    """
    events = [*_heard(messages), *_kept(entry)]
    own, seconds = _own(messages, entry), _seconds(events)
    waited = _waited(own, entry, submitted)
    nodes = _nodes(built, spans(own), _cached(events))
    warnings = _deprecated(built, offers)
    environment = machine(stats) | _counted(built, nodes, offers, warnings)
    environment |= _said("comfyui_seconds", seconds) | _said("comfyui_queue_seconds", waited)
    return environment, {
        "server": machine(stats),
        "seconds": seconds,
        "queue_seconds": waited,
        "nodes": nodes,
        "packs": packs(offers),
        "warnings": warnings,
    }


def _nodes(built: Built, ran: Mapping[str, float], cached: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Each node's class, seconds (null: not seen to run) and whether it came from the cache.

    A node may bring others that stand in no graph of ours; they have no class.
    """
    return {
        node: {
            "class": built.graph.get(node, {}).get("class_type"),
            "seconds": round(ran[node], 3) if node in ran else None,
            "cached": node in cached,
        }
        for node in dict.fromkeys((*built.graph, *ran))
    }


def _counted(
    built: Built, nodes: Mapping[str, Mapping[str, Any]], offers: Offers | None, warnings: Sequence[str]
) -> dict[str, str]:
    sampling = [nodes[node]["seconds"] for node in built.samplers if nodes.get(node, {}).get("seconds")]
    own = [nodes[node] for node in built.graph]
    used = sorted({name for node in own if (name := pack(offers, str(node["class"])))})
    return {
        "comfyui_nodes": str(len(own)),
        "comfyui_cached_nodes": str(sum(node["cached"] for node in own)),
        **_said("comfyui_sampler_seconds", sum(sampling) if sampling else None),
        **({"comfyui_packs": str(len(packs(offers)))} if offers else {}),
        **({"comfyui_packs_used": ", ".join(used)} if used else {}),
        **({"comfyui_warnings": "; ".join(warnings)} if warnings else {}),
    }


def _heard(messages: Iterable[Heard]) -> list[Event]:
    return [(str(message.get("type")), data) for _, message in messages if (data := _data(message))]


def _kept(entry: Mapping[str, Any] | None) -> list[Event]:
    """Messages of the execution_* kind, which a server repeats in its history."""
    status = (entry or {}).get("status")
    listed = status.get("messages") if isinstance(status, Mapping) else None
    listed = listed if isinstance(listed, (list, tuple)) else ()
    pairs = [pair for pair in listed if isinstance(pair, (list, tuple)) and len(pair) == 2]
    return [(str(kind), data) for kind, data in pairs if isinstance(data, Mapping)]


def _data(message: Mapping[str, Any]) -> Mapping[str, Any]:
    data = message.get("data")
    return data if isinstance(data, Mapping) else {}


def _own(messages: Sequence[Heard], entry: Mapping[str, Any] | None) -> list[Heard]:
    """Without messages of other jobs; `executing` after a reconnect names no job at all."""
    prompt = _prompt(entry, 1)
    return [item for item in messages if prompt is None or _data(item[1]).get("prompt_id", prompt) == prompt]


def _prompt(entry: Mapping[str, Any] | None, place: int) -> Any:
    """What history says was asked: [number, prompt_id, graph, extra_data, outputs]."""
    asked = (entry or {}).get("prompt")
    return asked[place] if isinstance(asked, (list, tuple)) and len(asked) > place else None


def _cached(events: Iterable[Event]) -> frozenset[str]:
    listed = [data.get("nodes") for kind, data in events if kind == "execution_cached"]
    return frozenset(str(node) for nodes in listed if isinstance(nodes, (list, tuple)) for node in nodes)


def _stamp(events: Iterable[Event], *kinds: str) -> float | None:
    """When the first event of these kinds was, in seconds of the server's clock."""
    stamps = [data.get("timestamp") for kind, data in events if kind in kinds]
    return next((stamp / 1000 for stamp in stamps if isinstance(stamp, (int, float))), None)


def _seconds(events: Sequence[Event]) -> float | None:
    """Seconds from start to end by the server's clock."""
    return _between(_stamp(events, _BEGUN), _stamp(events, *_ENDED))


def _waited(
    messages: Sequence[Heard], entry: Mapping[str, Any] | None, submitted: float | None
) -> float | None:
    """Seconds in the queue, by our clock; else by that of a server which notes when a job was made."""
    begun = next((at for at, message in messages if message.get("type") == _BEGUN), None)
    if begun is not None and submitted is not None:
        return _between(submitted, begun)
    extra = _prompt(entry, 3)
    made = extra.get("create_time") if isinstance(extra, Mapping) else None
    return _between(made / 1000 if isinstance(made, (int, float)) else None, _stamp(_kept(entry), _BEGUN))


def _between(begun: float | None, ended: float | None) -> float | None:
    return None if begun is None or ended is None else round(max(0.0, ended - begun), 3)


def _deprecated(built: Built, offers: Offers | None) -> list[str]:
    kinds = sorted({str(node.get("class_type")) for node in built.graph.values()})
    return [f"the server calls {kind} deprecated" for kind in kinds if offers and offers.deprecated(kind)]


def _said(key: str, seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {key: f"{seconds:.3f}"}
