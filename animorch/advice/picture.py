"""Picture: notes on sizes and on what GIF does to them."""

from __future__ import annotations

from collections.abc import Iterator

from animorch.advice.module import is_small, trained_area
from animorch.spec.experiment import Experiment

_FASTEST = 50  # frames a second; browsers slow a shorter time than 0.02 s down to 0.1 s


def size_trained(experiment: Experiment) -> Iterator[str]:
    width, height = experiment.width, experiment.height
    share = width * height / trained_area(experiment)
    least = 0.25 if experiment.checkpoint.base == "sd15" else 0.5  # SD1.5 modules have seen 256 px too
    if not least <= share <= 2.25:
        side = round(trained_area(experiment) ** 0.5)
        outcome = "repeats its subject" if share > 1 else "loses detail"
        yield (
            f"{width}x{height} has {share:.2g} times the pixels of the {side}x{side} that "
            f"motion={experiment.motion.name} is made for, where a picture {outcome}"
        )


def size_step(experiment: Experiment) -> Iterator[str]:
    width, height = experiment.width, experiment.height
    if (width % 64 or height % 64) and not is_small(experiment):
        near = "x".join(str(max(64, round(side / 64) * 64)) for side in (width, height))
        yield (
            f"{width}x{height} is no multiple of 64, so the UNet rounds its halves and stretches them back; "
            f"{near} is the nearest"
        )


def gif_banding(experiment: Experiment) -> Iterator[str]:
    if tuple(experiment.output.formats) == ("gif",) and not is_small(experiment):
        yield "a GIF has 256 colours for the whole clip, so skies and skin band; add webp or mp4 to it"


def gif_fps(experiment: Experiment) -> Iterator[str]:
    fps = experiment.output.fps
    if "gif" not in experiment.output.formats:
        return
    if fps > _FASTEST:
        yield f"output.fps={fps:g} is more than a GIF can play; it will run at {_FASTEST}"
    elif abs(100 / fps - round(100 / fps)) > 1e-6:
        near = min((100 / ticks for ticks in range(2, 101)), key=lambda rate: abs(rate - fps))
        yield (
            f"a GIF counts in hundredths of a second, so at output.fps={fps:g} its frames last unequally; "
            f"{near:.4g} is even"
        )
