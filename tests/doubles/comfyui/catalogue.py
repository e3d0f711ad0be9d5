"""What nodes the double offers: names, types, defaults and limits as ComfyUI 0.3.64 and its packs have them.

A line is `class | outputs | required inputs | optional inputs | marks`; one that begins with two spaces goes
on with the line before. An input is `name TYPE default low high`; `@list` is a combo (see `choices.py`),
`@@list` one in the newer spelling, `TYPE!` takes a link only. Marks: `output` (an output node), `old`
(deprecated), `id` (its own node id counts for the cache).
"""

from __future__ import annotations

_SAMPLING = (
    "steps INT 20 1 10000, cfg FLOAT 8.0 0.0 100.0, sampler_name @samplers, scheduler @schedulers, "
    "positive CONDITIONING, negative CONDITIONING, latent_image LATENT"
)
_STRENGTH = "strength_model FLOAT 1.0 -100.0 100.0"
_PART = "start_percent FLOAT 0.0 0.0 1.0"
_PARTS = f"{_PART}, end_percent FLOAT 1.0 0.0 1.0"
_CONTEXT = f"{_PART}, guarantee_steps INT 1 0 big, prev_context CONTEXT_OPTIONS"
_FUSED = f"use_on_equal_length BOOLEAN False, {_CONTEXT}, view_opts VIEW_OPTS"
_LENGTH = "context_length INT 16 1 128"
_STRIDE = f"{_LENGTH}, context_stride INT 1 1 32, context_overlap INT 4 0 128"
_MULTIVALS = "scale_multival MULTIVAL, effect_multival MULTIVAL"
_MOTION = f"motion_lora MOTION_LORA, {_MULTIVALS}, ad_keyframes AD_KEYFRAMES"
_GEN1 = "model MODEL, model_name @animatediff_models, beta_schedule @betas autoselect"
_ADE_TEXT = (
    "prepend_text STRING!, append_text STRING!, values_replace VALUES_REPLACE, print_schedule BOOLEAN False"
)
_FIZZ_MORE = (
    "pre_text STRING!, app_text STRING!, start_frame INT 0 0 9999, end_frame INT 0 0 9999, "
    + ", ".join(f"pw_{letter} FLOAT! 0.0 -9999.0 9999.0" for letter in "abcd")
)
_SPARSE = "use_motion BOOLEAN True, motion_strength FLOAT 1.0 0.0 10.0, motion_scale FLOAT 1.0 0.0 10.0"
_SPARSE_MULTS = ", ".join(f"sparse_{part}_mult FLOAT 1.0 0.0 10.0" for part in ("hint", "nonhint", "mask"))

