"""FreeInit is diffusers' where that is right, and FreeNoise shuffles as the paper says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_diffusers.freeinit import low_pass, noised_again
from animorch_diffusers.freenoise import shuffled
from rendering import render

from animorch import FreeInit, FreeNoise


@pytest.mark.parametrize("kind", ["butterworth", "gaussian", "ideal"])
@pytest.mark.parametrize(("spatial", "temporal"), [(0.25, 0.25), (0.5, 0.2), (0, 0.3)])
def test_the_filter_is_diffusers(kind: str, spatial: float, temporal: float) -> None:
    import torch
    from diffusers.pipelines.free_init_utils import FreeInitMixin

    free = FreeInit(filter=kind, spatial=spatial, temporal=temporal)
    theirs = FreeInitMixin()._get_free_init_freq_filter((1, 4, 6, 5, 4), "cpu", kind, 4, spatial, temporal)
    assert torch.allclose(low_pass((6, 5, 4), free).expand(1, 4, 6, 5, 4), theirs, atol=1e-6)


def test_freeinit_is_the_stock_pipeline_s_frame_for_frame(spec: Any, backend: Any) -> None:
    import diffusers
    import torch
    from animorch_diffusers.quiet import quiet
    from animorch_diffusers.sampling import scheduler_for

    asked = spec(freeinit={"iterations": 2})
    with quiet():
        pipe = diffusers.AnimateDiffPipeline.from_pretrained(
            asked.checkpoint.path,
            motion_adapter=diffusers.MotionAdapter.from_pretrained(asked.motion.path),
            feature_extractor=None,
            image_encoder=None,
        )
        pipe.scheduler = scheduler_for(asked, pipe.scheduler.config)
        pipe.enable_free_init(num_iters=2)
        frames = pipe(
            prompt=asked.prompt, negative_prompt=asked.negative_prompt, num_frames=4, width=64, height=64,
            num_inference_steps=2, guidance_scale=asked.cfg,
            generator=torch.Generator("cpu").manual_seed(asked.seed),
        ).frames[0]  # fmt: skip
    stock = np.stack([np.asarray(frame) for frame in frames]).astype(int)
    assert abs(render(backend, asked).frames.astype(int) - stock).max() <= 1


def test_a_sigma_sampler_s_next_pass_begins_at_its_own_noise(spec: Any) -> None:
    """diffusers gives it 25 times too much of one noise and too little of the other."""
    import torch
    from animorch_diffusers.quiet import quiet
    from animorch_diffusers.sampling import scheduler_for

    with quiet():
        scheduler = scheduler_for(spec(sampler="euler"), {})
        scheduler.set_timesteps(4)
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(1, 4, 8, 16, 16, generator=generator)
        again = noised_again(torch.zeros_like(noise), noise, scheduler, FreeInit(), generator)
    assert again.std().item() == pytest.approx(float(scheduler.init_noise_sigma), rel=0.1)


def test_freeinit_costs_and_tells_its_passes(spec: Any, backend: Any) -> None:
    told: list[tuple[int, int]] = []
    asked = spec(steps=4, seed=11, freeinit={"iterations": 2, "fast": True})
    backend.render(asked, lambda step, total: told.append((step, total)))
    assert told == [(step, 6) for step in range(1, 7)]
    assert asked.unet_calls == int(backend.environment()["unet_calls"]) == 12


def test_noise_is_carried_on_in_shuffled_groups() -> None:
    import torch

    drawn = torch.arange(8.0)[None, None, :, None, None]
    generator = torch.Generator().manual_seed(1)
    long = shuffled(drawn, FreeNoise(length=8, stride=4), 22, generator).flatten().tolist()
    assert long[:8] == list(range(8))
    groups = [sorted(long[start : start + 4]) for start in range(8, 20, 4)]
    assert groups == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2, 3]]
    assert set(long[20:]) <= {4, 5, 6, 7}
    assert long[8:12] != [0, 1, 2, 3] or long[12:16] != [4, 5, 6, 7]


def test_freenoise_changes_the_clip_and_keeps_it_reproducible(spec: Any, backend: Any) -> None:
    asked = spec(frames=8, window={"length": 4, "overlap": 1}, freenoise={"length": 4, "stride": 2})
    first, again = render(backend, asked).frames, render(backend, asked).frames
    assert np.array_equal(first, again)
    assert not np.array_equal(
        first, render(backend, spec(frames=8, window={"length": 4, "overlap": 1})).frames
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"freenoise": {"length": 4}, "frames": 4}, "take freenoise out, or set frames above 4"),
        ({"freenoise": {"length": 4}, "frames": 8}, "a clip without window sees 8 frames at once"),
        ({"freenoise": {"length": 4}, "frames": 9, "window": {"length": 8}}, "set window.length=4"),
        ({"freenoise": {"length": 4, "stride": 5}, "frames": 8, "window": {"length": 4, "overlap": 1}},
         "shuffles more frames than the 4 whose noise is drawn"),
        ({"freenoise": {"length": 4}, "freeinit": {}, "frames": 8, "window": {"length": 4, "overlap": 1}},
         "take one of them out"),
    ],
)  # fmt: skip
def test_what_freenoise_would_do_wrong_is_refused(
    fields: dict[str, Any], why: str, spec: Any, backend: Any
) -> None:
    (problem,) = backend.unsupported(spec(**fields))
    assert why in problem
