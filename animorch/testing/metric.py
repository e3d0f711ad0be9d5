"""MetricContract: what every metric keeps."""

from __future__ import annotations

import re
from math import isfinite

from animorch.testing.material import moving_clip, small_spec
from animorch.testing.plugin import PluginContract, loaded_by


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

    def test_what_it_says_of_its_numbers_is_so(self) -> None:
        said = self.plugin.measures
        found = self.make().measure(moving_clip(), small_spec(frames=8))
        assert said.keys() <= found.keys(), f"measures names {set(said) - set(found)}, measure() does not"
        for key, measure in said.items():
            value = found[key]
            for number in value if isinstance(value, list) else [value]:
                assert measure.low is None or number >= measure.low, (key, number, measure)
                assert measure.high is None or number <= measure.high, (key, number, measure)

    def test_what_it_lacks_is_found_without_torch(self) -> None:
        loaded = loaded_by(self.plugin, self.options, "instance.preflight()")
        assert "torch" not in loaded, "preflight() imports torch; look for it with importlib's find_spec"

    def test_the_same_clip_measures_the_same_and_is_left_as_it_is(self) -> None:
        clip = moving_clip()
        before = clip.frames.copy()
        first, again = (self.make().measure(clip, small_spec(frames=8)) for _ in range(2))
        assert first == again, f"one clip, two measurements: {first} and {again}"
        assert (clip.frames == before).all(), "measure() changed the clip"
