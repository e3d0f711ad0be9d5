"""Movement: where a shape is at a frame. The motion module decides how, the seed from where.

Places are in the disc's own measure: (0, 0) is its centre and 1 its radius; y points down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

from animorch import Lora, RenderSpec
from animorch_testcard.chance import between, pick, share

TURN = 2 * pi


@dataclass(frozen=True)
class Pose:
    """x, y: place. size: factor on the shape's own. turn: rotation in radians."""

    x: float
    y: float
    size: float = 1.0
    turn: float = 0.0


def _orbit(x: float, y: float, reach: float, phase: float) -> Pose:
    return Pose(x * cos(phase) - y * sin(phase), x * sin(phase) + y * cos(phase), 1, phase)


def _sway(x: float, y: float, reach: float, phase: float) -> Pose:
    return Pose(x + 1.3 * reach * sin(phase), y, 1, 0.4 * sin(phase))


def _bounce(x: float, y: float, reach: float, phase: float) -> Pose:
    return Pose(x, y + reach - 1.8 * reach * abs(sin(phase)), 1 + 0.12 * sin(2 * phase), 0.2 * phase)


def _eight(x: float, y: float, reach: float, phase: float) -> Pose:
    return Pose(x + reach * sin(phase), y + 0.7 * reach * sin(2 * phase), 1, phase / 2)


def _pulse(x: float, y: float, reach: float, phase: float) -> Pose:
    return Pose(x, y, 1 + 0.9 * reach * sin(phase), phase / 3)


def _swirl(x: float, y: float, reach: float, phase: float) -> Pose:
    out = 1 + 0.8 * reach * sin(phase / 2)
    return Pose(out * (x * cos(phase) - y * sin(phase)), out * (x * sin(phase) + y * cos(phase)), out, -phase)


def _swing(x: float, y: float, reach: float, phase: float) -> Pose:
    angle = 1.6 * reach * sin(phase)
    return Pose(x + (y + 1) * sin(angle), (y + 1) * cos(angle) - 1, 1, -angle)


_KINDS: tuple[Callable[[float, float, float, float], Pose], ...] = (
    _orbit, _sway, _bounce, _eight, _pulse, _swirl, _swing,
)  # fmt: skip


def pose(spec: RenderSpec, shape: int, frame: int) -> Pose:
    """Where a shape is at a frame, before the camera."""
    module = f"{spec.motion.name} {spec.motion.content()}"
    angle = TURN * (share(spec.seed, "angle") + shape / 5 + between(-0.07, 0.07, spec.seed, shape, "angle"))
    away = between(0.3, 0.78, spec.seed, shape, "away")
    kind, reach = _KINDS[pick(len(_KINDS), module, "kind")], between(0.25, 0.45, module, "reach")
    cycles = _cycles(spec, module, shape) * frame / spec.frames
    phase = TURN * (cycles + share(spec.seed, shape, "phase"))
    return kind(away * cos(angle), away * sin(angle), reach * min(spec.motion_scale, 2), phase)


def _cycles(spec: RenderSpec, module: str, shape: int) -> float:
    """Turns over the clip; whole ones when the window closes the loop."""
    a_frame = between(1 / 40, 1 / 16, module, "speed") * between(0.8, 1.25, spec.seed, shape, "pace")
    cycles = a_frame * spec.frames * spec.motion_scale
    closed = spec.window is not None and spec.window.closed_loop
    return max(1, round(cycles)) if closed and spec.motion_scale else cycles


def seen(place: Pose, camera: Pose) -> Pose:
    """A pose as the camera shows it."""
    x, y = place.x * camera.size, place.y * camera.size
    c, s = cos(camera.turn), sin(camera.turn)
    return Pose(
        x * c - y * s + camera.x, x * s + y * c + camera.y, place.size * camera.size, place.turn + camera.turn
    )


_MOVES = {
    "in": Pose(0, 0, 2.0), "out": Pose(0, 0, 0.5), "left": Pose(0.8, 0), "right": Pose(-0.8, 0),
    "up": Pose(0, 0.8), "down": Pose(0, -0.8), "clockwise": Pose(0, 0, 1, 1.2),
}  # fmt: skip


def camera_at(spec: RenderSpec, frame: int) -> Pose:
    """The camera at a frame: motion LoRAs move it evenly over the clip, by their weights."""
    x = y = turn = 0.0
    size, gone = 1.0, frame / spec.frames
    for lora in spec.motion_loras:
        move, part = _move(lora), lora.weight * gone
        x, y, turn = x + move.x * part, y + move.y * part, turn + move.turn * part
        size *= move.size ** min(max(part, -3.0), 3.0)
    return Pose(x, y, size, turn)


def _move(lora: Lora) -> Pose:
    """The move a name tells of (zoom-in, PanLeft, tilt_up, RollingAnticlockwise), else one by chance."""
    name = lora.name.lower().removesuffix(".ckpt").removesuffix(".safetensors")
    if "anticlockwise" in name:
        return Pose(0, 0, 1, -1.2)
    told = [word for word in ("clockwise", "left", "right", "down", "up", "out", "in") if word in name]
    return _MOVES[told[0] if told else list(_MOVES)[pick(len(_MOVES), lora.name)]]
