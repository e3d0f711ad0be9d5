"""Judges: tiny networks of the real kinds with chance weights, saved as the published ones are."""

from __future__ import annotations

import json
from pathlib import Path

_SMALL = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
_WORDS = ["a</w>", "red</w>", "kite</w>", "blue</w>", "boat</w>", "over</w>", "the</w>", "sea</w>"]


def tiny_clip(folder: Path) -> Path:
    """OpenAI's CLIP for pictures of 32 pixels, with a tokenizer of single letters and a few words."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    letters = [f"{chr(code)}{end}" for code in range(97, 123) for end in ("", "</w>")]
    vocabulary = ["<|startoftext|>", "<|endoftext|>", *dict.fromkeys([*letters, *_WORDS, ",</w>"])]
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    text = {**_SMALL, **ends, "vocab_size": len(vocabulary), "max_position_embeddings": 20}
    vision = {**_SMALL, "image_size": 32, "patch_size": 8}
    config = CLIPConfig(projection_dim=16, text_config=text, vision_config=vision, **ends)
    CLIPModel(config).save_pretrained(folder)
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    sides = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=sides).save_pretrained(folder)
    return folder


def tiny_dino(folder: Path) -> Path:
    """A ViT, which DINO is, for pictures of 32 pixels."""
    import torch
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(0)
    ViTModel(ViTConfig(**_SMALL, image_size=32, patch_size=8)).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def tiny_head(path: Path) -> Path:
    """A head as LAION's: linear layers with dropout between them, for embeddings of 16 numbers."""
    import torch

    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 1))
    torch.save({f"layers.{name}": values for name, values in layers.state_dict().items()}, path)
    return path


def chance_alexnet(path: Path) -> Path:
    """A file as torchvision publishes AlexNet, of chance weights."""
    import torch
    from torchvision.models import alexnet

    torch.manual_seed(0)
    torch.save(alexnet(weights=None).state_dict(), path)
    return path