CORE = f"""
CheckpointLoaderSimple | MODEL CLIP VAE | ckpt_name @checkpoints
VAELoader | VAE | vae_name @vae
LoraLoader | MODEL CLIP | model MODEL, clip CLIP, lora_name @loras, {_STRENGTH}, strength_clip FLOAT 1.0
  -100.0 100.0
LoraLoaderModelOnly | MODEL | model MODEL, lora_name @loras, {_STRENGTH}
CLIPSetLastLayer | CLIP | clip CLIP, stop_at_clip_layer INT -1 -24 -1
CLIPTextEncode | CONDITIONING | text STRING, clip CLIP
CLIPVisionLoader | CLIP_VISION | clip_name @clip_vision
ConditioningCombine | CONDITIONING | conditioning_1 CONDITIONING, conditioning_2 CONDITIONING
ConditioningConcat | CONDITIONING | conditioning_to CONDITIONING, conditioning_from CONDITIONING
ConditioningSetMask | CONDITIONING | conditioning CONDITIONING, mask MASK, strength FLOAT 1.0 0.0 10.0,
  set_cond_area @areas
ConditioningSetTimestepRange | CONDITIONING | conditioning CONDITIONING, start FLOAT 0.0 0.0 1.0, end FLOAT
  1.0 0.0 1.0
ControlNetLoader | CONTROL_NET | control_net_name @controlnet
ControlNetApplyAdvanced | CONDITIONING CONDITIONING | positive CONDITIONING, negative CONDITIONING,
  control_net CONTROL_NET, image IMAGE, strength FLOAT 1.0 0.0 10.0, {_PARTS} | vae VAE
EmptyLatentImage | LATENT | width INT 512 16 16384, height INT 512 16 16384, batch_size INT 1 1 4096
KSampler | LATENT | model MODEL, seed INT 0 0 u64, {_SAMPLING}, denoise FLOAT 1.0 0.0 1.0
KSamplerAdvanced | LATENT | model MODEL, add_noise @enable, noise_seed INT 0 0 u64, {_SAMPLING},
  start_at_step INT 0 0 10000, end_at_step INT 10000 0 10000, return_with_leftover_noise @disable
VAEDecode | IMAGE | samples LATENT, vae VAE
VAEDecodeTiled | IMAGE | samples LATENT, vae VAE, tile_size INT 512 64 4096, overlap INT 64 0 4096,
  temporal_size INT 64 8 4096, temporal_overlap INT 8 4 4096
VAEEncode | LATENT | pixels IMAGE, vae VAE
VAEEncodeForInpaint | LATENT | pixels IMAGE, vae VAE, mask MASK, grow_mask_by INT 6 0 64
SetLatentNoiseMask | LATENT | samples LATENT, mask MASK
RepeatLatentBatch | LATENT | samples LATENT, amount INT 1 1 64
LoadImage | IMAGE MASK | image @inputs
LoadImageMask | MASK | image @inputs, channel @channels
ImageBatch | IMAGE | image1 IMAGE, image2 IMAGE
ImageScale | IMAGE | image IMAGE, upscale_method @upscales, width INT 512 0 16384, height INT 512 0 16384,
  crop @crops
ImageFromBatch | IMAGE | image IMAGE, batch_index INT 0 0 4095, length INT 1 1 4096
RepeatImageBatch | IMAGE | image IMAGE, amount INT 1 1 4096
ImageToMask | MASK | image IMAGE, channel @mask_channels
MaskToImage | IMAGE | mask MASK
MaskComposite | MASK | destination MASK, source MASK, x INT 0 0 16384, y INT 0 0 16384, operation @operations
SolidMask | MASK | value FLOAT 1.0 0.0 1.0, width INT 512 1 16384, height INT 512 1 16384
SaveImage | | images IMAGE, filename_prefix STRING ComfyUI | | output
PreviewImage | | images IMAGE | | output
CreateVideo | VIDEO | images IMAGE, fps FLOAT 30.0 1.0 120.0 | audio AUDIO
SaveVideo | | video VIDEO, filename_prefix STRING video/ComfyUI, format @@containers auto, codec @@codecs
  auto | | output
SaveAnimatedWEBP | | images IMAGE, filename_prefix STRING ComfyUI, fps FLOAT 6.0 0.01 1000.0, lossless
  BOOLEAN True, quality INT 80 0 100, method @methods | | output
SaveAnimatedPNG | | images IMAGE, filename_prefix STRING ComfyUI, fps FLOAT 6.0 0.01 1000.0, compress_level
  INT 4 0 9 | | output
"""

