"""Contracts: test suites that a plugin's author subclasses, three lines each.

    from animorch.testing import MetricContract
    class TestSharpness(MetricContract):
        plugin = Sharpness

A suite needs pytest to run, not to be imported. `options` makes the instance; a backend that needs
real weights overrides `spec`, and `changes` where a value of its own is wanted.
"""

from animorch.testing.backend import BackendContract
from animorch.testing.interpolator import InterpolatorContract
from animorch.testing.material import moving_clip, small_spec
from animorch.testing.metric import MetricContract
from animorch.testing.plugin import PluginContract
from animorch.testing.post_step import PostStepContract
from animorch.testing.trainer import Recorder, TrainerContract

__all__ = [
    "BackendContract",
    "InterpolatorContract",
    "MetricContract",
    "PluginContract",
    "PostStepContract",
    "Recorder",
    "TrainerContract",
    "moving_clip",
    "small_spec",
]
