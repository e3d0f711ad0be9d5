"""Offers: what a server has, as its own lists name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EXTENSION = "animatediff"  # as script-info names it; A1111 takes any case


@dataclass(frozen=True)
class Sampler:
    """A sampler as infotexts name it, with the other spellings that the API takes."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scheduler:
    """A scheduler: `label` is what the API is sent and what infotexts say."""

    name: str
    label: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A checkpoint: `title` is what the option sd_model_checkpoint takes.

    hash (10 hex) and sha256 (64 hex) are null until the server has loaded the file once.
    """

    title: str
    model_name: str
    file: str  # the file's name without its folder
    hash: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class LoraFile:
    """A LoRA: `name` is what a prompt's tag takes; `alias` comes from the file's own metadata."""

    name: str
    alias: str = ""
    file: str = ""


@dataclass(frozen=True)
class Offers:
    """What one server has.

    schedulers is None before 1.9.1, where a schedule is part of a sampler's name. args is the dict that
    script-info gives for AnimateDiff (accepted key: default), None where the extension is absent.
    controls are ControlNet's models, None where that extension is absent.
    Embeddings of other bases are those that do not fit the checkpoint that is loaded just now.
    """

    samplers: tuple[Sampler, ...] = ()
    schedulers: tuple[Scheduler, ...] | None = None
    checkpoints: tuple[Model, ...] = ()
    loras: tuple[LoraFile, ...] = ()
    vaes: tuple[str, ...] = ()
    embeddings: tuple[str, ...] = ()
    embeddings_of_other_bases: tuple[str, ...] = ()
    args: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    controls: tuple[str, ...] | None = None


def offers(
    *,
    samplers: Sequence[Mapping[str, Any]],
    schedulers: Sequence[Mapping[str, Any]] | None,
    models: Sequence[Mapping[str, Any]],
    script_info: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
    loras: Sequence[Mapping[str, Any]] = (),
    vaes: Sequence[Mapping[str, Any]] = (),
    embeddings: Mapping[str, Any] | None = None,
    controls: Mapping[str, Any] | None = None,
) -> Offers:
    """Offers out of the JSON of the routes.

    samplers, schedulers (None: 404), models (sd-models), script_info (script-info), options, loras,
    vaes (sd-vae), embeddings (the whole reply), controls (controlnet/model_list, None: 404).
    Entries in another shape than 1.6 to 1.10 give are passed over.
    """
    return Offers(
        samplers=tuple(Sampler(_text(one, "name"), _texts(one.get("aliases"))) for one in samplers),
        schedulers=None if schedulers is None else tuple(_scheduler(one) for one in schedulers),
        checkpoints=tuple(_model(one) for one in models),
        loras=tuple(
            LoraFile(_text(one, "name"), _text(one, "alias"), _base(_text(one, "path"))) for one in loras
        ),
        vaes=tuple(_text(one, "model_name") for one in vaes),
        embeddings=_texts((embeddings or {}).get("loaded")),
        embeddings_of_other_bases=_texts((embeddings or {}).get("skipped")),
        args=_args(script_info),
        options=dict(options),
        controls=None if controls is None else _texts(controls.get("model_list")),
    )


def _args(script_info: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The dict of accepted keys and defaults, which is the value of AnimateDiff's one argument."""
    for one in script_info:
        if _text(one, "name").lower() == EXTENSION:
            for argument in one.get("args") or ():
                if isinstance(argument, Mapping) and isinstance(argument.get("value"), Mapping):
                    return dict(argument["value"])
    return None


def _scheduler(one: Mapping[str, Any]) -> Scheduler:
    return Scheduler(_text(one, "name"), _text(one, "label"), _texts(one.get("aliases")))


def _model(one: Mapping[str, Any]) -> Model:
    return Model(
        title=_text(one, "title"),
        model_name=_text(one, "model_name"),
        file=_base(_text(one, "filename")),
        hash=one.get("hash") or None,
        sha256=one.get("sha256") or None,
    )


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(item for item in value or () if isinstance(item, str))


def _base(path: str) -> str:
    """A file's name; the server's folders may be of either kind of system."""
    return path.replace("\\", "/").rpartition("/")[2]
