"""`python -m tests.doubles.a1111 --port 0 --mood slow=0.2,nan:3`: a double as a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import threading

from tests.doubles.a1111 import Double
from tests.doubles.a1111.mood import Mood


def main() -> None:
    """Print the url and serve until Ctrl-C."""
    reader = argparse.ArgumentParser(description=__doc__, epilog=Mood.__doc__)
    reader.add_argument("--port", type=int, default=0)
    reader.add_argument("--mood", default="fast")
    reader.add_argument("--version", default="v2", choices=["v2", "v1.13.1", "forge", "none"])
    reader.add_argument("--nowebui", action="store_true")
    told = reader.parse_args()
    version = None if told.version == "none" else told.version
    with Double(told.mood, version=version, ui=not told.nowebui, port=told.port) as double:
        print(double.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
