"""Submission: a graph made ready for one server, and put into its queue exactly once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from animorch_comfyui.built import Built, Graph
from animorch_comfyui.client.failure import Gone, Refused, refusal
from animorch_comfyui.client.line import Passing
from animorch_comfyui.client.server import Server
from animorch_comfyui.client.truth import found
from animorch_comfyui.client.uploads import renamed
from animorch_comfyui.offers import Offers

PREFIX = "animorch"


def prefix(job: str) -> str:
    """Where a job's files lie: a folder of its own, so that none of another run can pass for one."""
    return f"{PREFIX}/{job}/frame"


def body(
    server: Server, built: Built, job: str, facts: Callable[[Graph, Offers], Mapping[str, Any]]
) -> dict[str, Any]:
    """What POST /prompt takes; sends the pictures first. Raises Gone or Refused."""
    graph = _placed(renamed(built.graph, server.uploads.sent(built.pictures, server)), built, job)
    said = facts(graph, server.offers())
    known = {key: value for key, value in said.items() if value is not None}
    return {
        "prompt": graph,
        "client_id": server.client_id,
        "prompt_id": job,
        # a workflow that is null breaks nodes that write videos, so facts have none rather than null
        "extra_data": {"extra_pnginfo": {**known, PREFIX: {**known.get(PREFIX, {}), "job": job}}},
    }


def _placed(graph: Graph, built: Built, job: str) -> Graph:
    ours = {built.frames, *built.also}
    return {
        node: {**said, "inputs": {**said["inputs"], "filename_prefix": prefix(job)}}
        if node in ours and "filename_prefix" in said["inputs"]
        else said
        for node, said in graph.items()
    }


def submitted(server: Server, built: Built, what: Mapping[str, Any]) -> str:
    """The id of the job, now in the queue. Raises Gone, or Refused where the server takes not all of it."""
    answer = _accepted(server, built, what)
    job = str(answer["prompt_id"])
    if answer.get("node_errors"):  # it runs nevertheless, without the outputs that depend on these nodes
        server.cancel(job)
        raise refusal(server.url, built, answer)
    return job


def _accepted(server: Server, built: Built, what: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to POST /prompt, or the id under which the job is found where that answer got lost.

    A server that answers other questions and not this one is asked `attempts` times more; then it is Refused.
    """
    mark = str(what["prompt_id"])
    fault: Passing | None = None

    def put() -> dict[str, Any]:
        nonlocal fault
        if fault and not fault.untouched and (known := found(server, mark)) is not None:
            return {"prompt_id": known}
        try:
            return server.submit(what, built)
        except Passing as error:
            fault = error
            raise

    for more in reversed(range(server.pace.attempts)):
        try:
            return server.line.patiently(put)
        except Gone as error:
            if fault is None or fault.code is None or error.__cause__ is not fault:
                raise
            server.queue()  # raises Gone, unless it is this one question that the server cannot answer
            if not more:
                raise Refused(str(error)) from error
    raise AssertionError("attempts are one or more")
