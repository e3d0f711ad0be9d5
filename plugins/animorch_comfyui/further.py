"""FurtherMotion: a motion module that works beside the spec's own."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FurtherMotion(BaseModel):
    """What one AnimateDiff-Evolved node is told of a module; `file: mm.ckpt` may be written as `mm.ckpt`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    file: str = Field(min_length=1, description="What the server calls it, or a name in backend.models.")
    scale: float = Field(1.0, ge=0, description="How far it moves things, as motion_scale.")
    effect: float = Field(1.0, ge=0, description="How strongly it acts at all; 0 is not at all.")
    start: float = Field(0.0, ge=0, le=1, description="Share of the denoising from which it acts.")
    end: float = Field(1.0, ge=0, le=1, description="Share of the denoising up to which it acts.")
    table: int | None = Field(
        None, ge=1, description="Positions that it has, where the file is none of the published ones."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_a_word(cls, data: Any) -> Any:
        return {"file": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _acts_for_a_while(self) -> FurtherMotion:
        if self.start >= self.end:
            raise ValueError(
                f"{self.file}: start={self.start} is not before end={self.end}, so it never acts; lower "
                "start or raise end"
            )
        return self

    def moves(self) -> dict[str, Any]:
        """What of it moves a pixel, for a render key; its table only says what is refused."""
        return self.model_dump(exclude_defaults=True, exclude={"table"})
