"""FreeInit: noise anew from the low frequencies of what the pass before came to (arXiv:2312.07537)."""

from __future__ import annotations

from typing import Any

from animorch import FreeInit


def noised_again(latents: Any, noise: Any, scheduler: Any, free: FreeInit, generator: Any) -> Any:
    """First latents of the next pass: what was rendered, brought to full noise, with fresh high frequencies.

    latents, noise: (1, C, T, h, w); `noise` is the first pass's, of unit variance. As diffusers'
    FreeInitMixin, but in the scheduler's own scale: a sigma sampler's noise is as strong as its first sigma
    (diffusers takes unit noise for the high frequencies and multiplies the first noise twice).
    """
    import torch
    from diffusers.utils.torch_utils import randn_tensor

    fresh = randn_tensor(latents.shape, generator=generator, device=latents.device, dtype=torch.float32)
    sigma = float(scheduler.init_noise_sigma)
    if sigma == 1:
        kept = scheduler.alphas_cumprod[-1].to(latents.device, latents.dtype)
        full = kept**0.5 * latents + (1 - kept) ** 0.5 * noise
    else:
        full, fresh = latents + sigma * noise, sigma * fresh
    low = low_pass(latents.shape[2:], free).to(latents.device)
    return mixed(full.float(), fresh, low).to(latents.dtype)


def mixed(low: Any, high: Any, share: Any) -> Any:
    """Low frequencies of one and high frequencies of the other; `share` (T, h, w) is the low one's."""
    from torch import fft

    axes = (-3, -2, -1)
    spectra = [fft.fftshift(fft.fftn(each, dim=axes), dim=axes) for each in (low, high)]
    both = spectra[0] * share + spectra[1] * (1 - share)
    return fft.ifftn(fft.ifftshift(both, dim=axes), dim=axes).real


def low_pass(shape: Any, free: FreeInit) -> Any:
    """The filter over (T, h, w) frequencies, its middle lowest: 1 lets pass (TianxingWu/FreeInit, MIT)."""
    import torch

    if free.spatial == 0 or free.temporal == 0:
        return torch.zeros(tuple(shape))
    time, height, width = (
        (2 * torch.arange(size, dtype=torch.float64) / size - 1) for size in shape
    )  # from -1 to 1
    apart = (
        (free.spatial / free.temporal * time[:, None, None]) ** 2
        + height[None, :, None] ** 2
        + width[None, None, :] ** 2
    )  # squared distance from the middle
    if free.filter == "butterworth":
        share = 1 / (1 + (apart / free.spatial**2) ** free.order)
    elif free.filter == "gaussian":
        share = torch.exp(-1 / (2 * free.spatial**2) * apart)
    else:
        share = (apart <= free.spatial * 2).double()
    return share.float()
