"""`python -m tests.doubles.comfyui --port 0 --mood slow`: a double as a process, which prints its url."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from pathlib import Path

from .double import Double
from .moods import NAMES


def main() -> None:
    moods = "\n".join(f"  {name}: {said}" for name, said in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="tests.doubles.comfyui",
        epilog=f"moods (name[@job][=value], …):\n{moods}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mood", default="fast")
    parser.add_argument("--speed", type=float, default=0.0, help="seconds a sampling step")
    parser.add_argument("--folder", type=Path, default=None, help="where its files lie; kept afterwards")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Double(asked.mood, asked.speed, asked.port, folder=asked.folder) as double:
        print(double.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
