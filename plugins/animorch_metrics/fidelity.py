"""ffmpeg_ssim, ffmpeg_psnr, xpsnr and vmaf: how true a clip is to a reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from animorch import Measure
from animorch_metrics.reference import EQUAL, AgainstReference, both


class FfmpegSsim(AgainstReference):
    """ffmpeg's SSIM of all planes of YUV 4:4:4; -1..1, higher is truer, 1 is equal.

    Source: the filter `ssim` (ffmpeg-filters), after Wang et al. 2004 with windows of 8 x 8 in steps of 4.
    """

    name: ClassVar[str] = "ffmpeg_ssim"
    by: ClassVar[str] = "ssim"
    measures: ClassVar[Mapping[str, Measure]] = both("ffmpeg_ssim", Measure("SSIM", "higher", -1, 1))


class FfmpegPsnr(AgainstReference):
    """ffmpeg's PSNR of all planes of YUV 4:4:4; dB, higher is truer, equal frames count as 100 dB.

    The mean is of the frames' decibels. Source: the filter `psnr` (ffmpeg-filters).
    """

    name: ClassVar[str] = "ffmpeg_psnr"
    by: ClassVar[str] = "psnr"
    measures: ClassVar[Mapping[str, Measure]] = both("ffmpeg_psnr", Measure("dB", "higher", 0, EQUAL))


class Xpsnr(AgainstReference):
    """XPSNR of luma: PSNR weighted by how well the eye sees a place; dB, higher is truer, equal is 100 dB.

    Source: the filter `xpsnr` (ffmpeg-filters), Helmrich et al. 2020, doi:10.1109/ICASSP40776.2020.9054089.
    """

    name: ClassVar[str] = "xpsnr"
    by: ClassVar[str] = "xpsnr"
    measures: ClassVar[Mapping[str, Measure]] = both("xpsnr", Measure("dB", "higher", 0, EQUAL))


class Vmaf(AgainstReference):
    """VMAF of the model vmaf_v0.6.1: 0..100, higher is truer; equal frames read about 92 to 100.

    The model is of 1080p seen from three screen heights, so for small clips it is too kind, and movement
    raises it. Source: the filter `libvmaf` (ffmpeg-filters), github.com/Netflix/vmaf.
    """

    name: ClassVar[str] = "vmaf"
    by: ClassVar[str] = "vmaf"
    measures: ClassVar[Mapping[str, Measure]] = both("vmaf", Measure("VMAF", "higher", 0, 100))
