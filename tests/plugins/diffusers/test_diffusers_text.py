"""Prompts: weights in parentheses, any length, and one for each frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from animorch_diffusers.emphasis import weighed
from rendering import render


@pytest.mark.parametrize(
    ("prompt", "fragments"),
    [
        ("a (red:1.3) star", [("a ", 1), ("red", 1.3), (" star", 1)]),
        ("(a:2) ((b)) [c]", [("a", 2), (" ", 1), ("b", 1.21), (" ", 1), ("c", 1 / 1.1)]),
        ("((a:1.5) b:2)", [("a", 3), (" b", 2)]),
        (r"\(a\) (b:0.5)", [("(a) ", 1), ("b", 0.5)]),
        ("(a:1.5) (b", [("a", 1.5), (" ", 1), ("b", 1.1)]),
        ("(a: -1) at 5:30", [("a", -1), (" at 5:30", 1)]),
        ("plain (as written) [so]", [("plain (as written) [so]", 1)]),
        ("", [("", 1)]),
    ],
)
def test_weights_are_read_as_a1111_writes_them(prompt: str, fragments: list[tuple[str, float]]) -> None:
    found = weighed(prompt)
    assert [text for text, _ in found] == [text for text, _ in fragments]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in fragments])


def test_a_weight_of_one_is_the_prompt_without_and_others_change_the_picture(spec: Any, backend: Any) -> None:
    plain, one, strong = (
        render(backend, spec(prompt=text)).frames for text in ("a cat", "(a cat:1)", "a (cat:1.6)")
    )
    assert np.array_equal(plain, one)
    assert not np.array_equal(plain, strong)


def test_a_long_prompt_is_read_to_its_end(spec: Any, backend: Any) -> None:
    clips = [render(backend, spec(prompt="cat " * 80 + last)).frames for last in ("a dog", "a car")]
    assert not np.array_equal(*clips)
    assert backend.environment()["prompt_chunks"] == "2"
    render(backend, spec())
    assert "prompt_chunks" not in backend.environment()


def test_a_chunk_ends_at_a_comma_when_there_is_one_near_its_end(weights: Any) -> None:
    from animorch_diffusers.chunks import chunks_of
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(weights / "checkpoint/tokenizer")

    def told(text: str) -> list[str]:
        chunks = chunks_of(text, tokenizer, lambda text, tokenizer: text)
        assert all(len(chunk.ids) == len(chunk.weights) == 77 for chunk in chunks)
        return [tokenizer.decode(chunk.ids, skip_special_tokens=True).strip() for chunk in chunks]

    assert told("") == [""]
    first, second = told("cat " * 70 + ", " + "dog " * 10)
    assert (first.count("cat"), first.count("dog"), second.count("dog")) == (70, 0, 10)
    first, second = told("cat " * 80)
    assert (first.count("cat"), second.count("cat")) == (75, 5)
