from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from animorch_diffusers.training.tokens import tokenizer  # noqa: E402
from animorch_diffusers.training.vae import _cropped, _recoloured  # noqa: E402
from animorch_shapes.words import lexicon  # noqa: E402


def test_every_word_of_the_lexicon_is_one_token(tmp_path: Path) -> None:
    made = tokenizer(lexicon(), tmp_path, 20)
    for word in lexicon():
        assert len(made(word).input_ids) == 3, word  # with the start's and the end's


def test_other_words_are_spelt_and_prompts_padded(tmp_path: Path) -> None:
    made = tokenizer(lexicon(), tmp_path, 20)
    ids = made("a red cat", padding="max_length").input_ids
    assert len(ids) == 20
    assert made.decode(ids, skip_special_tokens=True).replace(" ", "") == "aredcat"


def test_the_tokenizer_is_the_same_when_read_again(tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    made = tokenizer(lexicon(), tmp_path / "new", 20)
    made.save_pretrained(tmp_path / "kept")
    again = CLIPTokenizer.from_pretrained(tmp_path / "kept")
    prompt = "the purple triangle moving to the left in front of a maroon background"
    assert again(prompt).input_ids == made(prompt).input_ids
    assert again.model_max_length == 20


def test_crops_are_parts_of_their_pictures() -> None:
    torch.manual_seed(0)
    pictures = torch.arange(2 * 3 * 8 * 8.0).view(2, 3, 8, 8)
    cropped = _cropped(pictures, 4)
    assert cropped.shape == (2, 3, 4, 4)
    assert torch.equal(cropped[0, 0, 0], cropped[0, 0, 0, 0] + torch.arange(4.0))
    assert _cropped(pictures, None) is pictures


def test_recolouring_exchanges_whole_channels() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(40, 3, 2, 2)
    for before, after in zip(pictures, _recoloured(pictures, 1.0), strict=True):
        assert {tuple(one.abs().flatten().tolist()) for one in after} == {
            tuple(one.flatten().tolist()) for one in before
        }
    assert torch.equal(_recoloured(pictures, 0.0), pictures)
