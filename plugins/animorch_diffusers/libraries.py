"""Libraries: torch, transformers, diffusers and peft, imported in one place so that it can be timed."""

from __future__ import annotations


def import_libraries() -> None:
    """Import all that a render needs; costs seconds the first time, and it is not loading weights."""
    import accelerate  # noqa: F401
    import torch  # noqa: F401
    from diffusers import AnimateDiffPipeline, StableDiffusionPipeline  # noqa: F401
    from transformers import CLIPTextModel, CLIPTokenizer  # noqa: F401
