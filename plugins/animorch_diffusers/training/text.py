"""Text: the stage that teaches a text encoder to keep apart the words that it reads.

A text encoder that learns from a denoiser alone hears at first only what changes the mean picture: colours.
Words whose pictures look alike at first (left and right, star and triangle) fall together early, and what
has fallen together gives the UNet nothing to tell them by. So the encoder first learns from captions
alone that at every place all words read so far can be read off, and is then left as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot
from transformers import CLIPTextModel

from animorch_diffusers.training.batch import Batch, samples
from animorch_diffusers.training.export import placed
from animorch_diffusers.training.parts import new_text, tokens
from animorch_diffusers.training.small import BaseText
from animorch_diffusers.training.source import clips_of
from animorch_diffusers.training.stage import Stage, Values
from animorch_diffusers.training.tokens import tokenizer as new_tokenizer

Tensor = Any
TEXT = "text"  # in the result folder: text_encoder/, tokenizer/


class TextStage(Stage):
    """Which tokens have been read, from the encoder's answer at each place: one linear layer tells."""

    def __init__(self, run: BaseText, folder: Path, device: Any = "cpu") -> None:
        super().__init__()
        self.run = run
        clips = clips_of(run.data, run.seed)
        words: list[str] = getattr(clips, "words", list)()
        length = run.text.get("max_position_embeddings", 77)
        self.tokenizer = new_tokenizer(words, folder / "tokenizer", length)
        captions = [clips[number][1] for number in range(min(run.clips, len(clips)))]
        ids = tokens(self.tokenizer, captions)
        used, named = ids.unique(return_inverse=True)
        self.ids, self.named, self.count = ids.to(device), named.to(device), len(used)
        self.text = new_text(run.text, self.tokenizer).float().to(device)
        self.told = torch.nn.Linear(self.text.config.hidden_size, self.count, device=device)

    def learning(self) -> dict[str, torch.nn.Parameter]:
        return dict(self.named_parameters())

    def forward(self, batch: Batch) -> Tensor:
        """Cross entropy, summed over the lexicon and averaged over places."""
        chosen = torch.from_numpy(samples(self.run.seed, len(self.ids), batch.places)).to(self.ids.device)
        read = one_hot(self.named[chosen], self.count).cumsum(1).clamp(max=1).float()  # (B, L, lexicon)
        told = self.told(self.text(self.ids[chosen])[0])
        return binary_cross_entropy_with_logits(told.float(), read) * self.count

    def export(self, result: Path, values: Values) -> None:
        encoder = CLIPTextModel(self.text.config)
        own = {key.removeprefix("text."): value for key, value in values.items() if key.startswith("text.")}
        encoder.load_state_dict(self.text.state_dict() | own)
        with placed(result / TEXT) as folder:
            encoder.save_pretrained(folder / "text_encoder")
            self.tokenizer.save_pretrained(folder / "tokenizer")
