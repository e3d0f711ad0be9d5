"""The public face: what a plugin or a script may rely on. A change here is a change for strangers."""

from __future__ import annotations

import animorch

FACE = [
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


def test_the_face_is_this_and_in_order() -> None:
    assert sorted(FACE) == FACE == animorch.__all__


def test_everything_on_the_face_is_there_and_says_what_it_is() -> None:
    for name in set(FACE) - {"hookimpl", "Measures"}:
        assert getattr(animorch, name).__doc__, name
