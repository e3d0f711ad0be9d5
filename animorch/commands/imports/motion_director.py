"""motion_director: training configs of AnimateDiff-MotionDirector, the full and the simple one."""

from __future__ import annotations

from animorch.commands.imports import guoyww, places, training
from animorch.commands.imports.draft import Draft
from animorch.commands.imports.sheet import Sheet
from animorch.errors import UsageError

FORM = "An AnimateDiff-MotionDirector"


def is_form(sheet: Sheet) -> bool:
    """Whether the fields are this form's."""
    named = ("mode_type", "dataset_types", "use_motion_lora_format", "train_data.single_video_path")
    return any(name in sheet for name in named)


def read(sheet: Sheet, draft: Draft) -> None:
    """Fill the draft; raises UsageError when no clip is named."""
    draft.choices |= {"mode": "motion_lora", "motion": "v3"}
    _start(sheet, draft)
    _data(sheet, draft)
    _steps(sheet, draft)
    training.validation(
        sheet, draft, 16, (draft.values["data"]["width"], draft.values["data"]["height"]), 9.0, 25
    )
    training.noise(sheet, draft)
    draft.dangers.append(
        "the loss is the ordinary one: MotionDirector also learns a spatial LoRA, and adds a loss of "
        "frames freed from their appearance; neither is here, so the LoRA holds on more to how the film looks"
    )
    _left_out(sheet, draft)


def _start(sheet: Sheet, draft: Draft) -> None:
    places.checkpoint(
        sheet.text("pretrained_model_path") or "stable-diffusion-v1-5/stable-diffusion-v1-5", draft
    )
    if module := sheet.text("motion_module_path"):
        places.motion(module, draft)
    if adapter := sheet.text("domain_adapter_path"):
        draft.dangers.append(
            f"domain_adapter_path={adapter} is left out: no style LoRA is loaded while training"
        )
    if other := sheet.text("unet_checkpoint_path"):
        places.checkpoint(other, draft)
        draft.notes.append("unet_checkpoint_path is the checkpoint: it replaced the UNet")


def _data(sheet: Sheet, draft: Draft) -> None:
    kind = sheet.text("mode_type", "single_video")  # the simple form's word for dataset_types
    kinds = sheet.texts("dataset_types") or [kind]
    film = sheet.text("video.path") or sheet.text("train_data.single_video_path")
    folder = sheet.text("train_data.path") or (film if "folder" in kinds else "")
    prompt = sheet.text("video.training_prompt") or sheet.text("train_data.single_video_prompt")
    fallback = sheet.text("train_data.fallback_prompt")
    if "folder" in kinds and folder:
        draft.put("data.folder", places.placed(folder, draft))
        if prompt or fallback:
            draft.dangers.append(
                f"the caption {prompt or fallback!r} stood for every clip without one; "
                "write NAME.txt beside each"
            )
    elif film:
        places.clips([film], [prompt or fallback], draft)
    else:
        raise UsageError(
            f"{sheet.source} names no film (train_data.single_video_path) and no folder of films"
        )
    draft.put(
        "data.frames",
        training.counted(sheet, "train_data.n_sample_frames", 16),
    )
    draft.put("data.start", sheet.count("train_data.sample_start_idx", sheet.count("video.start_time", 0)))
    draft.put("data.width", sheet.count("train_data.width", 256))
    draft.put("data.height", sheet.count("train_data.height", 256))
    fps, stride = sheet.number("train_data.fps", 0), sheet.count("train_data.frame_step", 1)
    if fps > 0 and "folder" in kinds:
        draft.put("data.fps", fps)
    else:
        draft.put("data.stride", training.positive(stride, "frame_step", sheet))
    if "frames" in kinds:
        draft.notes.append("the dataset `frames` is read as a folder of folders of frames")


def _steps(sheet: Sheet, draft: Draft) -> None:
    rank = training.counted(sheet, "lora_rank", 8)
    draft.put("rank", rank)
    draft.put("alpha", rank)
    draft.put("batch", training.counted(sheet, "train_batch_size", 1))
    accumulate = sheet.count("gradient_accumulation_steps", 1)
    draft.put("accumulate", training.positive(accumulate, "gradient_accumulation_steps", sheet))
    draft.put("steps", guoyww.steps(sheet, draft))
    every = sheet.count("checkpointing_steps", 100)
    draft.put("checkpoint_every", every if every > 0 else 100)
    draft.put("gradient_checkpointing", sheet.flag("gradient_checkpointing", False))
    draft.put("seed", max(sheet.count("global_seed", 42), 0))
    draft.put("text_dropout", sheet.number("cfg_random_null_text_ratio", 0.0))
    draft.put("ema", 0.0)
    draft.put("min_snr", None)
    training.optimiser(sheet, draft, 5e-4)
    training.scaled(sheet, draft, draft.values["batch"], accumulate, worked=False)
    training.precision("fp16" if sheet.flag("mixed_precision_training", True) else "", draft)
    if sheet.flag("use_lion_optim", False):
        rate, decay = draft.values["optimiser"]["learning_rate"], draft.values["optimiser"]["weight_decay"]
        draft.dangers.append(
            f"use_lion_optim=true: AdamW is taken with the file's own rate {rate:g} and decay {decay:g}; "
            f"Lion trained with {rate / 10:g} and {decay * 10:g}"
        )
    training.eight_bit(False, draft)


def _left_out(sheet: Sheet, draft: Draft) -> None:
    draft.idle(
        list(sheet.take_all("output_dir", "save_name", "lora_name")), "the recipe's name names the result"
    )
    draft.idle(
        list(sheet.take_all("learning_rate_spatial", "single_spatial_lora", "validation_data.spatial_scale")),
        "no spatial LoRA is trained",
    )
    draft.idle(list(sheet.take_all("lora_unet_dropout")), "the LoRA learns without dropout")
    draft.idle(
        list(
            sheet.take_all(
                "train_data.use_bucketing", "train_data.manual_sample_size", "train_data.sample_size"
            )
        ),
        "every clip has the size width x height",
    )
    draft.idle(list(sheet.take_all("train_data.max_chunks", "video.max_chunks")), "a film is one clip")
    draft.idle(
        list(sheet.take_all("quality", "training_config", "simple_mode")),
        "that trainer's full config is not read along; import it for its settings",
    )
    prompt = sheet.text("video.validation_prompt")
    if prompt and not draft.values["validation"]["prompts"]:
        draft.put("validation.prompts", [prompt])
        draft.put("validation.every", draft.values["validation"]["every"] or 50)
    same = ("train_data.sample_n_frames", "use_motion_lora_format", "image_finetune", "cache_latents")
    draft.idle(list(sheet.take_all(*same)), "it is always so, or says the same twice")
    draft.idle(
        list(
            sheet.take_all("use_offset_noise", "use_text_augmenter", "train_sample_validation", "train_data")
        ),
        "without a counterpart",
    )
    guoyww.left_out(sheet, draft)
