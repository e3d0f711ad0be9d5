"""Networks' files for the tests, made once."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import flownets


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One file of each kind."""
    folder = tmp_path_factory.mktemp("networks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript's own
        film = flownets.film(folder / "film_net_fp32.pt")
    return {
        "3.x": flownets.rife3(folder / "3.pkl"),
        "4.6": flownets.rife4(folder / "4_6.pkl", module="module."),
        "4.9": flownets.rife4(folder / "4_9.pkl", head=2),
        "4.12": flownets.rife4(folder / "4_12.pkl", head=4),
        "4.22": flownets.rife4(folder / "4_22.pkl", head=4, passed=8),
        "4.26": flownets.rife4(folder / "4_26.pkl", blocks=5, head=4, passed=8),
        "film": film,
        "ncnn": flownets.ncnn(folder / "rife-v4-mix"),
    }
