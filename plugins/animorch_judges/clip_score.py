"""clip_score: how well each frame fits its prompt, as torchmetrics measures it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from animorch import Clip, Measure, Measures, RenderSpec
from animorch_judges import networks
from animorch_judges.judge import FolderJudge, both, chosen, pictures


class ClipScore(FolderJudge):
    """torchmetrics' CLIPScore of each frame and its prompt: 100 times the cosine of their CLIP embeddings.

    0..100, higher fits better; pictures that fit usually read 25 to 35, and only numbers of one CLIP model
    compare. Below 0 counts as 0, as torchmetrics has it, frame by frame. Under a prompt travel a frame's
    prompt is that of the last key at or before it. Source: Hessel et al. 2021, arXiv:2104.08718.
    """

    name: ClassVar[str] = "clip_score"
    needs: ClassVar[tuple[str, ...]] = ("torch", "transformers", "torchmetrics")
    measures: ClassVar[Mapping[str, Measure]] = both("clip_score", Measure("cosine × 100", "higher", 0, 100))

    weights: str = Field(
        "openai/clip-vit-large-patch14", description="CLIP's folder, or its hub name when in the cache."
    )

    def measure(self, clip: Clip, spec: RenderSpec) -> Measures:
        """The mean over the frames, and `clip_score_by_frame` with T numbers."""
        folder = self.folder()
        assert folder is not None, "preflight() was not asked"
        import torch
        from torchmetrics.functional.multimodal import clip_score

        device = chosen(self.device)
        pair = _Pair(*networks.clip(folder, self.content(), device))
        with torch.inference_mode():
            series = [
                float(clip_score(torch.from_numpy(frame).to(device), prompt, lambda: (pair, pair)))
                for frame, prompt in zip(clip.frames, _prompts(spec, len(clip)), strict=True)
            ]
        return {"clip_score": sum(series) / len(series), "clip_score_by_frame": series}


class _Pair:
    """Model and processor as torchmetrics calls them.

    transformers 5 gives a record where torchmetrics 1.9 takes a tensor, and longer prompts are cut off here
    as they are when a clip is rendered.
    """

    def __init__(self, model: Any, processor: Any, tokenizer: Any) -> None:
        self.model, self.processor, self.tokenizer = model, processor, tokenizer
        self.config = model.config

    def to(self, device: Any) -> _Pair:
        return self

    def __call__(self, images: Any = None, text: Any = None, **_: Any) -> Any:
        if text is None:
            return self.processor(images=pictures(one.numpy() for one in images), return_tensors="pt")
        longest = self.config.text_config.max_position_embeddings
        return self.tokenizer(text, return_tensors="pt", truncation=True, max_length=longest)

    def get_image_features(self, pixels: Any) -> Any:
        return self.model.get_image_features(pixels).pooler_output

    def get_text_features(self, words: Any, seen: Any) -> Any:
        return self.model.get_text_features(words, seen).pooler_output


def _prompts(spec: RenderSpec, count: int) -> list[str]:
    """Each frame's prompt; a clip that post-steps made longer or shorter is spread over the same travel."""
    keys = sorted(spec.prompt_travel)
    if not keys:
        return [_whole(spec, spec.prompt)] * count
    places = [place * spec.frames // count for place in range(count)]
    passed = [max((key for key in keys if key <= place), default=keys[0]) for place in places]
    return [_whole(spec, spec.prompt_travel[key]) for key in passed]


def _whole(spec: RenderSpec, prompt: str) -> str:
    """With what the travel says before and after every prompt."""
    parts = [spec.travel.head, prompt, spec.travel.tail] if spec.travel else [prompt]
    return ", ".join(part for part in parts if part)
