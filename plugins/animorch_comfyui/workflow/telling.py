"""Telling: prompts of a RenderSpec into the texts of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from animorch import BackendError, RenderSpec
from animorch_comfyui.graph import fizz
from animorch_comfyui.workflow.names import told
from animorch_comfyui.workflow.prompts import Encoder
from animorch_comfyui.workflow.schedule_text import parsed
from animorch_comfyui.workflow.values import holds_negative_elsewhere, value_at

if TYPE_CHECKING:
    from animorch_comfyui.workflow.writing import Writing

Path = dict[int, str]  # frame → prompt


def write_prompts(writing: Writing, spec: RenderSpec) -> None:
    """Both polarities; one schedule may hold both. Raises BackendError with a sentence."""
    found = writing.found
    for name, travel in (("prompt", spec.prompt_travel), ("negative_prompt", spec.negative_travel)):
        _check_heard(name, getattr(spec, name), travel, writing.own.get(name, ""))
    wanted = {
        "prompt": _path(spec.prompt, spec.prompt_travel),
        "negative_prompt": _path(spec.negative_prompt, spec.negative_travel),
    }
    own = {
        "prompt": _path(writing.own.get("prompt", ""), writing.own.get("prompt_travel", {})),
        "negative_prompt": _path(
            writing.own.get("negative_prompt", ""), writing.own.get("negative_travel", {})
        ),
    }
    changed = [name for name in wanted if wanted[name] != own[name]]
    texts = {"prompt": found.positive, "negative_prompt": found.negative}
    shared = _shared(texts["prompt"], texts["negative_prompt"])
    for name in changed:
        if texts[name] is None:
            raise BackendError(writing.unplaced(_called(name, wanted[name]), _shown(wanted[name])))
    if shared and changed:
        _write_both(writing, shared, wanted, changed)
        return
    for name in changed:
        text = texts[name]
        assert text is not None
        _write_one(writing, text, name, wanted[name])


def _check_heard(name: str, prompt: str, travel: Path, own: str) -> None:
    """A prompt that a travel takes the place of from frame 0 on would change nothing."""
    if prompt and prompt != own and 0 in travel:
        key = _called(name, travel | {-1: ""})
        raise BackendError(
            f"{name}={_shown({0: prompt})} is not heard, since {key} has a prompt at frame 0; "
            f"say {key}=null too, or what you want there by {key}={{0: …}}"
        )


def _path(prompt: str, travel: Path) -> Path:
    """Where the clip begins, and what follows; `prompt` is at frame 0 unless the travel has one there."""
    begins = {0: prompt} if not travel or (prompt and 0 not in travel) else {}
    return dict(sorted((begins | travel).items()))


def _shared(positive: Encoder | None, negative: Encoder | None) -> Encoder | None:
    """The schedule that holds both prompts, when there is one."""
    if positive and negative and positive.both and positive.targets == negative.targets:
        return positive if (positive.part, negative.part) == (0, 1) else None
    return None


def _write_both(writing: Writing, text: Encoder, wanted: dict[str, Path], changed: list[str]) -> None:
    positive, negative = wanted["prompt"], wanted["negative_prompt"]
    where = told(writing.graph, text.node)
    if holds_negative_elsewhere(writing.graph, text):
        if "negative_prompt" in changed:
            raise BackendError(
                f"negative_prompt={_shown(negative)} has no place in the workflow: {where} says one before "
                f"or after every prompt; set that by backend.set.{text.node}.app_text (or pre_text)"
            )
        negative = _kept_negatives(writing, text, positive)
    elif len(negative) == 1:
        negative = dict.fromkeys(positive, next(iter(negative.values())))
    if set(negative) != set(positive):
        raise BackendError(
            f"prompt_travel and negative_travel have other frames and {where} takes both in one text; give "
            f"both the frames {', '.join(map(str, sorted({*positive, *negative})))}"
        )
    _check_plain({**positive, **{-1 - frame: said for frame, said in negative.items()}}, where)
    _put(writing, text, "prompt", fizz.inside(positive, negative))


def _kept_negatives(writing: Writing, text: Encoder, positive: Path) -> Path:
    """What stands after --neg in single prompts of the graph, at the frames that stay."""
    listed = parsed(str(value_at(writing.graph, text.targets[0]))) or {}
    return {frame: listed.get(frame, "").partition("--neg")[2].strip() for frame in positive}


def _write_one(writing: Writing, text: Encoder, name: str, wanted: Path) -> None:
    if text.scheduled:
        if text.part:
            raise BackendError(
                f"{name}={_shown(wanted)}: {told(writing.graph, text.node)} gives the negative part of "
                "another schedule, which is not written; set its text by "
                f"backend.set.{text.node}.{text.targets[0].input}"
            )
        _check_plain(wanted if text.both else {}, told(writing.graph, text.node))
        _put(writing, text, name, fizz.inside(wanted))
    elif len(wanted) == 1:
        _put(writing, text, name, next(iter(wanted.values())))
    else:
        raise BackendError(
            f"{_called(name, wanted)} has no place in the workflow: {told(writing.graph, text.node)} takes "
            "one prompt; use a node that takes prompts by frame there, such as BatchPromptSchedule"
        )


def _check_plain(prompts: Path, where: str) -> None:
    for prompt in prompts.values():
        if "--neg" in prompt or "`" in prompt:
            raise BackendError(f"{_shown({0: prompt})}: {where} would read --neg and backticks as its own")


def _put(writing: Writing, text: Encoder, name: str, value: str) -> None:
    for target in text.targets:
        writing.put(target, value, name)


def _called(name: str, wanted: Path) -> str:
    if len(wanted) == 1:
        return name
    return "prompt_travel" if name == "prompt" else "negative_travel"


def _shown(wanted: Path) -> str:
    text = next(iter(wanted.values())) if len(wanted) == 1 else str(wanted)
    return repr(text if len(text) <= 40 else text[:39] + "…")
