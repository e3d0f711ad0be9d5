"""stabilise: a shaking view made calm."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from animorch import Clip, PostStep, filtered

_LEAST = 64  # pixels a side: vid.stab looks for its fields in steps of this order


class Stabilise(PostStep):
    """vid.stab, which looks at the whole clip first and then smooths the camera's way, or ffmpeg's deshake.

    Rims that the moved frame leaves free repeat the frame before (vidstab) or mirror it (deshake). A clip
    smaller than 64 pixels a side, or of a single frame, is left as it is.
    """

    name: ClassVar[str] = "stabilise"

    method: Literal["vidstab", "deshake"] = Field("vidstab", description="deshake is quicker and rougher.")
    smoothing: int = Field(10, ge=0, le=100, description="vidstab: frames on either side that are averaged.")
    shakiness: int = Field(5, ge=1, le=10, description="vidstab: how fast it shakes.")

    def apply(self, clip: Clip) -> Clip:
        """Raises MediaError when ffmpeg was built without the filter."""
        if len(clip) < 2 or min(clip.width, clip.height) < _LEAST:
            return Clip(clip.frames.copy(), clip.fps)
        if self.method == "deshake":
            return filtered(clip, "format=yuv444p,deshake=edge=mirror:contrast=20").at(clip.fps)
        look = f"format=yuv444p,vidstabdetect=shakiness={self.shakiness}:result=moves.trf:fileformat=ascii"
        move = f"vidstabtransform=input=moves.trf:smoothing={self.smoothing}:optzoom=0:crop=keep"
        return filtered(clip, look, f"format=yuv444p,{move}").at(clip.fps)
