"""animorch: decide how an AnimateDiff clip should be made."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from animorch.clip import Clip
from animorch.errors import (
    AnimorchError,
    BackendError,
    MediaError,
    MetricError,
    PluginError,
    TrackingError,
    TrainingError,
    Unsupported,
    UsageError,
    WeightsError,
)
from animorch.hooks import hookimpl
from animorch.plugin import (
    Backend,
    Captioner,
    Command,
    Finding,
    Measure,
    Measures,
    Metric,
    PostStep,
    Preset,
    Progress,
    Report,
    Trainer,
)
from animorch.spec.control import ControlNet, IPAdapter, SparseControl
from animorch.spec.experiment import Experiment
from animorch.spec.noise import FreeInit, FreeNoise
from animorch.spec.pictures import Init, Pictures, Region
from animorch.spec.render import Checkpoint, Embedding, Lora, MotionModule, RenderSpec
from animorch.spec.travel import Travel
from animorch.spec.weights import Weights
from animorch.spec.window import Window

__all__ = [
    "AnimorchError",
    "Backend",
    "BackendError",
    "Captioner",
    "Checkpoint",
    "Clip",
    "Command",
    "ControlNet",
    "Embedding",
    "Experiment",
    "Finding",
    "FreeInit",
    "FreeNoise",
    "IPAdapter",
    "Init",
    "Lora",
    "Measure",
    "Measures",
    "MediaError",
    "Metric",
    "MetricError",
    "MotionModule",
    "Pictures",
    "PluginError",
    "PostStep",
    "Preset",
    "Progress",
    "Region",
    "RenderSpec",
    "Report",
    "SparseControl",
    "TrackingError",
    "Trainer",
    "TrainingError",
    "Travel",
    "Unsupported",
    "UsageError",
    "Weights",
    "WeightsError",
    "Window",
    "captions_of",
    "compared",
    "comparisons",
    "composed",
    "decoded",
    "filtered",
    "font",
    "hookimpl",
    "make",
    "pull_command",
    "texts_of",
]

if TYPE_CHECKING:
    from animorch.compare.letters import font
    from animorch.media import captions_of, compared, comparisons, decoded, filtered, texts_of
    from animorch.models import pull_command
    from animorch.registry import make
    from animorch.sweep.composed import composed

_LATER = {  # from higher floors, so they are fetched when they are asked for
    "captions_of": "animorch.media",
    "compared": "animorch.media",
    "comparisons": "animorch.media",
    "composed": "animorch.sweep.composed",
    "decoded": "animorch.media",
    "filtered": "animorch.media",
    "font": "animorch.compare.letters",
    "make": "animorch.registry",
    "pull_command": "animorch.models",
    "texts_of": "animorch.media",
}


def __getattr__(name: str) -> Any:
    """What comes from a higher floor."""
    if name not in _LATER:
        raise AttributeError(f"module 'animorch' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
