"""base_text: a text encoder that keeps words apart, and the stages that take it as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from options import TEXT, UNET, run
from safetensors.torch import load_file
from told import Told
from transformers import CLIPTextModel, CLIPTokenizer

LEARNING = {"learning_rate": 1e-2, "warmup": 0}
CAPTIONS = {"source": "animorch_shapes:clips", "options": {"length": 60, "size": 16, "frames": 1}}


def taught(folder: Path, steps: int) -> Path:
    told = {"optimiser": LEARNING, "batch": 32, "clips": 60, "ema": 0.0, "data": CAPTIONS}
    run("base_text", small=folder, steps=steps, text=TEXT | {"hidden_size": 32}, **told).train(
        folder, "words", Told()
    )
    return folder / "result" / "text"


def apart(text: Path, one: str, other: str) -> float:
    """How far two captions are from each other at their last place, as a share of their length."""
    tokenizer = CLIPTokenizer.from_pretrained(text / "tokenizer")
    encoder = CLIPTextModel.from_pretrained(text / "text_encoder").eval()
    ids = tokenizer([one, other], padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        first, second = encoder(ids)[0][:, -1]
    return float((first - second).norm() / first.norm())


def test_a_taught_encoder_tells_words_apart_at_the_end_of_the_caption(tmp_path: Path) -> None:
    before, after = taught(tmp_path / "new", 1), taught(tmp_path / "taught", 120)
    captions = ("a red star moving left on black", "a red star moving right on black")
    assert apart(after, *captions) > max(0.3, 2 * apart(before, *captions))


def test_the_stages_after_it_take_the_encoder_and_leave_it_as_it_is(small: Path, tmp_path: Path) -> None:
    text = taught(tmp_path / "words", 1)
    unet: dict[str, Any] = UNET | {"cross_attention_dim": 32}
    told = {"text": {}, "unet": unet, "text_from": text, "trains": ["unet"]}
    run("base_image", small=small, **told).train(tmp_path / "image", "mine", Told())
    model = tmp_path / "image" / "result" / "model"
    before = load_file(text / "text_encoder" / "model.safetensors")
    after = load_file(model / "text_encoder" / "model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert CLIPTokenizer.from_pretrained(model / "tokenizer").get_vocab()


def test_a_folder_that_is_no_base_text_is_refused(small: Path, tmp_path: Path) -> None:
    problems = run("base_image", small=small, text_from=tmp_path).preflight()
    assert any(f"text_from={tmp_path} has no text_encoder" in problem for problem in problems)