ANIMATEDIFF_EVOLVED = f"""
ADE_EmptyLatentImageLarge | LATENT | width INT 512 64 16384, height INT 512 64 16384, batch_size INT 1 1
  262144
ADE_LoadAnimateDiffModel | MOTION_MODEL_ADE | model_name @animatediff_models | ad_settings AD_SETTINGS
ADE_ApplyAnimateDiffModel | M_MODELS | motion_model MOTION_MODEL_ADE, {_PARTS} | {_MOTION}, prev_m_models
  M_MODELS, per_block PER_BLOCK
ADE_ApplyAnimateDiffModelSimple | M_MODELS | motion_model MOTION_MODEL_ADE | {_MOTION}, per_block PER_BLOCK
ADE_UseEvolvedSampling | MODEL | model MODEL, beta_schedule @betas autoselect | m_models M_MODELS,
  context_options CONTEXT_OPTIONS, sample_settings SAMPLE_SETTINGS
ADE_AnimateDiffLoaderGen1 | MODEL | {_GEN1} | context_options CONTEXT_OPTIONS, motion_lora MOTION_LORA,
  ad_settings AD_SETTINGS, ad_keyframes AD_KEYFRAMES, sample_settings SAMPLE_SETTINGS, {_MULTIVALS},
  per_block PER_BLOCK
ADE_AnimateDiffLoaderWithContext | MODEL | {_GEN1} | context_options CONTEXT_OPTIONS, motion_lora
  MOTION_LORA, ad_settings AD_SETTINGS, sample_settings SAMPLE_SETTINGS, motion_scale FLOAT 1.0 0.0,
  apply_v2_models_properly BOOLEAN True, ad_keyframes AD_KEYFRAMES, deprecation_warning ADEWARN | old
ADE_AnimateDiffLoRALoader | MOTION_LORA | name @animatediff_motion_lora, strength FLOAT 1.0 0.0 10.0 |
  prev_motion_lora MOTION_LORA
ADE_MultivalDynamic | MULTIVAL | float_val FLOAT 1.0 0.0 | mask_optional MASK
ADE_MultivalDynamicFloatInput | MULTIVAL | float_val FLOAT! 1.0 0.0 10.0 | mask_optional MASK
ADE_MultivalDynamicFloats | MULTIVAL | floats FLOATS | mask_optional MASK
ADE_FloatToFloats | FLOATS | FLOAT FLOAT! 39
ADE_AnimateDiffKeyframe | AD_KEYFRAMES | {_PART} | prev_ad_keyframes AD_KEYFRAMES, {_MULTIVALS},
  per_block_replace PER_BLOCK, inherit_missing BOOLEAN True, guarantee_steps INT 1 0 big
ADE_AnimateDiffSamplingSettings | SAMPLE_SETTINGS | batch_offset INT 0 0 big, noise_type @noises, seed_gen
  @seed_gens, seed_offset INT 0 -big big | noise_layers NOISE_LAYERS, iteration_opts ITERATION_OPTS,
  seed_override INT! 0 0 u64, adapt_denoise_steps BOOLEAN False, custom_cfg CUSTOM_CFG, sigma_schedule
  SIGMA_SCHEDULE, image_inject IMAGE_INJECT, ancestral_opts ANCESTRAL_OPTS
ADE_RawSigmaSchedule | SIGMA_SCHEDULE | raw_beta_schedule @raw_betas, linear_start FLOAT 0.00085 0.0 1.0,
  linear_end FLOAT 0.012 0.0 1.0, sampling @samplings, lcm_original_timesteps INT 50 1 1000, zsnr BOOLEAN
  False
ADE_IterationOptsDefault | ITERATION_OPTS | iterations INT 1 1 | iter_batch_offset INT 0 0 big,
  iter_seed_offset INT 0 -big big
ADE_IterationOptsFreeInit | ITERATION_OPTS | iterations INT 2 1, filter @freeinit_filters, d_s FLOAT 0.25
  0.0 1.0, d_t FLOAT 0.25 0.0 1.0, n_butterworth INT 4 1 100, sigma_step INT 999 1 999, apply_to_1st_iter
  BOOLEAN False, init_type @freeinit_inits | iter_batch_offset INT 0 0 big, iter_seed_offset INT 1 -big big
ADE_StandardStaticContextOptions | CONTEXT_OPTIONS | {_LENGTH}, context_overlap INT 4 0 128 | fuse_method
  @static_fuses, {_FUSED}
ADE_StandardUniformContextOptions | CONTEXT_OPTIONS | {_STRIDE} | fuse_method @fuses, {_FUSED}
ADE_LoopedUniformContextOptions | CONTEXT_OPTIONS | {_STRIDE}, closed_loop BOOLEAN False | fuse_method
  @fuses, {_FUSED}
ADE_AnimateDiffUniformContextOptions | CONTEXT_OPTIONS | {_STRIDE}, context_schedule @legacy_schedules,
  closed_loop BOOLEAN False | fuse_method @fuses flat, {_FUSED}, deprecation_warning ADEWARN
ADE_BatchedContextOptions | CONTEXT_OPTIONS | {_LENGTH} | {_CONTEXT}
ADE_ViewsOnlyContextOptions | CONTEXT_OPTIONS | view_opts_req VIEW_OPTS | {_CONTEXT}
ADE_StandardStaticViewOptions | VIEW_OPTS | view_length INT 16 1 128, view_overlap INT 4 0 128 | fuse_method
  @fuses
ADE_PromptScheduling | CONDITIONING | prompts STRING, clip CLIP | {_ADE_TEXT}, max_length INT 0 0 big,
  tensor_interp @interps
ADE_PromptSchedulingLatents | CONDITIONING LATENT | prompts STRING, clip CLIP, latent LATENT | {_ADE_TEXT},
  tensor_interp @interps
ADE_ValueScheduling | FLOAT FLOATS INT INTS | values STRING | print_schedule BOOLEAN False, max_length INT 0
  0 big
ADE_ValuesReplace | VALUES_REPLACE | value_key STRING, floats FLOATS | prev_replace VALUES_REPLACE
"""

