"""metrics: numbers that numpy, Pillow and the bundled ffmpeg can read off a clip, without weights."""

from __future__ import annotations

from animorch import Metric, hookimpl
from animorch_metrics.banding import Banding
from animorch_metrics.colour import ColourDrift
from animorch_metrics.consistency import FrameConsistency
from animorch_metrics.dead import DeadFrames
from animorch_metrics.drift import LongRangeDrift
from animorch_metrics.fidelity import FfmpegPsnr, FfmpegSsim, Vmaf, Xpsnr
from animorch_metrics.flicker import TemporalFlicker
from animorch_metrics.motion import MotionAmount
from animorch_metrics.seam import LoopSeam
from animorch_metrics.sharpness import Sharpness


@hookimpl
def animorch_metrics() -> list[type[Metric]]:
    of_the_clip: list[type[Metric]] = [TemporalFlicker, MotionAmount, FrameConsistency, LongRangeDrift]
    of_the_frames: list[type[Metric]] = [ColourDrift, Sharpness, LoopSeam, DeadFrames, Banding]
    return [*of_the_clip, *of_the_frames, FfmpegSsim, FfmpegPsnr, Xpsnr, Vmaf]
