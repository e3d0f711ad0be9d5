"""Settings: the options of a server, config.json and what an override leaves behind."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "sd_model_checkpoint": None,
    "sd_checkpoint_hash": "",
    "sd_vae": "Automatic",
    "CLIP_stop_at_last_layers": 1,
    "pad_cond_uncond": False,
    "pad_cond_uncond_v0": False,
    "batch_cond_uncond": True,
    "randn_source": "GPU",
    "eta_noise_seed_delta": 0,
    "eta_ddim": 0.0,
    "eta_ancestral": 1.0,
    "s_churn": 0.0,
    "s_noise": 1.0,
    "s_min_uncond": 0.0,
    "img2img_fix_steps": False,
    "token_merging_ratio": 0.0,
    "upcast_attn": False,
    "emphasis": "Original",
    "comma_padding_backtrack": 20,
    "samples_format": "png",
    "jpeg_quality": 80,
    "samples_save": True,
    "grid_save": True,
    "return_grid": True,
    "enable_pnginfo": True,
    "live_previews_enable": True,
    "sd_checkpoint_cache": 0,
    "sd_vae_overrides_per_model_preferences": True,
    "outdir_txt2img_samples": "outputs/txt2img-images",
    "outdir_img2img_samples": "outputs/img2img-images",
}
OF_THE_EXTENSION: dict[str, Any] = {
    "animatediff_model_path": None,
    "animatediff_default_save_formats": ["GIF", "PNG"],
    "animatediff_save_to_custom": True,
    "animatediff_mp4_crf": 23,
    "animatediff_webp_lossless": False,
    "animatediff_webp_quality": 80,
}
PAINTED = (  # options that change pixels
    "CLIP_stop_at_last_layers",
    "randn_source",
    "eta_noise_seed_delta",
    "eta_ddim",
    "eta_ancestral",
    "s_churn",
    "s_noise",
    "s_min_uncond",
    "img2img_fix_steps",
    "token_merging_ratio",
    "upcast_attn",
    "emphasis",
)


class Settings:
    """What /options shows. A fresh server's config.json holds the checkpoint only."""

    def __init__(self, *, fresh: bool, ui: bool) -> None:
        self._ui = ui
        self._data: dict[str, Any] = {"sd_model_checkpoint": None} if fresh else dict(DEFAULTS)

    def now(self) -> dict[str, Any]:
        """As GET /options shows them: the extension's own only in UI mode."""
        shown = DEFAULTS | (OF_THE_EXTENSION if self._ui else {})
        return shown | {key: value for key, value in self._data.items() if key in shown}

    def of(self, key: str) -> Any:
        return (DEFAULTS | OF_THE_EXTENSION | self._data)[key]

    def put(self, key: str, value: Any) -> None:
        """Raises KeyError for a key that no part of the server knows."""
        if key not in DEFAULTS and key not in OF_THE_EXTENSION:
            raise KeyError(key)
        self._data[key] = value

    def stored(self, keys: list[str]) -> dict[str, Any]:
        """What will be put back after an override: only what config.json holds already."""
        return {key: self._data[key] for key in keys if key in self._data}

    def put_back(self, stored: dict[str, Any]) -> None:
        self._data.update(stored)