FIZZ = f"""
BatchPromptSchedule | CONDITIONING CONDITIONING | text STRING, clip CLIP, max_frames INT 120.0 1.0 999999.0,
  print_output BOOLEAN False | {_FIZZ_MORE}
BatchPromptScheduleLatentInput | CONDITIONING CONDITIONING LATENT | text STRING, clip CLIP, num_latents
  LATENT, print_output BOOLEAN False | {_FIZZ_MORE}
"""

VIDEO_HELPER_SUITE = """
VHS_VideoCombine | VHS_FILENAMES | images IMAGE+LATENT, frame_rate FLOAT 8 1, loop_count INT 0 0 100,
  filename_prefix STRING AnimateDiff, format @formats, pingpong BOOLEAN False, save_output BOOLEAN True |
  audio AUDIO, meta_batch VHS_BatchManager, vae VAE | output id
"""

ADVANCED_CONTROLNET = f"""
ACN_SparseCtrlLoaderAdvanced | CONTROL_NET | sparsectrl_name @@controlnet, {_SPARSE} | sparse_method
  SPARSE_METHOD, tk_optional TIMESTEP_KEYFRAME, context_aware @@aware, {_SPARSE_MULTS}
ACN_SparseCtrlMergedLoaderAdvanced | CONTROL_NET | sparsectrl_name @@controlnet, control_net_name
  @@controlnet, {_SPARSE} | sparse_method SPARSE_METHOD, tk_optional TIMESTEP_KEYFRAME
ACN_AdvancedControlNetApply_v2 | CONDITIONING CONDITIONING | positive CONDITIONING, negative CONDITIONING
  , control_net CONTROL_NET, image IMAGE, strength FLOAT 1.0 0.0 10.0, {_PARTS} | mask_optional MASK
  , timestep_kf TIMESTEP_KEYFRAME, latent_kf_override LATENT_KEYFRAME, weights_override CONTROL_NET_WEIGHTS
  , vae_optional VAE
ACN_SparseCtrlIndexMethodNode | SPARSE_METHOD | indexes STRING 0
ACN_SparseCtrlSpreadMethodNode | SPARSE_METHOD | spread @@spreads
ACN_SparseCtrlRGBPreprocessor | IMAGE | image IMAGE, vae VAE, latent_size LATENT
ACN_SparseCtrlWeightExtras | CN_WEIGHTS_EXTRAS | | cn_extras CN_WEIGHTS_EXTRAS, {_SPARSE_MULTS}
"""

IPADAPTER_PLUS = """
IPAdapterModelLoader | IPADAPTER | ipadapter_file @ipadapter
IPAdapterAdvanced | MODEL | model MODEL, ipadapter IPADAPTER, image IMAGE, weight FLOAT 1.0 -1 5,
  weight_type @weight_types, combine_embeds @combines, start_at FLOAT 0.0 0.0 1.0, end_at FLOAT 1.0 0.0 1.0,
  embeds_scaling @scalings | image_negative IMAGE, attn_mask MASK, clip_vision CLIP_VISION
"""

PACKS = {
    "nodes": CORE,
    "custom_nodes.ComfyUI-AnimateDiff-Evolved": ANIMATEDIFF_EVOLVED,
    "custom_nodes.ComfyUI_FizzNodes": FIZZ,
    "custom_nodes.ComfyUI-VideoHelperSuite": VIDEO_HELPER_SUITE,
    "custom_nodes.ComfyUI-Advanced-ControlNet": ADVANCED_CONTROLNET,
    "custom_nodes.ComfyUI_IPAdapter_plus": IPADAPTER_PLUS,
}
