"""Our own loop computes what diffusers' pipelines compute, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rendering import render

from animorch import RenderSpec, composed

FEW = ["frames=3", "steps=3", "negative_prompt=blurry", "cfg=5"]
SAMPLERS = ("ddim", "euler", "dpmpp_2m", "euler_a")


def ignore(step: int, total: int) -> None:
    """Nobody watches the progress."""


def asked_of(spec: RenderSpec) -> dict[str, Any]:
    import torch

    return {
        "prompt": spec.prompt,
        "negative_prompt": spec.negative_prompt,
        "num_frames": spec.frames,
        "width": spec.width,
        "height": spec.height,
        "num_inference_steps": spec.steps,
        "guidance_scale": spec.cfg,
        "generator": torch.Generator("cpu").manual_seed(spec.seed),
    }


@pytest.fixture(scope="module")
def stock() -> Any:
    """The embedded model in AnimateDiffPipeline, as its documentation loads it."""
    import diffusers
    import torch
    from animorch_diffusers.quiet import quiet

    spec = composed(FEW).spec
    torch.set_num_threads(1)
    with quiet():
        pipe = diffusers.AnimateDiffPipeline.from_pretrained(
            spec.checkpoint.local(),
            motion_adapter=diffusers.MotionAdapter.from_pretrained(
                spec.motion.local(), torch_dtype=torch.float32
            ),
            feature_extractor=None,
            image_encoder=None,
            torch_dtype=torch.float32,
        )
    pipe.published = pipe.scheduler.config
    return pipe


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_embedded_model_s_frames_are_the_stock_pipeline_s_bit_for_bit(
    sampler: str, stock: Any, backend: Any
) -> None:
    from animorch_diffusers.quiet import quiet
    from animorch_diffusers.sampling import scheduler_for

    spec = composed([*FEW, f"sampler={sampler}"]).spec
    with quiet():
        stock.scheduler = scheduler_for(spec, stock.published)
        frames = stock(**asked_of(spec)).frames[0]
    assert np.array_equal(render(backend, spec).frames, np.stack([np.asarray(frame) for frame in frames]))


def sdxl(weights: Path) -> Any:
    """An SDXL in miniature: two text encoders, pooled prompt and sizes."""
    import diffusers
    import torch
    from tiny import WIDTH, enliven
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    torch.manual_seed(3)
    tokenizer = CLIPTokenizer.from_pretrained(weights / "checkpoint/tokenizer")
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=3,
        num_attention_heads=4, projection_dim=WIDTH, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    unet = diffusers.UNetMotionModel(
        block_out_channels=(32, 64), layers_per_block=1, norm_num_groups=8, sample_size=8,
        down_block_types=("DownBlockMotion", "CrossAttnDownBlockMotion"),
        up_block_types=("CrossAttnUpBlockMotion", "UpBlockMotion"),
        cross_attention_dim=2 * WIDTH, num_attention_heads=4, motion_num_attention_heads=4,
        transformer_layers_per_block=1, use_motion_mid_block=False, motion_max_seq_length=32,
        addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=WIDTH + 6 * 8,
    )  # fmt: skip
    pipe = diffusers.AnimateDiffSDXLPipeline(
        vae=diffusers.AutoencoderKL.from_pretrained(weights / "checkpoint/vae"),
        text_encoder=CLIPTextModel(config),
        text_encoder_2=CLIPTextModelWithProjection(config),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet.eval(),
        motion_adapter=None,
        scheduler=diffusers.EulerDiscreteScheduler(),
    )
    enliven(pipe.unet, pipe.text_encoder, pipe.text_encoder_2)
    return pipe


def test_a_tiny_sdxl_s_frames_are_the_stock_sdxl_pipeline_s_bit_for_bit(spec: Any, weights: Path) -> None:
    from animorch_diffusers.call import rendered
    from animorch_diffusers.memory import Budget
    from animorch_diffusers.quiet import quiet
    from animorch_diffusers.sampling import scheduler_for
    from animorch_diffusers.warm import Ready

    asked = spec(
        checkpoint={"name": "xl", "base": "sdxl"},
        motion={"name": "xl", "base": "sdxl", "family": "sdxl"},
        sampler="euler",
    )
    with quiet():
        pipe = sdxl(weights)
        pipe.set_progress_bar_config(disable=True)
        ours, _ = rendered(Ready(pipe, {}), asked, ignore, Budget())
        pipe.scheduler = scheduler_for(asked, {})
        frames = pipe(**asked_of(asked)).frames[0]
        other, _ = rendered(Ready(pipe, {}), asked.model_copy(update={"prompt": "a dog"}), ignore, Budget())
    assert np.array_equal(ours.frames, np.stack([np.asarray(frame) for frame in frames]))
    assert not np.array_equal(ours.frames, other.frames)
