"""Figures: what was measured of each peer, as a table and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

H100 = 790.0  # TFLOP/s in fp16 that large matrices reach on an H100
_HEADS = ("peer", "clip s", "spread", "TFLOP/s", "load s", "start s", "frames")


@dataclass(frozen=True)
class Figure:
    """One peer: seconds of each clip, of loading, and of loading with a first clip of one step."""

    peer: str
    clips: tuple[float, ...]
    load: float
    start: float
    apart: int  # levels of 255, at most, from the first peer's frames

    @property
    def seconds(self) -> float:
        return median(self.clips)


@dataclass(frozen=True)
class Result:
    """A run of `bench native`."""

    size: str
    device: str
    dtype: str
    threads: int | None  # on the CPU
    clip: dict[str, int]  # frames, width, height, steps
    flops: float
    peak: float | None  # TFLOP/s of this card, where one is published
    libraries: dict[str, str | None]
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...]

    @property
    def floor(self) -> float:
        """Seconds that an H100 would take if it did nothing but multiply."""
        return self.flops / (H100 * 1e12)

    def as_json(self) -> dict[str, Any]:
        peers = [
            {
                "peer": each.peer,
                "clip_seconds": each.seconds,
                "clips": list(each.clips),
                "load_seconds": each.load,
                "start_seconds": each.start,
                "tflops": self.flops / each.seconds / 1e12,
                "share_of_h100_floor": self.floor / each.seconds,
                "share_of_peak": self._share(each),
                "levels_apart": each.apart,
                "times_stock": self.figures[0].seconds / each.seconds,
            }
            for each in self.figures
        ]
        own = {"size": self.size, "device": self.device, "dtype": self.dtype, "threads": self.threads}
        counted = {"tflop_a_clip": self.flops / 1e12, "h100_floor_seconds": self.floor}
        return own | self.clip | counted | self.libraries | {"peers": peers, "remarks": list(self.remarks)}

    def _share(self, figure: Figure) -> float | None:
        return None if self.peak is None else self.flops / figure.seconds / 1e12 / self.peak

    def table(self) -> str:
        rows = [_HEADS, *(self._row(each) for each in self.figures)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADS))]
        lines = [
            "  ".join(
                cell.ljust(width) if place in (0, 6) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*self._head(), "", *lines, "", *self._compared(), *self.remarks])

    def _head(self) -> list[str]:
        clip, on = self.clip, f"{self.dtype} on {self.device}"
        threads = "" if self.threads is None else f", {self.threads} thread{'s' * (self.threads > 1)}"
        versions = ", ".join(f"{name} {found}" for name, found in self.libraries.items())
        return [
            f"{self.size}: {clip['frames']} frames of {clip['width']}x{clip['height']}, "
            f"{clip['steps']} steps, guided, {on}{threads}; {versions}",
            f"{self.flops / 1e12:.4g} TFLOP a clip, which an H100 at {H100:.0f} TFLOP/s does in "
            f"{self.floor:.3g} s at least",
        ]

    def _row(self, figure: Figure) -> tuple[str, ...]:
        apart = "equal" if figure.apart == 0 else f"within {figure.apart} of 255"
        return (
            figure.peer,
            f"{figure.seconds:.2f}",
            f"{min(figure.clips):.2f}-{max(figure.clips):.2f}",
            f"{self.flops / figure.seconds / 1e12:.3g}",
            f"{figure.load:.2f}",
            f"{figure.start:.2f}",
            "the reference" if figure is self.figures[0] else apart,
        )

    def _compared(self) -> list[str]:
        first = self.figures[0]
        lines = []
        for each in self.figures:
            floor = f"{self.floor / each.seconds:.0%} of the H100's floor"
            own = self._share(each)
            parts = [floor if self.device_is_card else "", f"{own:.0%} of this card's peak" if own else ""]
            if each is not first:
                parts.insert(0, f"{first.seconds / each.seconds:.2f} times as fast as {first.peer}")
                parts.insert(1, f"loads {first.load / max(each.load, 1e-9):.2f} times as fast")
            if told := ", ".join(part for part in parts if part):
                lines.append(f"{each.peer}: {told}")
        return lines

    @property
    def device_is_card(self) -> bool:
        return self.threads is None
