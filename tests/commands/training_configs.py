"""Training configs as other trainers write them, and how a test imports one."""

from __future__ import annotations

from typing import Any

from animorch.config.training import training
from tests.conftest import Said, Studio

EVO = r"""
pretrained_model_path: models\StableDiffusion
output_dir: models\Motion_Module\mine
train_data:
  video_path: [data\b.mkv, data/a.mkv]
  prompt: ["bees, ${many}", ants]
  n_sample_frames: 12
  width: 384
  height: 256
  sample_start_idx: 3
  sample_frame_rate: 2
validation_data:
  prompts: [a wave, ""]
  video_length: 16
  temporal_context: 64
  width: 384
  height: 256
  num_inference_steps: 20
  guidance_scale: 12.5
  use_inv_latent: true
  num_inv_steps: 50
validation_steps: 250
train_whole_module: false
trainable_modules: [to_q]
train_batch_size: 2
max_train_steps: 800
learning_rate: '3e-5'
scale_lr: false
lr_scheduler: cosine
lr_warmup_steps: 10
adam_beta1: 0.9
adam_beta2: 0.99
adam_weight_decay: 1e-3
adam_epsilon: 1e-8
max_grad_norm: 0.5
gradient_accumulation_steps: 4
gradient_checkpointing: true
checkpointing_steps: 50
start_global_step: 0
resume_from_checkpoint: null
mixed_precision: fp16
use_8bit_adam: false
enable_xformers_memory_efficient_attention: true
seed: 33
motion_module: models\Motion_Module\mm_sd_v15.ckpt
motion_module_version: V1
inference_config_path: configs/inference/inference.yaml
motion_module_pe_multiplier: 1
dataset_class: MultiTuneAVideoDataset
"""
GUOYWW = """
image_finetune: false
output_dir: outputs
pretrained_model_path: runwayml/stable-diffusion-v1-5
unet_additional_kwargs:
  use_motion_module: true
  motion_module_kwargs: {num_attention_heads: 8}
noise_scheduler_kwargs:
  num_train_timesteps: 1000
  beta_start: 0.00085
  beta_end: 0.012
  beta_schedule: linear
  steps_offset: 1
  clip_sample: false
train_data:
  csv_path: data/results.csv
  video_folder: data
  sample_size: 256
  sample_stride: 4
  sample_n_frames: 16
validation_data:
  prompts: [Pacific coast]
  num_inference_steps: 25
  guidance_scale: 8.
trainable_modules: ["motion_modules."]
unet_checkpoint_path: ""
learning_rate: 1.e-4
train_batch_size: 4
gradient_accumulation_steps: 8
max_train_epoch: -1
max_train_steps: 100
checkpointing_epochs: -1
checkpointing_steps: 60
validation_steps: 5000
validation_steps_tuple: [2, 50]
global_seed: 42
mixed_precision_training: true
enable_xformers_memory_efficient_attention: True
is_debug: False
"""
DIRECTOR = """
mode_type: single_video
pretrained_model_path: ""
motion_module_path: models/v3_sd15_mm.ckpt
domain_adapter_path: models/v3_sd15_adapter.ckpt
dataset_types: [single_video]
noise_scheduler_kwargs: {beta_start: 0.00085, beta_end: 0.012, beta_schedule: linear}
cfg_random_null_text_ratio: 0
train_data:
  width: 256
  height: 384
  use_bucketing: false
  fps: 0
  frame_step: 3
  n_sample_frames: 16
  single_video_path: data/a.mkv
  single_video_prompt: a man runs
validation_data: {prompts: [""], num_inference_steps: 25, spatial_scale: 0.5, validation_seed: 44}
use_motion_lora_format: true
lora_rank: 32
lora_unet_dropout: 0.1
learning_rate: 5e-4
learning_rate_spatial: 1e-4
use_lion_optim: true
max_train_epoch: 503
max_train_steps: -1
"""


def imported(studio: Studio, text: str, *words: str, name: str = "theirs") -> Said:
    studio.write(f"{name}.yaml", text)
    return studio("import", f"{name}.yaml", *words)


def trainer(name: str = "theirs", *words: str) -> Any:
    """The recipe through the real composition and the real trainer's validation."""
    return training([f"recipe={name}", *words]).trainer
