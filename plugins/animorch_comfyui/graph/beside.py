"""Beside: motion modules that work together with the spec's own, by AnimateDiff-Evolved's Gen2 nodes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

from animorch import RenderSpec, Weights
from animorch_comfyui.further import FurtherMotion
from animorch_comfyui.graph.draft import Draft, Link

LOAD, APPLY = "ADE_LoadAnimateDiffModel", "ADE_ApplyAnimateDiffModel"
_POSITIONS = {  # of published files, without their endings
    "mm_sd_v14": 24,
    "mm_sd_v15": 24,
    "mm-stabilized_mid": 24,
    "mm-stabilized_high": 24,
    "temporaldiff-v1-animatediff": 24,
    "hsxl_temporal_layers": 24,
    "mm_sd_v15_v2": 32,
    "v3_sd15_mm": 32,
    "animatelcm_sd15_t2v": 32,
    "mm-p_0.5": 32,
    "mm-p_0.75": 32,
    "mm_sdxl_v10_beta": 32,
    "lt_long_mm_32_frames": 64,
    "lt_long_mm_16_64_frames": 128,
    "lt_long_mm_16_64_frames_v1.1": 128,
}


def beside(draft: Draft, spec: RenderSpec, motions: Sequence[FurtherMotion]) -> dict[str, Link]:
    """`prev_m_models` with the further modules; empty where there are none.

    AnimateDiff-Evolved puts each module before those that are there already, runs them in that order and
    normalises as the first one was trained. So they are chained from the last to the first, and the spec's
    own, which is to be first, is applied to the end of this chain.
    """
    chain: dict[str, Link] = {}
    names = [_name(draft, motion, at) for at, motion in enumerate(motions)]
    for at, (motion, name) in reversed([*enumerate(zip(motions, names, strict=True))]):
        chain = {"prev_m_models": _applied(draft, motion, name, at, chain)}
    _reaches(draft, spec, motions, names)
    return chain


def _name(draft: Draft, motion: FurtherMotion, at: int) -> str:
    return draft.file(Weights(name=motion.file), _label(at), LOAD, "model_name")


def _applied(draft: Draft, motion: FurtherMotion, name: str, at: int, chain: dict[str, Link]) -> Link:
    node, label = f"motion_{at + 2}", _label(at)
    module = draft.add(node, LOAD, model_name=name)
    further: dict[str, Any] = {**chain}
    for field in ("scale", "effect"):
        if (value := getattr(motion, field)) != 1:
            further[f"{field}_multival"] = draft.add(
                f"{node}_{field}",
                "ADE_MultivalDynamic",
                fields={"float_val": f"{label}.{field}"},
                float_val=value,
            )
    return draft.add(
        f"{node}_applied",
        APPLY,
        motion_model=module,
        start_percent=motion.start,
        end_percent=motion.end,
        **further,
    )


def _reaches(draft: Draft, spec: RenderSpec, motions: Sequence[FurtherMotion], names: Sequence[str]) -> None:
    """Tell it when more frames are seen at once than the shortest known table has positions for."""
    tables = {at: table for at, motion in enumerate(motions) if (table := _table(motion, names[at]))}
    shortest = min(tables, key=lambda at: tables[at], default=None)
    span = min(spec.window.length, spec.frames) if spec.window else spec.frames
    if shortest is None or span <= tables[shortest]:
        return
    table = tables[shortest]
    cure = "set" if spec.window else "lower frames, or let windows slide over them:"
    draft.problem(
        f"{'window.length' if spec.window else 'frames'}={span} is more than the {table} that "
        f"{_label(shortest)}={motions[shortest].file} has positions for; {cure} window.length="
        f"{min(table, spec.motion.trained_frames)}, or give that module a table where its file has more"
    )


def _table(motion: FurtherMotion, name: str) -> int | None:
    """Positions of a module, as said or as published; null where nobody knows."""
    return motion.table or _POSITIONS.get(PureWindowsPath(name).stem.lower())


def _label(at: int) -> str:
    return f"backend.motions[{at}]"
