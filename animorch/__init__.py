"""animorch: decide how an AnimateDiff clip should be made."""

from animorch.clip import Clip
from animorch.errors import (
    AnimorchError,
    BackendError,
    MediaError,
    PluginError,
    TrackingError,
    Unsupported,
    UsageError,
    WeightsError,
)
from animorch.plugin import Backend, Command, Measures, Metric, PostStep, Progress, hookimpl
from animorch.spec.experiment import Experiment
from animorch.spec.render import Checkpoint, Lora, MotionModule, RenderSpec
from animorch.spec.window import Window

__all__ = [
    "AnimorchError",
    "Backend",
    "BackendError",
    "Checkpoint",
    "Clip",
    "Command",
    "Experiment",
    "Lora",
    "Measures",
    "MediaError",
    "Metric",
    "MotionModule",
    "PluginError",
    "PostStep",
    "Progress",
    "RenderSpec",
    "TrackingError",
    "Unsupported",
    "UsageError",
    "WeightsError",
    "Window",
    "hookimpl",
]
