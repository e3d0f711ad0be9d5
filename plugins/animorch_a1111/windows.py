"""Windows: a spec's window in the extension's numbers (context batch size, stride, overlap, closed loop)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from animorch import RenderSpec
from animorch_a1111.travel import goes_back, travels


def slides(spec: RenderSpec) -> bool:
    return spec.window is not None and spec.window.length < spec.frames


def context(spec: RenderSpec) -> int:
    """Frames seen at once; never more than the clip has, which would spoil them (issue 213)."""
    return min(spec.window.length, spec.frames) if spec.window else spec.frames


def window_args(spec: RenderSpec) -> dict[str, Any]:
    """batch_size, stride, overlap, closed_loop.

    R-P and A lie exactly where looped_uniform lies without and with closed_loop; stride counts its levels.
    R+P is R-P with prompts that go round, A has both. Without sliding N does nothing.
    """
    window = spec.window
    if window is None or not slides(spec):
        return {"batch_size": context(spec), "stride": 1, "overlap": 0, "closed_loop": "N"}
    loop = "A" if window.closed_loop else "R+P" if goes_back(spec) and travels(spec) else "R-P"
    return {
        "batch_size": window.length,
        "stride": window.stride_levels,
        "overlap": window.overlap,
        "closed_loop": loop,
    }


def window_problems(spec: RenderSpec) -> Iterator[str]:
    """What the extension's windows cannot do."""
    window = spec.window
    if window and window.schedule is not None:
        yield (
            f"window.schedule={window.schedule} is not one that sd-webui-animatediff has; use "
            "window.schedule=looped_uniform"
        )
    if window and window.fuse != "flat":
        yield (
            f"window.fuse={window.fuse} weighs windows against one another, and sd-webui-animatediff keeps "
            "the last one's frames; use window.fuse=flat"
        )
    if not travels(spec):
        return
    if goes_back(spec) and not slides(spec):
        yield (
            "travel.closed_loop=true leads the prompts back only when windows slide over the clip; set "
            f"window.length below frames={spec.frames}"
        )
    if window and slides(spec) and window.closed_loop and not goes_back(spec):
        yield (
            "window.closed_loop=true leads the prompts back too in sd-webui-animatediff; set "
            "travel.closed_loop=true as well"
        )
