"""`animorch bench native`: seconds a clip of stock diffusers and of this backend, side by side."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import ClassVar

from animorch import Command, UsageError
from animorch_diffusers import device as place
from animorch_diffusers.bench.size import SIZES, Size
from animorch_diffusers.refusals import format_problems, library_problems

_CLIP = {"frames": (1, 32), "width": (64, 2048), "height": (64, 2048), "steps": (1, 999)}


class Bench(Command):
    """Loads the same weights into each peer, renders the same clip with each in turn, compares the frames."""

    name: ClassVar[str] = "bench"
    help: ClassVar[str] = "measure this machine: bench native [--size sd15] renders beside stock diffusers"

    def run(self, words: Sequence[str]) -> int:
        """Prints a table, or JSON. Without a CUDA device sd15 is measured at a reduced size, and said so."""
        asked = _parser().parse_args(list(words))
        on = place.resolve_device(asked.device)
        dtype = place.resolve_dtype(asked.dtype, on)
        if problems := [*library_problems(), *format_problems(on, dtype)]:
            raise UsageError("; ".join(problems))
        size, remarks = _reduced(SIZES[asked.size], on, asked.compiled)
        clip = _clip(asked, size)
        from animorch_diffusers.bench.measure import measured

        told = _told if sys.stderr.isatty() else _untold
        try:
            result = measured(size, clip, on, dtype, asked.repeat, asked.compiled, remarks, told)
        finally:
            if sys.stderr.isatty():
                print("\r\033[K", end="", file=sys.stderr, flush=True)
        print(json.dumps(result.as_json(), indent=2) if asked.json else result.table())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("animorch bench", description=Bench.help, allow_abbrev=False)
    parser.add_argument("what", choices=["native"], help="the backend that renders in this process")
    parser.add_argument(
        "--size",
        choices=SIZES,
        default="sd15",
        help="; ".join(f"{size.name}: {size.told}" for size in SIZES.values()),
    )
    for name in _CLIP:
        parser.add_argument(f"--{name}", type=int, help=f"{name} of the clip; left out, the size's own")
    parser.add_argument("--repeat", type=int, default=3, help="clips of each peer, in turn (3)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    parser.add_argument("--dtype", choices=["auto", "fp32", "fp16", "bf16"], default="auto")
    parser.add_argument(
        "--compiled", action="store_true", help="compiled stock also without CUDA, where it takes minutes"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser


def _reduced(size: Size, device: str, compiled: bool) -> tuple[Size, list[str]]:
    """sd15 takes hours on a CPU, so it is measured at the embedded model's size there."""
    if device == "cuda":
        return size, []
    remarks = []
    if size.name == "sd15":
        size = SIZES["embedded"]
        remarks.append(
            f"reduced: there is no CUDA device here ({device}), where sd15 would take hours, so {size.name} "
            f"({size.told}) was measured instead; these figures say nothing of sd15 on a card"
        )
    if not compiled:
        remarks.append("stock compiled: not measured without CUDA, where compiling takes minutes; --compiled")
    return size, remarks


def _clip(asked: argparse.Namespace, size: Size) -> dict[str, int]:
    """The clip asked for; raises UsageError for a number that cannot be measured."""
    own = {"frames": size.frames, "width": size.side, "height": size.side, "steps": size.steps}
    clip = {name: own[name] if getattr(asked, name) is None else getattr(asked, name) for name in _CLIP}
    for name, (least, most) in _CLIP.items():
        if not least <= clip[name] <= most:
            raise UsageError(f"--{name} {clip[name]} cannot be measured; give {least} to {most}")
    for name in ("width", "height"):
        if clip[name] % 64:
            raise UsageError(f"--{name} {clip[name]} is not a multiple of 64; give one")
    if asked.repeat < 1:
        raise UsageError(f"--repeat {asked.repeat} measures nothing; give 1 or more")
    return clip


def _told(sentence: str, step: int, total: int) -> None:
    at = f", step {step} of {total}" if total else ""
    print(f"\r\033[K{sentence}{at}", end="", file=sys.stderr, flush=True)


def _untold(sentence: str, step: int, total: int) -> None:
    """Nobody watches; a line for each thing that begins."""
    if step == 0:
        print(sentence, file=sys.stderr, flush=True)
