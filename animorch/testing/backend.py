"""BackendContract: what every backend keeps."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from animorch.clip import Clip
from animorch.plugin import Backend
from animorch.spec.render import RenderSpec
from animorch.testing.material import same, small_spec
from animorch.testing.plugin import PluginContract, loaded_by


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
            "vae": {"name": "other"},
            "embeddings": [{"name": "easynegative"}],
            "negative_travel": {0: "text", 4: "frame"},
            "travel": {"tail": "at dusk"},
            "group_norm": "clip",
            "freeinit": {"iterations": 2},
            "freenoise": {"length": 4, "stride": 2},
            "init": {"path": "photo.png", "strength": 0.5},
            "mask": {"path": "mask.png"},
            "controlnets": [{"name": "canny", "pictures": "edges.mp4"}],
            "sparse_control": {"name": "rgb", "keyframes": {0: "first.png"}},
            "ip_adapters": [{"name": "plus", "images": ["look.png"]}],
            "regions": [{"prompt": "a paper boat", "mask": "left.png"}],
        }

    def test_the_same_spec_gives_the_same_frames(self) -> None:
        backend = self.make()
        first, again = _render(backend, self.spec()), _render(backend, self.spec())
        assert same(first, again), "one instance rendered one spec twice, differently"
        assert same(first, _render(self.make(), self.spec())), "a fresh instance rendered another picture"

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
        assert same(before, _render(backend, self.spec())), "close() changed what it renders"

    def test_every_field_is_honoured_or_refused(self) -> None:
        backend = self.make()
        usual = _render(backend, self.spec())
        for field, value in self.changes().items():
            spec = self.spec(**{field: value})
            problems = _refused(backend, spec)
            assert all(isinstance(problem, str) and problem.strip() for problem in problems), field
            if not problems:
                changed = not same(usual, _render(backend, spec))
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
        assert steps == sorted(steps), f"steps {steps} fall; one may be told again, none taken back"
        assert totals == {steps[-1]}, f"the last step is {steps[-1]} and the totals are {totals}"

    def test_raising_from_progress_cancels_and_the_backend_lives_on(self) -> None:
        backend = self.make()
        try:
            backend.render(self.spec(), _stop)
        except KeyboardInterrupt:
            _render(backend, self.spec())
            return
        raise AssertionError("render swallowed what progress raised; let it through")

    def test_it_takes_at_least_one_render_at_a_time(self) -> None:
        assert self.make().lanes() >= 1, "lanes() is how many renders may be under way at once; 1 or more"

    def test_what_it_attaches_are_texts_with_plain_names(self) -> None:
        backend = self.make()
        _render(backend, self.spec())
        for name, text in backend.attachments().items():
            assert name == PurePath(name).name, f"{name!r} is no plain file name"
            assert isinstance(text, str), f"attachment {name} is no text"

    def test_identity_is_stable_json_without_heavy_imports(self) -> None:
        first, again = (json.dumps(self.make().identity(), sort_keys=True) for _ in range(2))
        assert first == again, f"two identities of the same options: {first} and {again}"
        assert {"name", "version"} <= self.make().identity().keys(), "identity lacks name or version"
        loaded = loaded_by(self.plugin, self.options, "instance.identity()")
        assert not loaded, f"identity() loads {loaded}; `plan` calls it, so it must stay light"


def _render(backend: Backend, spec: RenderSpec) -> Clip:
    return backend.render(spec, lambda step, total: None)


def _refused(backend: Backend, spec: RenderSpec) -> list[str]:
    return backend.preflight([spec])[0]


def _stop(step: int, total: int) -> None:
    raise KeyboardInterrupt
