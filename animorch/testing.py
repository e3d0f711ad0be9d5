"""Contracts: test suites that a plugin's author subclasses, three lines each.

    from animorch.testing import MetricContract
    class TestSharpness(MetricContract):
        plugin = Sharpness

A suite needs pytest to run, not to be imported. `options` makes the instance; a backend that needs
real weights overrides `spec`, and `changes` where a value of its own is wanted.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from animorch.clip import Clip
from animorch.plugin import Backend, Plugin
from animorch.spec.render import RenderSpec

if TYPE_CHECKING:
    import numpy as np

HEAVY = ("torch", "diffusers", "transformers", "numpy", "PIL", "pandas", "scipy", "cv2", "mlflow")


def small_spec(**changes: Any) -> RenderSpec:
    """A valid spec that is quick to render: 6 frames of 64 x 48, 4 steps; no file is needed."""
    spec: dict[str, Any] = {
        "checkpoint": {"name": "sd15", "base": "sd15"},
        "motion": {"name": "v15_v2", "base": "sd15", "family": "v2", "table": 32},
        "prompt": "a red kite over the sea",
        "steps": 4,
        "width": 64,
        "height": 48,
        "frames": 6,
    }
    return RenderSpec.model_validate(spec | changes)


def moving_clip(frames: int = 8, width: int = 48, height: int = 32) -> Clip:
    """A textured picture that drifts by a pixel a frame."""
    import numpy as np

    wide = np.random.default_rng(7).integers(0, 256, (height, width + frames, 3), np.uint8)
    return Clip(np.stack([wide[:, at : at + width] for at in range(frames)]))


class PluginContract:
    """What every kind of plugin keeps: a name, documented options, an import that costs nothing."""

    plugin: ClassVar[type[Any]]
    options: ClassVar[Mapping[str, Any]] = {}

    def make(self) -> Any:
        """A fresh instance; raises pydantic's error when `options` are wrong."""
        return self.plugin.model_validate(dict(self.options))

    def test_the_name_and_the_version_are_words(self) -> None:
        cls: type[Plugin] = self.plugin
        assert re.fullmatch(r"[a-z][a-z0-9_]*", cls.name), f"name {cls.name!r} is not lower_snake_case"
        assert cls.version.strip(), "version is empty; start with '1'"

    def test_every_option_has_a_description(self) -> None:
        bare = [key for key, field in self.plugin.model_fields.items() if not field.description]
        assert not bare, f"options without a description: {bare}; give Field(description=…)"

    def test_a_misspelt_option_is_refused(self) -> None:
        from pydantic import ValidationError

        try:
            self.plugin.model_validate({**self.options, "no_such_option": 1})
        except ValidationError:
            return
        raise AssertionError("an unknown option was accepted; do not set extra='allow'")

    def test_importing_it_is_light(self) -> None:
        loaded = _loaded_by(self.plugin, self.options, "instance")
        assert not loaded, f"importing it loads {loaded}; import them inside the methods that need them"


class BackendContract(PluginContract):
    """What every backend keeps. `plugin` is the class; `spec()` one that it can render quickly."""

    def spec(self, **changes: Any) -> RenderSpec:
        return small_spec(**changes)

    def changes(self) -> dict[str, Any]:
        """A changed value for every field; none equals the spec's own.

        Weights are given by name alone: a backend that reads files refuses these, or gives others here.
        """
        return {
            "checkpoint": {"name": "other", "base": "sd15"},
            "motion": {"name": "v14", "base": "sd15", "family": "v1", "table": 24},
            "loras": [{"name": "film_grain", "weight": 0.8}],
            "motion_loras": [{"name": "zoom_in"}],
            "prompt": "an old tram in the snow",
            "negative_prompt": "text, frame",
            "prompt_travel": {0: "a red kite", 4: "a paper boat"},
            "steps": 7,
            "cfg": 4.5,
            "sampler": "euler",
            "schedule": "karras",
            "seed": 1,
            "motion_scale": 1.4,
            "width": 72,
            "height": 56,
            "frames": 5,
            "window": {"length": 4, "overlap": 2},
            "clip_skip": 2,
        }

    def test_the_same_spec_gives_the_same_frames(self) -> None:
        backend = self.make()
        first, again = _render(backend, self.spec()), _render(backend, self.spec())
        assert _same(first, again), "one instance rendered one spec twice, differently"
        assert _same(first, _render(self.make(), self.spec())), "a fresh instance rendered another picture"

    def test_it_renders_the_frames_and_the_size_asked_for(self) -> None:
        for change in ({}, {"frames": 1}, {"width": 56, "height": 64}):
            spec = self.spec(**change)
            if not _refused(self.make(), spec):
                found, asked = (
                    _render(self.make(), spec).frames.shape,
                    (spec.frames, spec.height, spec.width, 3),
                )
                assert found == asked, f"asked for {asked} (T, H, W, 3), rendered {found}"

    def test_the_walk_leaves_no_field_out(self) -> None:
        left = RenderSpec.model_fields.keys() - self.changes().keys()
        assert not left, f"changes() has no value for {', '.join(sorted(left))}; add one"

    def test_it_renders_again_after_close(self) -> None:
        backend = self.make()
        before = _render(backend, self.spec())
        backend.close()
        assert _same(before, _render(backend, self.spec())), "close() changed what it renders"

    def test_every_field_is_honoured_or_refused(self) -> None:
        backend = self.make()
        usual = _render(backend, self.spec())
        for field, value in self.changes().items():
            spec = self.spec(**{field: value})
            problems = _refused(backend, spec)
            assert all(isinstance(problem, str) and problem.strip() for problem in problems), field
            if not problems:
                changed = not _same(usual, _render(backend, spec))
                assert changed, f"{field} was dropped silently; honour it, or refuse it in unsupported()"

    def test_preflight_answers_for_every_spec(self) -> None:
        specs = [self.spec(), self.spec(seed=3)]
        answers = self.make().preflight(specs)
        assert len(answers) == len(specs), f"{len(specs)} specs, {len(answers)} lists of problems"
        assert not any(answers), f"the suite's own spec is refused: {answers}; override spec()"

    def test_progress_rises_to_its_total(self) -> None:
        seen: list[tuple[int, int]] = []
        self.make().render(self.spec(), lambda step, total: seen.append((step, total)))
        steps, totals = [step for step, _ in seen], {total for _, total in seen}
        assert steps, "progress was never called; call it after each step"
        assert steps == sorted(set(steps)), f"steps {steps} do not rise"
        assert totals == {steps[-1]}, f"the last step is {steps[-1]} and the totals are {totals}"

    def test_raising_from_progress_cancels_and_the_backend_lives_on(self) -> None:
        backend = self.make()
        try:
            backend.render(self.spec(), _stop)
        except KeyboardInterrupt:
            _render(backend, self.spec())
            return
        raise AssertionError("render swallowed what progress raised; let it through")

    def test_identity_is_stable_json_without_heavy_imports(self) -> None:
        first, again = (json.dumps(self.make().identity(), sort_keys=True) for _ in range(2))
        assert first == again, f"two identities of the same options: {first} and {again}"
        assert {"name", "version"} <= self.make().identity().keys(), "identity lacks name or version"
        loaded = _loaded_by(self.plugin, self.options, "instance.identity()")
        assert not loaded, f"identity() loads {loaded}; `plan` calls it, so it must stay light"


