"""Device: where a network runs, and clips as its tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from animorch import BackendError

if TYPE_CHECKING:
    import numpy as np


def settled(device: str) -> str:
    """`auto` as the best device here, any other as it is; raises BackendError when that is not here."""
    try:
        import torch
    except ImportError as error:
        raise BackendError(
            "this post-step runs in torch, which is not installed; pip install 'animorch[diffusers]'"
        ) from error
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise BackendError(f"device={device} was asked for and torch sees no CUDA device; use device=cpu")
    return device


def tensors(frames: np.ndarray[Any, Any], side: int, device: str) -> Any:
    """uint8 (N, H, W, 3) as float (N, 1, 3, H', W') in 0..1, the rims repeated up to multiples of `side`."""
    import torch
    from torch.nn import functional as F

    pictures = torch.from_numpy(frames).to(device).permute(0, 3, 1, 2).float() / 255
    down, right = -frames.shape[1] % side, -frames.shape[2] % side
    return F.pad(pictures, (0, right, 0, down), mode="replicate").unsqueeze(1)


def shown(picture: Any, height: int, width: int) -> np.ndarray[Any, Any]:
    """A float (1, 3, H', W') in 0..1 as uint8 (H, W, 3), rounded."""
    whole = (picture[0, :, :height, :width].clamp(0, 1) * 255).round().byte()
    found: np.ndarray[Any, Any] = whole.permute(1, 2, 0).cpu().numpy()
    return found
