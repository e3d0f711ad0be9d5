"""Text: prompts as CLIP embeddings, with A1111's clip_skip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Embedded:
    """Embeddings of shape (1, 77, width), and what of the prompts did not fit."""

    prompt: Any
    negative: Any | None  # None without guidance
    cut: str


def embed(pipe: Any, prompt: str, negative: str | None, clip_skip: int) -> Embedded:
    """Both prompts through the text encoder; `clip_skip` 1 uses every layer.

    As in A1111 and ComfyUI the negative prompt skips the same layers. (diffusers 0.42.1 skips none
    for it, and cannot skip at all with transformers >= 5.6, whose CLIP lost `text_model`.)
    """
    texts = [prompt] if negative is None else [prompt, negative]
    states = [_encode(pipe, text, clip_skip) for text in texts]
    cut = " … ".join(filter(None, (cut_off(pipe.tokenizer, text) for text in texts)))
    return Embedded(states[0], states[1] if negative is not None else None, cut)


def _encode(pipe: Any, text: str, clip_skip: int) -> Any:
    encoder, tokenizer = pipe.text_encoder, pipe.tokenizer
    length = tokenizer.model_max_length
    ids = tokenizer(text, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    ids = ids.input_ids.to(encoder.device)
    mask = _mask(encoder, ids)
    if clip_skip == 1:
        return encoder(ids, attention_mask=mask)[0]
    states = encoder(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    norm = getattr(encoder, "text_model", encoder).final_layer_norm
    return norm(states[-clip_skip])


def _mask(encoder: Any, ids: Any) -> Any:
    """None, as diffusers does, for every CLIP that does not ask for a mask."""
    return (
        (ids != encoder.config.pad_token_id) if getattr(encoder.config, "use_attention_mask", False) else None
    )


def cut_off(tokenizer: Any, text: str) -> str:
    """The end of a prompt that CLIP's 77 tokens leave out; empty when all fits."""
    ids = tokenizer(text, truncation=False).input_ids
    room = tokenizer.model_max_length - 1  # the last place is the end token's
    return str(tokenizer.decode(ids[room:-1])) if len(ids) > tokenizer.model_max_length else ""