class PostStepContract(PluginContract):
    """What every post-step keeps."""

    def test_the_clip_given_is_left_as_it_is(self) -> None:
        clip = moving_clip()
        before = clip.frames.copy()
        self.make().apply(clip)
        assert (clip.frames == before).all(), "apply() changed the clip it was given; work on a copy"

    def test_the_same_clip_gives_the_same_clip(self) -> None:
        first, again = self.make().apply(moving_clip()), self.make().apply(moving_clip())
        assert _same(first, again), "one clip became two different ones"
        assert first.fps == again.fps, f"one clip was given two rates: {first.fps} and {again.fps}"

    def test_short_and_odd_clips_are_taken(self) -> None:
        for frames in (1, 2, 3):
            out = self.make().apply(moving_clip(frames, 33, 21))
            assert isinstance(out, Clip), f"apply() returned {type(out).__name__}, not a Clip"


class MetricContract(PluginContract):
    """What every metric keeps."""

    def test_values_are_finite_and_keys_are_words(self) -> None:
        for frames in (1, 2, 8):
            measures = self.make().measure(moving_clip(frames), small_spec(frames=frames))
            assert measures, "measure() returned nothing"
            for key, value in measures.items():
                assert re.fullmatch(r"[a-z][a-z0-9_]*", key), f"key {key!r} is not lower_snake_case"
                numbers = value if isinstance(value, list) else [value]
                assert all(type(one) in (int, float) and isfinite(one) for one in numbers), (key, value)
                assert len(numbers) <= max(1, frames), f"{key} has more numbers than the clip has frames"

    def test_every_clip_gives_the_same_keys(self) -> None:
        one, many = (self.make().measure(moving_clip(n), small_spec(frames=n)) for n in (1, 8))
        assert one.keys() == many.keys(), f"one frame gives {set(one)}, eight give {set(many)}"

    def test_the_same_clip_measures_the_same_and_is_left_as_it_is(self) -> None:
        clip = moving_clip()
        before = clip.frames.copy()
        first, again = (self.make().measure(clip, small_spec(frames=8)) for _ in range(2))
        assert first == again, f"one clip, two measurements: {first} and {again}"
        assert (clip.frames == before).all(), "measure() changed the clip"


def _render(backend: Backend, spec: RenderSpec) -> Clip:
    return backend.render(spec, lambda step, total: None)


def _refused(backend: Backend, spec: RenderSpec) -> list[str]:
    return backend.preflight([spec])[0]


def _same(one: Clip, other: Clip) -> bool:
    frames: np.ndarray[Any, Any] = one.frames
    return frames.shape == other.frames.shape and bool((frames == other.frames).all())


def _stop(step: int, total: int) -> None:
    raise KeyboardInterrupt


_PROBE = """
import importlib, json, sys
cls = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
instance = cls.model_validate(json.loads(sys.argv[3]))
{deed}
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""


def _loaded_by(cls: type[Plugin], options: Mapping[str, Any], deed: str) -> list[str]:
    """Heavy modules that a fresh process holds after making an instance and doing a deed with it."""
    code = _PROBE.format(deed=deed, heavy=HEAVY)
    words = [sys.executable, "-c", code, cls.__module__, cls.__qualname__, json.dumps(dict(options))]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths})
    assert done.returncode == 0, f"{cls.__module__} cannot be imported in a fresh process: {done.stderr}"
    return done.stdout.split()


__all__ = ["BackendContract", "MetricContract", "PostStepContract", "moving_clip", "small_spec"]
