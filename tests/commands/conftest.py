"""What tests of commands share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from animorch import Clip
from animorch.media import encode
from tests.conftest import Studio


@pytest.fixture
def films(studio: Studio) -> Path:
    """The films that the configs name."""
    folder = studio.folder / "data"
    folder.mkdir()
    for name in ("a.mkv", "b.mkv"):
        encode(Clip(np.zeros((40, 16, 16, 3), np.uint8)), folder / name, {})
    return folder
