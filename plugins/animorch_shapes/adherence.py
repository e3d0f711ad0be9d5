"""shapes_adherence: whether a clip shows the colour, shape and motion that its prompt names."""

from __future__ import annotations

from typing import ClassVar

from animorch import Clip, Measures, Metric, RenderSpec


class ShapesAdherence(Metric):
    """Reads the clip's one shape back from its pixels and compares it with the prompt.

    1 is right and 0 wrong, for colour, shape, motion and background, and `shapes_all_right` for all
    that the prompt names. Prompts outside the vocabulary ("a red circle moving left on a black
    background") give no numbers. No learned judge: segmentation, moments and trajectory.
    """

    name: ClassVar[str] = "shapes_adherence"
    version: ClassVar[str] = "1"

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """`shapes_colour_right`, `shapes_shape_right`, `shapes_motion_right`, … each 0 or 1."""
        from animorch_shapes.reading import seen
        from animorch_shapes.words import ROUND, read

        asked = read(spec.prompt)
        if asked is None:
            return {}
        found = seen(clip.frames)
        if asked.motion == "spinning" and asked.shape in ROUND and found.motion == "still":
            found = found.moving("spinning")  # a disc that turns looks like one that stands
        right: Measures = {}
        for part in ("colour", "shape", "motion", "background"):
            wanted = getattr(asked, part)
            if wanted is not None:
                right[f"shapes_{part}_right"] = float(getattr(found, part) == wanted)
        return right | {"shapes_all_right": float(all(right.values()))}
