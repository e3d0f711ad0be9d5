"""guoyww: training configs of AnimateDiff's own train.py."""

from __future__ import annotations

from animorch.commands.imports import places, training
from animorch.commands.imports.draft import Draft
from animorch.commands.imports.sheet import Sheet
from animorch.errors import UsageError

FORM = "A guoyww/AnimateDiff"


def is_form(sheet: Sheet) -> bool:
    """Whether the fields are this form's."""
    return any(name in sheet for name in ("train_data.csv_path", "train_data.video_folder", "image_finetune"))


def read(sheet: Sheet, draft: Draft) -> None:
    """Fill the draft; raises UsageError when it trains what no mode here trains."""
    draft.choices |= {"mode": "motion"}
    if sheet.flag("image_finetune", False):
        raise UsageError(
            f"{sheet.source}: image_finetune=true trains the whole UNet on single frames, and `animorch "
            "train` trains motion modules; there is nothing to import"
        )
    places.checkpoint(sheet.text("pretrained_model_path"), draft)
    _start(sheet, draft)
    _data(sheet, draft)
    _steps(sheet, draft)
    size = (draft.values["data"]["width"], draft.values["data"]["height"])
    training.validation(sheet, draft, draft.values["data"]["frames"], size, 8.0, 25)
    training.noise(sheet, draft)
    left_out(sheet, draft)


def _start(sheet: Sheet, draft: Draft) -> None:
    if start := sheet.text("unet_checkpoint_path"):
        places.motion(start, draft)
        draft.notes.append("unet_checkpoint_path is taken for the motion module to start from")
    else:
        draft.choices["motion"] = "v15_v2"
        draft.dangers.append(
            "no start weights: that trainer begins with an untrained motion module, and here it begins "
            "with motion=v15_v2; name another with motion=local motion.path=FILE"
        )
    learns = sheet.texts("trainable_modules")
    whole = all("motion_modules" in part for part in learns) and bool(learns)
    draft.put("whole_module", whole)
    if not whole:
        inside = [part.strip(".") for part in learns if part.strip(".")]
        draft.put("modules", inside or ["to_q"])
        draft.dangers.append(
            f"trainable_modules={learns} matched any part of a name in the whole UNet; here "
            f"{', '.join(inside or ['to_q'])} are endings of names inside the motion module"
        )


def _data(sheet: Sheet, draft: Draft) -> None:
    draft.put("data.folder", places.placed(sheet.text("train_data.video_folder"), draft))
    if table := sheet.text("train_data.csv_path"):
        draft.put("data.captions", places.placed(table, draft))
    draft.put(
        "data.frames",
        training.counted(sheet, "train_data.sample_n_frames", 16),
    )
    draft.put("data.stride", training.counted(sheet, "train_data.sample_stride", 4))
    draft.put("data.start", "random")
    draft.put("data.flip", True)
    draft.notes.append(
        "data.start=random and data.flip=true, as there; leave flip out where captions say left or right"
    )
    draft.notes.append(
        "a film that cannot be read or is too short is refused before the first step, where another one "
        "was silently taken in its place"
    )
    _size(sheet, draft)


def _size(sheet: Sheet, draft: Draft) -> None:
    """sample_size: one number for a square, or height and width."""
    size = sheet.fields.get("train_data.sample_size")
    if isinstance(size, list) and len(size) in (1, 2):
        sides = {f"train_data.sample_size[{place}]": side for place, side in enumerate(size)}
        del sheet.fields["train_data.sample_size"]
        sheet.fields |= sides
    else:
        sides = {"train_data.sample_size": size}
    read = [training.counted(sheet, side, 256) for side in sides]
    draft.put("data.width", read[-1])
    draft.put("data.height", read[0])


def _steps(sheet: Sheet, draft: Draft) -> None:
    batch = training.counted(sheet, "train_batch_size", 1)
    accumulate = training.counted(sheet, "gradient_accumulation_steps", 1)
    draft.put("batch", batch)
    draft.put("accumulate", 1)
    if accumulate > 1:
        draft.dangers.append(
            f"gradient_accumulation_steps={accumulate} never accumulated there: every batch of {batch} was "
            f"a step, and so it is here; accumulate={accumulate} would really sum them"
        )
    draft.put("steps", steps(sheet, draft))
    every = sheet.count("checkpointing_steps", -1)
    draft.put("checkpoint_every", every if every > 0 else 500)
    draft.put("gradient_checkpointing", sheet.flag("gradient_checkpointing", False))
    draft.put("seed", max(sheet.count("global_seed", 42), 0))
    dropped = sheet.number("cfg_random_null_text_ratio", 0.1)
    draft.put("text_dropout", dropped if sheet.flag("cfg_random_null_text", True) else 0.0)
    draft.put("ema", 0.0)
    draft.put("min_snr", None)
    training.optimiser(sheet, draft, 3e-5)
    training.scaled(sheet, draft, batch, accumulate, worked=False)
    training.precision("fp16" if sheet.flag("mixed_precision_training", True) else "", draft)
    training.eight_bit(sheet.flag("use_adamw8bit", False), draft)


def steps(sheet: Sheet, draft: Draft) -> int:
    """Their number; a number of epochs cannot be turned into them before the clips are counted."""
    given, epochs = sheet.count("max_train_steps", 100), sheet.count("max_train_epoch", -1)
    if epochs > 0:
        draft.dangers.append(
            f"max_train_epoch={epochs} is left out: training is counted in steps, an epoch being clips / "
            f"batch of them; set steps (it is {given if given > 0 else epochs} now)"
        )
    return given if given > 0 else max(epochs, 1)


def left_out(sheet: Sheet, draft: Draft) -> None:
    """Name what has no place in a recipe."""
    draft.idle(list(sheet.take_all("output_dir")), f"since the run's folder is runs/training/{draft.name}")
    draft.idle(list(sheet.take_all("ema_decay")), "it was never used there (ema=0.9999 would be)")
    draft.idle(list(sheet.take_all("unet_additional_kwargs")), "the motion module's own build is used")
    draft.idle(
        list(sheet.take_all("enable_xformers_memory_efficient_attention")), "torch's own attention is as lean"
    )
    draft.idle(list(sheet.take_all("checkpointing_epochs")), "checkpoints are counted in steps")
    draft.idle(list(sheet.take_all("validation_steps_tuple")), "validation.every is the only cadence")
    draft.idle(
        list(sheet.take_all("num_workers", "is_debug", "name", "use_wandb", "launcher", "resume_ckpt")),
        "without a counterpart",
    )
