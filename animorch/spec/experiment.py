"""Experiment: a RenderSpec plus who renders it and what becomes of the frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from animorch.spec.model import Frozen
from animorch.spec.render import Recommends, RenderSpec
from animorch.spec.travel import settled

Format = Literal["mp4", "av1", "webm", "mkv", "gif", "apng", "webp", "png"]
_OURS = ("store", "training", "mlartifacts", "mlflow.db")  # what a runs folder holds beside experiments


def _free(name: str) -> str:
    if name in _OURS:
        raise ValueError(f"name={name} is what animorch calls a part of the runs folder; choose another")
    return name


Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"), AfterValidator(_free)]


class Choice(BaseModel):
    """A plugin by name, with its options beside the name."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(min_length=1)

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Output(Frozen):
    """How finished frames are written. None of it ever renders again."""

    formats: tuple[Format, ...] = Field(("mp4",), min_length=1, description="Files to write.")
    fps: float = Field(8.0, gt=0, le=240, description="Frames per second of the written files.")
    quality: Literal["draft", "good", "best"] = Field("good", description="Size against fidelity.")


class Experiment(RenderSpec):
    """One experiment file, flat: the fields of a RenderSpec, then these."""

    name: Slug = Field("default", description="Folder under runs/ and name of the MLflow experiment.")
    backend: Choice = Field(Choice(name="testcard"), description="Who renders.")
    post: dict[str, Choice] = Field({}, description="Post-steps, applied in this order.")
    metrics: dict[str, Choice] = Field({}, description="Metrics measured before and after post-steps.")
    output: Output = Output()
    moved: dict[str, Any] = Field({}, description="Settings taken from motion.recommends or a workflow.")

    @model_validator(mode="before")
    @classmethod
    def _settle(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        for kind in ("post", "metrics"):
            if kind in data:
                data[kind] = _named(data[kind], kind)
        data = {key: value for key, value in _recommended(data).items() if value is not None}
        travels = [key for key in ("prompt_travel", "negative_travel") if data.get(key)]
        if travels:
            output, usual = data.get("output"), Output().fps
            fps = output.get("fps", usual) if isinstance(output, dict) else getattr(output, "fps", usual)
            frames = data.get("frames", cls.model_fields["frames"].default)
            data |= {key: settled(data[key], frames, fps) for key in travels}
        return data

    @property
    def spec(self) -> RenderSpec:
        """The part a backend sees."""
        return RenderSpec.model_construct(**{key: getattr(self, key) for key in RenderSpec.model_fields})


def _named(chosen: Any, kind: str) -> Any:
    """{boomerang: {loops: 1}} and [boomerang] both become {boomerang: {name: boomerang, …}}."""
    if isinstance(chosen, (list, tuple)):
        chosen = _keyed(chosen, kind)
    if not isinstance(chosen, dict):
        return chosen
    return {
        key: {"name": key} | item
        if isinstance(item, dict)
        else {"name": item}
        if isinstance(item, str)
        else item
        for key, item in chosen.items()
        if item is not None
    }


def _keyed(chosen: Sequence[Any], kind: str) -> dict[str, Any]:
    keyed: dict[str, Any] = {}
    for item in chosen:
        name = item.get("name") if isinstance(item, dict) else item
        if not isinstance(name, str):
            raise ValueError(f"{kind} lists {item!r}, which has no name; write it as {{name: …}}")
        if name in keyed:
            raise ValueError(
                f"{kind} lists {name} twice; give each a key of its own, as in {{again: {{name: {name}}}}}"
            )
        keyed[name] = item
    return keyed


def _recommended(data: dict[str, Any]) -> dict[str, Any]:
    """Null settings take the motion module's recommendation, else the general default."""
    motion = data.get("motion")
    wishes = motion.get("recommends") if isinstance(motion, dict) else getattr(motion, "recommends", None)
    wishes = wishes.model_dump() if isinstance(wishes, Recommends) else wishes
    wishes = wishes if isinstance(wishes, dict) else {}
    known = data.get("moved") or {}
    if not isinstance(known, dict):
        return data
    moved = {key: value for key, value in known.items() if data.get(key) == value}  # else changed since
    for key in Recommends.model_fields:
        if data.get(key) is None:
            data.pop(key, None)
            if wishes.get(key) is not None:
                data[key] = moved[key] = wishes[key]
    return data | {"moved": moved}
