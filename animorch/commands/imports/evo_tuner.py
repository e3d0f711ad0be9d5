"""evo_tuner: training configs of AD-Evo-Tuner and of tumurzakov's AnimateDiff, which it came from."""

from __future__ import annotations

import json
from pathlib import Path

from animorch.commands.imports import places, training
from animorch.commands.imports.draft import Draft
from animorch.commands.imports.sheet import Sheet
from animorch.errors import UsageError

FORM = "An AD-Evo-Tuner or tumurzakov"
_VERSIONS = {"V1": ("v1", 24), "V2": ("v2", 32), "V3": ("v3", 32)}  # family and length of the position table


def is_form(sheet: Sheet) -> bool:
    """Whether the fields are this form's."""
    named = (
        "dataset_class",
        "train_data.video_path",
        "train_data.samples_dir",
        "motion_module_pe_multiplier",
    )
    return any(name in sheet for name in named)


def read(sheet: Sheet, draft: Draft) -> None:
    """Fill the draft; raises UsageError when the file cannot be meant."""
    draft.choices["mode"] = "motion"
    _start(sheet, draft)
    _data(sheet, draft)
    _steps(sheet, draft)
    data = draft.values["data"]
    training.validation(sheet, draft, data["frames"], (data["width"], data["height"]), 12.5, 20)
    _left_out(sheet, draft)


def _start(sheet: Sheet, draft: Draft) -> None:
    places.checkpoint(sheet.text("pretrained_model_path", "models/StableDiffusion/"), draft)
    if dream := sheet.text("dreambooth_path"):
        places.checkpoint(dream, draft)
        draft.notes.append("dreambooth_path is the checkpoint: it replaced the UNet of pretrained_model_path")
    places.motion(sheet.text("motion_module", "models/Motion_Module/mm_sd_v15.ckpt"), draft)
    version = sheet.text("motion_module_version").upper()
    if version in _VERSIONS:
        draft.put("motion.family", _VERSIONS[version][0])
        draft.put("motion.table", _VERSIONS[version][1])
    elif version:
        draft.dangers.append(
            f"motion_module_version={version} is none of V1, V2, V3; set motion.family and motion.table"
        )
    multiplier = training.counted(sheet, "motion_module_pe_multiplier", 1)
    draft.put("position_multiplier", multiplier)
    if multiplier > 1:
        draft.dangers.append(
            f"motion_module_pe_multiplier={multiplier}: each row of the position table is repeated, so the "
            "result has a longer table and is another module to whoever loads it"
        )
    draft.dangers.append(
        "noise schedule: that trainer took the Stable Diffusion folder's (scaled_linear) while every "
        "inference is linear; here it is the motion module's own, so losses and results differ, for the "
        "better. beta_schedule=scaled_linear would repeat the mistake"
    )


def _data(sheet: Sheet, draft: Draft) -> None:
    kind = sheet.text("dataset_class", "MultiTuneAVideoDataset")
    readers = {
        "MultiTuneAVideoDataset": _listed,
        "TuneAVideoDataset": _listed,
        "FramesDataset": _frames,
        "AnimateDiffDataset": _sidecars,
    }
    if kind not in readers:
        raise UsageError(f"{sheet.source}: dataset_class={kind} is none of {', '.join(readers)}")
    frames = readers[kind](sheet, draft)
    draft.put("data.frames", training.positive(frames, "the number of frames", sheet))
    for side in ("width", "height"):
        size = sheet.count(f"train_data.{side}", 512)
        if size < 1:
            draft.dangers.append(
                f"train_data.{side}={size} kept the film's shape; here every clip has one size, 512"
            )
        draft.put(f"data.{side}", size if size > 0 else 512)
    draft.notes.append("clips are cut to their middle where they were squeezed to width x height")


def _listed(sheet: Sheet, draft: Draft) -> int:
    """Films and prompts, paired by position."""
    films, prompts = sheet.texts("train_data.video_path"), sheet.texts("train_data.prompt")
    if not films:
        raise UsageError(f"{sheet.source}: train_data.video_path names no film; correct it and import again")
    if len(films) != len(prompts):
        raise UsageError(
            f"{sheet.source}: train_data has {len(films)} video_path and {len(prompts)} prompt, which are "
            "paired by position; correct it and import again"
        )
    places.clips(films, prompts, draft)
    draft.put("data.start", sheet.count("train_data.sample_start_idx", 0))
    draft.put("data.stride", training.counted(sheet, "train_data.sample_frame_rate", 1))
    return sheet.count("train_data.n_sample_frames", 8)


