"""Network: frames through an upscaling network, one at a time."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from animorch import BackendError, Clip, WeightsError


def enlarged(clip: Clip, path: Path, device: str) -> Clip:
    """The clip enlarged by the network's own factor.

    Raises BackendError without spandrel, WeightsError when it cannot read the file.
    """
    network = _loaded(path, path.stat().st_mtime_ns, device)
    import numpy as np
    import torch

    made = []
    with torch.inference_mode():
        for frame in clip.frames:
            picture = torch.from_numpy(frame).to(network.device).permute(2, 0, 1)[None].float() / 255
            whole = (network(picture)[0].clamp(0, 1) * 255).round().byte()
            made.append(whole.permute(1, 2, 0).cpu().numpy())
    return Clip(np.stack(made), clip.fps)


@lru_cache(maxsize=1)
def _loaded(path: Path, written: int, device: str) -> Any:
    try:
        import torch
        from spandrel import ImageModelDescriptor, ModelLoader
    except ImportError as error:
        raise BackendError(
            f"post.upscale.weights needs {error.name}, which is not installed; "
            "pip install 'animorch[upscale]', or leave weights away for lanczos"
        ) from error
    except RuntimeError as error:  # a torchvision that was built for another torch
        raise BackendError(
            f"spandrel cannot be loaded ({error}); install the torchvision that belongs to your torch"
        ) from error
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        network = ModelLoader(device).load_from_file(path)
    except Exception as error:  # spandrel and torch raise many kinds for a file that is none of theirs
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path} could not be read as an upscaling network ({said}); check it") from error
    if not isinstance(network, ImageModelDescriptor) or network.input_channels != 3:
        raise WeightsError(f"{path} is a {network.architecture.name}, not an upscaler of colour pictures")
    return network.eval()
