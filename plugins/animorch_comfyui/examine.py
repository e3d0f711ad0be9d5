"""Examine: the findings of `animorch doctor backend=comfyui`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from animorch import Finding, RenderSpec
from animorch_comfyui.checkup import answers, checkup
from animorch_comfyui.client.server import Server


def findings(
    servers: Sequence[Server],
    specs: Sequence[RenderSpec],
    models: Mapping[str, str],
    problems: Callable[[], Sequence[Sequence[str]]],
) -> Iterator[Finding]:
    """Of each server what it is and has, then each problem of the experiment.

    models: the backend's option. problems: its preflight of the specs, asked once a server answers.
    """
    found = [answers(server) for server in servers]
    for server, answer in zip(servers, found, strict=True):
        yield answer
        if answer.good:
            told = checkup(server, specs, models, alone=len(servers) == 1)
            yield from (_of(server, finding, servers) for finding in told)
    if any(answer.good for answer in found):
        for problem in dict.fromkeys(sentence for listed in problems() for sentence in listed):
            said, _, fix = problem.rpartition("; ")
            yield Finding("experiment", False, said or fix, fix if said else "")


def _of(server: Server, finding: Finding, servers: Sequence[Server]) -> Finding:
    """With the server's address, where there are several."""
    return finding if len(servers) == 1 else replace(finding, subject=f"{server.url} {finding.subject}")
