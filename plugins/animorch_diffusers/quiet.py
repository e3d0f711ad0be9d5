"""Quiet: the libraries say nothing on the terminal, send no telemetry and draw no bars."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LIBRARIES = ("diffusers", "transformers", "huggingface_hub", "accelerate", "peft")


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back warnings and log lines below `error` of the libraries inside the block.

    What matters of them (LoRA keys without a place, a prompt cut off) this backend checks itself.
    """
    _no_telemetry()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _no_bars()
        before = {name: logging.getLogger(name).level for name in _LIBRARIES}
        for name in _LIBRARIES:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)


def _no_telemetry() -> None:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read once, when the hub's client is imported


def _no_bars() -> None:
    from diffusers.utils import logging as diffusers_logging
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
    from transformers.utils import logging as transformers_logging

    disable_progress_bars()
    for library in (diffusers_logging, transformers_logging):
        library.get_logger()  # sets the library's own level, which it would else do after ours
        library.disable_progress_bar()