def _frames(sheet: Sheet, draft: Draft) -> int:
    """Folders of frames with prompts in a JSON of name to prompt."""
    folder = places.placed(sheet.text("train_data.samples_dir"), draft)
    draft.put("data.folder", folder)
    draft.put("data.stride", training.counted(sheet, "train_data.sample_frame_rate", 8))
    if mapping := sheet.text("train_data.prompt_map_path"):
        _mapped(places.placed(mapping, draft), draft)
    draft.idle(list(sheet.take_all("train_data.sample_count")), "since every clip is trained on")
    if still := sheet.take_all("train_data.variance_threshold"):
        draft.idle(
            list(still), "so near-still clips are not skipped (near_still() of animorch_clips names them)"
        )
    return sheet.count("train_data.video_length", 16)


def _mapped(mapping: str, draft: Draft) -> None:
    try:
        prompts = json.loads(Path(mapping).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        prompts = None
    if isinstance(prompts, dict) and prompts and all(isinstance(text, str) for text in prompts.values()):
        draft.rows += sorted(prompts.items())
    else:
        draft.dangers.append(
            f"prompt_map_path={mapping} is not at hand as a JSON of name to prompt; "
            "write NAME.txt beside each clip"
        )


def _sidecars(sheet: Sheet, draft: Draft) -> int:
    """Films with NAME.json beside each."""
    draft.put("data.folder", places.placed(sheet.text("train_data.samples_dir"), draft))
    draft.idle(list(sheet.take_all("train_data.randomize")), "since the order follows the seed")
    return sheet.count("train_data.video_length", 16)


def _steps(sheet: Sheet, draft: Draft) -> None:
    _layers(sheet, draft)
    batch = training.counted(sheet, "train_batch_size", 1)
    accumulate = training.counted(sheet, "gradient_accumulation_steps", 1)
    draft.put("batch", batch)
    draft.put("accumulate", accumulate)
    draft.put("steps", training.counted(sheet, "max_train_steps", 500))
    draft.put("checkpoint_every", training.counted(sheet, "checkpointing_steps", 500))
    draft.put("gradient_checkpointing", sheet.flag("gradient_checkpointing", True))
    draft.put("seed", max(sheet.count("seed", 0), 0))
    draft.put("text_dropout", 0.0)
    draft.put("ema", 0.0)
    draft.put("min_snr", None)
    draft.notes.append("text_dropout is 0, as there; 0.1 keeps a module good at classifier-free guidance")
    training.optimiser(sheet, draft, 3e-5)
    training.scaled(sheet, draft, batch, accumulate, worked=True)
    training.precision(sheet.text("mixed_precision", "fp16"), draft)
    asked = sheet.text("use_optimizer", "AdamW")
    training.eight_bit(sheet.flag("use_8bit_adam", False) or asked == "AdamW8bit", draft)
    if asked not in ("AdamW", "AdamW8bit"):
        draft.dangers.append(
            f"use_optimizer={asked} chose its rate itself; AdamW is taken, so set optimiser.learning_rate"
        )


def _layers(sheet: Sheet, draft: Draft) -> None:
    learns = sheet.texts("trainable_modules") or ["to_q"]
    draft.put("whole_module", sheet.flag("train_whole_module", False))
    draft.put("modules", learns)
    if not draft.values["whole_module"]:
        draft.notes.append(
            f"only {', '.join(learns)} inside the motion module learns, as there; whole_module=true: all"
        )


def _left_out(sheet: Sheet, draft: Draft) -> None:
    if resumed := sheet.take("resume_from_checkpoint"):
        draft.dangers.append(
            f"resume_from_checkpoint={resumed} is left out: that trainer's state cannot be read here, so "
            "training starts from motion.path; give the newest mm.pth there"
        )
    for name in ("train_dreambooth", "train_lora", "train_text_encoder"):
        if sheet.flag(name, False):
            draft.dangers.append(f"{name}=true is left out: only the motion module learns here")
    draft.idle(
        list(sheet.take_all("lora_rank", "lora_path", "lora_resume_from_checkpoint")),
        "no LoRA of the UNet is trained",
    )
    draft.idle(list(sheet.take_all("output_dir")), f"since the run's folder is runs/training/{draft.name}")
    draft.idle(list(sheet.take_all("inference_config_path")), "the motion module's own facts are used")
    draft.idle(
        list(sheet.take_all("validation_data.use_inv_latent", "validation_data.num_inv_steps")),
        "validation starts from noise, not from the film's inverted latents",
    )
    draft.idle(list(sheet.take_all("validation_data.temporal_context")), "validation renders in one window")
    draft.idle(
        list(sheet.take_all("enable_xformers_memory_efficient_attention")), "torch's own attention is as lean"
    )
    draft.idle(list(sheet.take_all("start_global_step")), "the same command resumes by itself")
    draft.idle(
        list(
            sheet.take_all(
                "report_to",
                "report_facenet_distance",
                "report_facenet_reference_path",
                "report_aesthetic_score",
            )
        ),
        "every training is in MLflow",
    )
