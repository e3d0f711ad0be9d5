"""AnimateDiff's arguments: the keys each version takes, and what it makes of a request's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

V1: dict[str, Any] = {
    "model": "mm_sd_v15_v2.ckpt",
    "enable": False,
    "video_length": 0,
    "fps": 8,
    "loop_number": 0,
    "closed_loop": "R-P",
    "batch_size": 16,
    "stride": 1,
    "overlap": -1,
    "format": ["GIF", "PNG"],
    "interp": "Off",
    "interp_x": 10,
    "video_source": None,
    "video_path": "",
    "latent_power": 1,
    "latent_scale": 32,
    "last_frame": None,
    "latent_power_last": 1,
    "latent_scale_last": 32,
    "request_id": "",
}
V2 = V1 | {
    "model": "mm_sd15_v3.safetensors",
    "mask_path": "",
    "freeinit_enable": False,
    "freeinit_filter": "butterworth",
    "freeinit_ds": 0.25,
    "freeinit_dt": 0.25,
    "freeinit_iters": 3,
    "is_i2i_batch": False,
    "video_default": False,
    "prompt_scheduler": None,
}
FORGE = {key: value for key, value in V2.items() if not key.startswith("freeinit")}
DEFAULTS = {"v2": V2, "v1.13.1": V1, "forge": FORGE}
VIDEOS = ("GIF", "MP4", "WEBP", "WEBM")  # the order of a reply, whatever order was asked for
FILTERS = ("butterworth", "gaussian", "box", "ideal")
IN_INFO = [
    "model",
    "video_length",
    "fps",
    "loop_number",
    "closed_loop",
    "batch_size",
    "stride",
    "overlap",
    "interp",
    "interp_x",
]
OF_IMG2IMG = ["latent_power", "latent_scale", "latent_power_last", "latent_scale_last"]


@dataclass
class Setup:
    """An enabled AnimateDiff. After `settle`, video_length and overlap are the ones really used."""

    args: dict[str, Any]
    version: str
    corrections: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["args"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def slots(self) -> int:
        """Frames that the server computes, which may be more than it returns."""
        return int(max(self.args["video_length"], self.args["batch_size"]))

    @property
    def freeinit(self) -> tuple[Any, ...]:
        """FreeInit's values, empty where it is off or dropped for a filter that is none."""
        if not self.args.get("freeinit_enable") or self.args["freeinit_filter"] not in FILTERS:
            return ()
        return tuple(self.args[f"freeinit_{key}"] for key in ("filter", "ds", "dt", "iters"))

    def refused(self) -> bool:
        """Whether the extension's own check fails: no format it can save, fps or length not a number > 0."""
        try:
            right = self.args["video_length"] >= 0 and self.args["fps"] > 0
            return not right or {*VIDEOS, "PNG"}.isdisjoint(self.args["format"])
        except TypeError:
            return True

    def settle(self) -> None:
        """0 frames are the context's; overlap -1 is a quarter of the context."""
        if self.args["video_length"] == 0:
            self.args["video_length"] = self.args["batch_size"]
        if self.args["overlap"] == -1:
            self.args["overlap"] = self.args["batch_size"] // 4
        if self.args.get("freeinit_enable") and not self.freeinit:
            self.corrections.append("freeinit")
        if self.args["interp"] != "Off":
            self.corrections.append("interp")
        if self.args["closed_loop"] not in ("N", "R-P", "R+P", "A"):
            self.corrections.append("closed_loop")

    def facts(self, *, img2img: bool, context: int) -> dict[str, Any]:
        """What changes pixels. Stride, overlap and loop only matter in a clip longer than its context."""
        found: dict[str, Any] = {"model": self.args["model"], "version": self.version, "context": context}
        if self.args["video_length"] > context:
            loop = self.args["closed_loop"]
            found["loop"] = loop if loop in ("N", "R+P", "A") else "R-P"
            found |= {key: self.args[key] for key in ("stride", "overlap")}
        if self.freeinit:
            found["freeinit"] = self.freeinit
        if img2img:
            found |= {key: self.args[key] for key in (*OF_IMG2IMG, "last_frame")}
        return found

    def said(self, mm_hash: str, *, img2img: bool) -> str:
        """The text under AnimateDiff in the info."""
        said = {key: self.args[key] for key in IN_INFO}
        if "freeinit_enable" in self.args:
            said["freeinit_enable"] = self.args["freeinit_enable"]
        if self.version == "v1.13.1":
            said = {"enable": True} | said
        if self.args["request_id"]:
            said["request_id"] = self.args["request_id"]
        said["mm_hash"] = mm_hash[:8]
        if img2img:
            said |= {key: self.args[key] for key in OF_IMG2IMG}
        if self.version != "v1.13.1":
            said["version"] = "v2.0.1-a" if self.version == "v2" else "v2.0.2-f"
        return ", ".join(f"{key}: {value}" for key, value in said.items())


def read(scripts: Mapping[str, Any], version: str) -> Setup | str:
    """The setup of a request's alwayson_scripts; "off" (absent or not enabled) or "broken".

    Broken is anything but exactly one dict of known keys; it does nothing, and the server answers 200.
    """
    given = next((one for name, one in scripts.items() if name.lower() == "animatediff"), None)
    args = (given or {}).get("args") if isinstance(given, Mapping) else None
    if given is None or not args:
        return "off"
    if not isinstance(args, list) or not isinstance(args[0], dict) or args[0].keys() - DEFAULTS[version]:
        return "broken"
    known = DEFAULTS[version] | args[0]
    return Setup(known, version) if known["enable"] else "off"
