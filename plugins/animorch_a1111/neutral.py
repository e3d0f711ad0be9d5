"""Neutral: options of the server that change pixels beside the spec, held at what the web UI is given with.

Otherwise two servers, or one and its owner's last experiment, would give other clips for one spec. With the
first two above 0 the negative prompt is left out of some steps, which AnimateDiff answers with an IndexError.
What a machine needs (precision, fp8, randn_source) is its owner's; the infotext tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEUTRAL: Mapping[str, Any] = {
    "s_min_uncond": 0.0,
    "skip_early_cond": 0.0,
    "token_merging_ratio": 0.0,
    "token_merging_ratio_img2img": 0.0,
    "img2img_extra_noise": 0.0,
    "eta_noise_seed_delta": 0,
    "eta_ancestral": 1.0,
    "eta_ddim": 0.0,
    "s_churn": 0.0,
    "s_noise": 1.0,
    "sigma_min": 0.0,
    "sigma_max": 0.0,
    "rho": 0.0,
    "always_discard_next_to_last_sigma": False,
    "sgm_noise_multiplier": False,
    "sd_noise_schedule": "Default",
    "use_downcasted_alpha_bar": False,
    "use_old_karras_scheduler_sigmas": False,
    "no_dpmpp_sde_batch_determinism": False,
    "emphasis": "Original",
}
