"""blip: BLIP's sentence about the middle frame (Li et al. 2022, arXiv:2201.12086), through transformers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from animorch import Captioner, UsageError
from animorch_caption.picture import middle
from animorch_caption.weights import absence, at_hand, folder_of, missing

_FILES = ("config.json", "tokenizer_config.json")


class Blip(Captioner):
    """A sentence about the middle frame, as `a boat on the water`; needs BLIP's weights at hand."""

    name: ClassVar[str] = "blip"

    weights: str = Field(
        "Salesforce/blip-image-captioning-base",
        description="Folder, or hub repository that is in the cache; nothing is downloaded.",
    )
    prompt: str = Field("", description="How the sentence is to begin, as in `a film of`.")
    tokens: int = Field(40, ge=1, description="The longest sentence.")
    beams: int = Field(3, ge=1, description="Sentences that are pursued at once; 1 is fastest.")

    def preflight(self) -> list[str]:
        if problems := missing(self.name, ("torch", "transformers")):
            return problems
        return [] if folder_of(self.weights, _FILES) else [absence(self.weights, _FILES)]

    def caption(self, path: Path) -> str:
        """Beam search without chance, so the same clip gets the same sentence."""
        import torch

        processor, model = _loaded(at_hand(self.weights, _FILES))
        words = {"text": self.prompt} if self.prompt else {}
        asked = processor(images=middle(path), return_tensors="pt", **words)
        with torch.inference_mode():
            answer = model.generate(
                **asked, max_new_tokens=self.tokens, num_beams=self.beams, do_sample=False
            )
        return " ".join(str(processor.decode(answer[0], skip_special_tokens=True)).split())


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> tuple[Any, Any]:
    """Processor and model; raises UsageError when the folder holds none."""
    from transformers import AutoTokenizer, BlipForConditionalGeneration, BlipProcessor
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
    from transformers.utils import logging

    logging.disable_progress_bar()  # half a second of loading
    try:
        pictures = BlipImageProcessorPil.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = BlipForConditionalGeneration.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        why = str(error).strip().partition("\n")[0]
        raise UsageError(f"{folder} holds no BLIP captioner ({why}); check weights=FOLDER") from error
    finally:
        logging.enable_progress_bar()
    return BlipProcessor(pictures, tokenizer), model.eval()
