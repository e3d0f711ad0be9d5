"""Pictured: a picture of this machine as one that a server is sent."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from animorch import BackendError
from animorch_comfyui.built import Picture


def picture_of(path: Path) -> Picture:
    """The picture as PNG; raises BackendError for a film, a folder, or what is no picture."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
            if getattr(image, "n_frames", 1) > 1:
                raise BackendError(
                    f"init.path={path} is an animation and the workflow loads one picture; give one"
                )
            written = io.BytesIO()
            image.convert("RGB").save(written, "PNG")
    except (OSError, SyntaxError, ValueError) as error:
        raise BackendError(
            f"init.path={path} could not be read as a picture, of which the workflow loads one ({error})"
        ) from error
    data = written.getvalue()
    return Picture(f"{hashlib.sha256(data).hexdigest()[:24]}.png", lambda: data)
