"""`animorch comfyui`: what of a workflow can be swept; our own graph as a workflow."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from animorch import BackendError, Command, UsageError
from animorch_comfyui.offers import Offers

_EXPORT = "write the graph that animorch builds as a workflow that opens in ComfyUI's editor"
_INSPECT = "what of a workflow a sweep can set, and what stops it"


class ComfyUICommand(Command):
    """Two verbs, inspect and export."""

    name: ClassVar[str] = "comfyui"
    help: ClassVar[str] = "ComfyUI workflows: inspect FILE says what can be swept, export writes ours"

    def run(self, words: Sequence[str]) -> int:
        """Prints a table or JSON, or writes a file. Raises UsageError with a sentence."""
        asked = _parser().parse_args(list(words))
        return _export(asked) if asked.verb == "export" else _inspect(asked)


def _inspect(asked: argparse.Namespace) -> int:
    from animorch_comfyui.workflow import Workflow
    from animorch_comfyui.workflow.inspected import inspected

    offers = _from_file(asked.object_info) if asked.object_info else _from_server(asked.url)
    found = inspected(Workflow.read(asked.file), str(asked.file), offers, _options(asked))
    print(json.dumps(found.as_json(), indent=2, ensure_ascii=False) if asked.json else found.table())
    return 0


def _export(asked: argparse.Namespace) -> int:
    from animorch_comfyui.workflow.exported import Asked, exported

    experiment = Asked.of(asked.words)
    offers = None
    try:
        offers = _from_server(asked.url or experiment.url)
    except BackendError as error:
        print(f"{error}; drawn for the nodes of ComfyUI 0.3.64 instead", file=sys.stderr)
    try:
        built, there = experiment.built(offers)
    except BackendError as error:
        raise UsageError(str(error)) from error
    print("\n".join(exported(built, there, asked.output, asked.api)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch comfyui", description=ComfyUICommand.help, allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="{inspect,export}")
    look = verbs.add_parser("inspect", help=_INSPECT, description=_INSPECT, allow_abbrev=False)
    look.add_argument("file", type=Path, help="a .json of either format, or a PNG or film that carries it")
    server = look.add_mutually_exclusive_group()
    server.add_argument("--url", help="a server that is asked for kinds, limits and choices")
    server.add_argument(
        "--object-info",
        type=Path,
        metavar="FILE",
        help="what a server answers to /object_info, instead of it",
    )
    look.add_argument("--output", metavar="NODE", help="as backend.output")
    look.add_argument(
        "--bind", action="append", default=[], metavar="FIELD=NODE.INPUT", help="as backend.bind.FIELD"
    )
    look.add_argument("--json", action="store_true", help="print JSON")
    write = verbs.add_parser("export", help=_EXPORT, description=_EXPORT, allow_abbrev=False)
    write.add_argument("words", nargs="*", metavar="KEY=VALUE", help="the experiment, as in animorch plan")
    write.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where to write it")
    write.add_argument("--api", action="store_true", help="in API format, as a server takes it")
    write.add_argument("--url", help="a server whose nodes and models it is for")
    return parser


def _options(asked: argparse.Namespace) -> dict[str, object]:
    binds = {}
    for word in asked.bind:
        field, equals, target = word.partition("=")
        if not equals:
            raise UsageError(f"--bind {word} should be FIELD=NODE.INPUT, as in seed=KSampler.seed")
        binds[field] = target
    return {"bind": binds, "output": asked.output, "url": asked.url}


def _from_server(url: str | None) -> Offers | None:
    """What a server offers; raises BackendError when it does not answer."""
    if not url:
        return None
    from animorch_comfyui.addresses import address
    from animorch_comfyui.client.pace import Pace
    from animorch_comfyui.client.server import Server

    try:
        server = Server(address(url), Pace(backoff=0.1))
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        return server.offers()
    finally:
        server.line.close()


def _from_file(path: Path) -> Offers:
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} could not be read as JSON ({error}); save what /object_info says"
        ) from error
    if not isinstance(info, dict) or not all(isinstance(node, dict) for node in info.values()):
        raise UsageError(f"{path} is not what /object_info says; save that with: curl SERVER/object_info")
    return Offers(info)
