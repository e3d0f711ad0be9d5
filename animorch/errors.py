"""Every error animorch raises on purpose.

AnimorchError            already a sentence for a person: shown without a traceback
├── UsageError           wrong words, config or files: exit 2, no run is made
│   └── PluginError      a plugin is missing, broken, or its name is taken twice
├── BackendError         a backend could not render this point: the point FAILS, the others go on
│   ├── Unsupported      the backend cannot honour a field of the spec (found before rendering)
│   └── WeightsError     a weight file is missing, truncated, unsafe or of the wrong kind
├── TrainingError        a training could not go on; its last checkpoint is kept, exit 3
├── RunsError            the runs folder could not be written meanwhile: finished points are kept, exit 3
├── MediaError           ffmpeg or Pillow could not write or read a file
├── MetricError          a metric cannot measure this clip: its numbers are left out, the point goes on
└── TrackingError        the MLflow store could not be reached (records on disk stay the truth)
"""

from __future__ import annotations


class AnimorchError(Exception):
    """A sentence that says what was asked, what was found and what to do."""


class UsageError(AnimorchError):
    """The command, a config file or an input is wrong; nothing was rendered."""


class PluginError(UsageError):
    """A plugin is missing, cannot be imported, or two offer the same name."""


class BackendError(AnimorchError):
    """A backend could not render this point."""


class Unsupported(BackendError):
    """The backend cannot honour a field of the spec; it never drops one silently."""


class WeightsError(BackendError):
    """A weight file is missing, truncated, unsafe to load, or of the wrong kind."""


class TrainingError(AnimorchError):
    """A training could not go on; the run's folder keeps its last checkpoint."""


class RunsError(AnimorchError):
    """The runs folder could not be written while points were made (a full disk, a file in the way)."""


class MediaError(AnimorchError):
    """A clip could not be encoded or decoded."""


class MetricError(AnimorchError):
    """A metric cannot measure this clip (a reference of another size); the point is made without it."""


class TrackingError(AnimorchError):
    """The MLflow store could not be reached or refused a write."""
