"""Training: the fields that the trainers of this family share, and how each is meant here.

The rule: a recipe does what that trainer really did, not what its file says, but for the noise schedule,
where that was a mistake. Facts are of the trainers' sources (guoyww/AnimateDiff train.py,
tumurzakov/AnimateDiff train.py, ExponentialML/AnimateDiff-MotionDirector train.py).
"""

from __future__ import annotations

from animorch.commands.imports.draft import Draft
from animorch.commands.imports.sheet import Sheet
from animorch.errors import UsageError


def optimiser(sheet: Sheet, draft: Draft, rate: float) -> None:
    """AdamW's options and the course of the rate. rate: that trainer's default."""
    if isinstance(sheet.fields.get("learning_rate"), str):
        draft.notes.append("learning_rate was saved as a string; it is read as a number")
    draft.put("optimiser.learning_rate", sheet.number("learning_rate", rate))
    draft.put("optimiser.betas", [sheet.number("adam_beta1", 0.9), sheet.number("adam_beta2", 0.999)])
    draft.put("optimiser.weight_decay", sheet.number("adam_weight_decay", 1e-2))
    draft.put("optimiser.epsilon", sheet.number("adam_epsilon", 1e-8))
    draft.put("optimiser.max_grad_norm", sheet.number("max_grad_norm", 1.0))
    schedule(sheet, draft)


def schedule(sheet: Sheet, draft: Draft) -> None:
    """diffusers' get_scheduler: constant knows no warm-up, cosine and linear end at zero."""
    asked, warmup = sheet.text("lr_scheduler", "constant"), sheet.count("lr_warmup_steps", 0)
    known = {
        "constant": "constant",
        "constant_with_warmup": "constant",
        "cosine": "cosine",
        "linear": "linear",
    }
    if asked not in known:
        draft.dangers.append(
            f"lr_scheduler={asked} is not there; constant is taken, so set optimiser.schedule"
        )
    if asked == "constant" and warmup:
        draft.notes.append(f"lr_warmup_steps={warmup} had no effect with lr_scheduler=constant; warmup is 0")
        warmup = 0
    draft.put("optimiser.schedule", known.get(asked, "constant"))
    draft.put("optimiser.warmup", warmup)
    draft.put("optimiser.floor", 0.0)


def eight_bit(wanted: bool, draft: Draft) -> None:
    """AdamW with its state in eight bits."""
    draft.put("optimiser.name", "adamw8bit" if wanted else "adamw")
    if wanted:
        draft.notes.append("adamw8bit needs CUDA and bitsandbytes; optimiser.name=adamw runs everywhere")


def precision(half: str, draft: Draft) -> None:
    """fp16, bf16 or anything else, which is full precision."""
    draft.put("precision", half if half in ("fp16", "bf16") else "fp32")
    if half == "fp16":
        draft.dangers.append(
            "fp16 mixed precision: it needs a CUDA device, and small gradients vanish or overflow in it; "
            "precision=bf16 is safer, and a CPU wants precision=fp32"
        )


def scaled(sheet: Sheet, draft: Draft, batch: int, accumulate: int, worked: bool) -> None:
    """scale_lr: the rate times batch x accumulation x processes. worked: whether it did there."""
    factor, wanted = batch * accumulate, sheet.flag("scale_lr", False)
    rate = draft.values["optimiser"]["learning_rate"]
    draft.put("optimiser.scale_lr", wanted and worked)
    if wanted and worked:
        draft.dangers.append(
            f"scale_lr=true is really applied: {rate:g} x {factor} (batch x accumulation) = "
            f"{rate * factor:g} on one device"
        )
    elif wanted:
        draft.dangers.append(
            f"scale_lr=true came too late to matter there, so the rate stays {rate:g}; "
            f"optimiser.scale_lr=true would really make it {rate * factor:g}"
        )


def validation(
    sheet: Sheet, draft: Draft, frames: int, size: tuple[int, int], cfg: float, steps: int
) -> None:
    """Clips rendered on the way. frames, size, cfg, steps: that trainer's defaults."""
    prompts = [prompt for prompt in sheet.texts("validation_data.prompts") if prompt.strip()]
    every = sheet.count("validation_steps", 0)
    draft.put("validation.prompts", prompts)
    draft.put("validation.every", max(every, 0) if prompts else 0)
    draft.put("validation.frames", sheet.count("validation_data.video_length", frames))
    draft.put("validation.width", sheet.count("validation_data.width", size[0]))
    draft.put("validation.height", sheet.count("validation_data.height", size[1]))
    draft.put("validation.steps", sheet.count("validation_data.num_inference_steps", steps))
    draft.put("validation.cfg", sheet.number("validation_data.guidance_scale", cfg))
    draft.put("validation.seed", max(sheet.count("validation_data.validation_seed", 0), 0))


def noise(sheet: Sheet, draft: Draft) -> None:
    """noise_scheduler_kwargs: taken from the motion module instead, and said loudly when they differ."""
    schedule = sheet.text("noise_scheduler_kwargs.beta_schedule", "linear")
    start = sheet.number("noise_scheduler_kwargs.beta_start", 0.00085)
    end = sheet.number("noise_scheduler_kwargs.beta_end", 0.012)
    steps = sheet.count("noise_scheduler_kwargs.num_train_timesteps", 1000)
    if (schedule, start, end, steps) != ("linear", 0.00085, 0.012, 1000):
        draft.dangers.append(
            f"noise schedule: the file trains on {schedule} {start:g} to {end:g} with {steps} steps; here "
            "it is the motion module's own, which its inference uses (linear 0.00085 to 0.012 with 1000 "
            "steps for SD1.5). beta_schedule, beta_start and beta_end would change it"
        )
    draft.idle(list(sheet.take_all("noise_scheduler_kwargs")), "for sampling, not for training")


def leftover(sheet: Sheet, draft: Draft) -> None:
    """Fields that nobody knows."""
    if sheet.fields:
        draft.dangers.append(f"unknown fields, left out: {', '.join(sheet.fields)}; see whether they matter")


def counted(sheet: Sheet, name: str, default: int) -> int:
    """A field that counts from 1; raises UsageError for less."""
    return positive(sheet.count(name, default), name, sheet)


def positive(value: int, name: str, sheet: Sheet) -> int:
    """A count of at least 1; raises UsageError."""
    if value < 1:
        raise UsageError(f"{sheet.source}: {name}={value} should be 1 or more; correct it and import again")
    return value
