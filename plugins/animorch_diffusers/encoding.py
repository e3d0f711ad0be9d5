"""Encoding: one prompt through a pipeline's text encoders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from animorch_diffusers.chunks import Chunk, chunks_of


@dataclass(frozen=True)
class Encoded:
    """`states` (1, 77 * chunks, width) and, of SDXL, `pooled` (1, width) of the first chunk."""

    states: Any
    pooled: Any | None
    chunks: int


def encoded(pipe: Any, text: str, clip_skip: int) -> Encoded:
    """A prompt of any length; `clip_skip` in A1111's numbering, where 1 uses what the family always uses.

    As in A1111 and ComfyUI the negative prompt skips the same layers. (diffusers 0.42.1 skips none for it,
    and cannot skip at all with transformers >= 5.6, whose CLIP lost `text_model`.)
    """
    import torch

    second = getattr(pipe, "text_encoder_2", None)
    if second is None:
        return _through(pipe.text_encoder, pipe.tokenizer, text, _Reading(pipe, clip_skip, xl=False))
    reading = _Reading(pipe, clip_skip, xl=True)
    parts = [_through(second, pipe.tokenizer_2, text, reading)]
    if pipe.text_encoder is not None:
        parts.insert(0, _through(pipe.text_encoder, pipe.tokenizer, text, reading))
    longest = max(part.chunks for part in parts)  # an inversion may have vectors in one vocabulary only
    if any(part.chunks < longest for part in parts):
        empty = [_through(second, pipe.tokenizer_2, "", reading)]
        if pipe.text_encoder is not None:
            empty.insert(0, _through(pipe.text_encoder, pipe.tokenizer, "", reading))
        parts = [filled(part, longest, blank) for part, blank in zip(parts, empty, strict=True)]
    states = torch.concat([part.states for part in parts], dim=-1)
    return Encoded(states.to(second.dtype), parts[-1].pooled, longest)


def filled(prompt: Encoded, chunks: int, empty: Encoded) -> Encoded:
    """A prompt made as long as others with the empty prompt's chunk, as A1111 does."""
    import torch

    more = [empty.states] * (chunks - prompt.chunks)
    return replace(prompt, states=torch.cat([prompt.states, *more], dim=1), chunks=chunks)


@dataclass(frozen=True)
class _Reading:
    pipe: Any
    clip_skip: int
    xl: bool

    def converted(self, text: str, tokenizer: Any) -> str:
        """The text with a textual inversion's further vectors written out."""
        convert = getattr(self.pipe, "maybe_convert_prompt", None)
        return str(convert(text, tokenizer)) if convert else text


def _through(encoder: Any, tokenizer: Any, text: str, reading: _Reading) -> Encoded:
    import torch

    chunks = chunks_of(text, tokenizer, reading.converted)
    read = [_states(encoder, chunk, reading) for chunk in chunks]
    if any(weight != 1 for chunk in chunks for weight in chunk.weights):
        (blank,) = chunks_of("", tokenizer, reading.converted)
        empty = _states(encoder, blank, reading)[0]
        read = [
            (_emphasised(states, empty, chunk), pooled)
            for (states, pooled), chunk in zip(read, chunks, strict=True)
        ]
    return Encoded(torch.cat([states for states, _ in read], dim=1), read[0][1], len(chunks))


def _emphasised(states: Any, empty: Any, chunk: Chunk) -> Any:
    """ComfyUI's reading of a weight (comfy/sd1_clip.py): how far from the empty prompt's a token's state is.

    A1111 multiplies the state itself and then restores the mean over all; that is not defined for encoders
    whose final norm leaves a mean near zero, and moves every other token of the prompt.
    """
    import torch

    weights = torch.tensor(chunk.weights, dtype=states.dtype, device=states.device)[None, :, None]
    return torch.where(weights == 1, states, empty + weights * (states - empty))


def _states(encoder: Any, chunk: Chunk, reading: _Reading) -> tuple[Any, Any | None]:
    """The states (1, 77, width) of one chunk, and what SDXL's second encoder makes of it as a whole."""
    import torch

    ids = torch.tensor([chunk.ids], device=reading.pipe._execution_device)  # an offloaded encoder has none
    if reading.xl:  # SDXL was trained on the last layer but one, without its norm
        out = encoder(ids, output_hidden_states=True)
        return out.hidden_states[-(reading.clip_skip + 1)], out[0] if out[0].ndim == 2 else None
    mask = _mask(encoder, ids)
    if reading.clip_skip == 1:
        return encoder(ids, attention_mask=mask)[0], None
    states = encoder(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    norm = getattr(encoder, "text_model", encoder).final_layer_norm
    return norm(states[-reading.clip_skip]), None


def _mask(encoder: Any, ids: Any) -> Any:
    """None, as diffusers does, for every CLIP that does not ask for a mask."""
    return (
        (ids != encoder.config.pad_token_id) if getattr(encoder.config, "use_attention_mask", False) else None
    )
