"""Noise: what AnimateDiff-Evolved is told of noise, of its repetition (FreeInit) and of unusual betas."""

from __future__ import annotations

from typing import Any

from animorch import RenderSpec
from animorch_comfyui.graph.betas import DISTILLED_STEPS, Betas
from animorch_comfyui.graph.draft import Draft, Link
from animorch_comfyui.graph.options import GraphOptions

_HIGHEST_SEED = 2**64 - 1


def settings(draft: Draft, spec: RenderSpec, betas: Betas, options: GraphOptions) -> Link | None:
    """Sample settings; None where all is as ComfyUI does it by itself."""
    further: dict[str, Any] = {}
    last = spec.seed + (spec.frames - 1 if options.noise == "auto1111" else 0)
    last += spec.freeinit.iterations - 1 if spec.freeinit else 0
    if last > _HIGHEST_SEED:
        draft.problem(f"seed={spec.seed} counts up to {last}, above the highest seed 2^64-1; lower seed")
    if spec.freeinit is not None:
        further["iteration_opts"] = _freeinit(draft, spec)
    if betas.word is None:
        further["sigma_schedule"] = _raw(draft, betas)
    if not further and spec.freenoise is None and options.noise == "comfy":
        return None
    return draft.add(
        "noise",
        "ADE_AnimateDiffSamplingSettings",
        fields={"seed_gen": "backend.noise"},
        batch_offset=0,
        noise_type="FreeNoise" if spec.freenoise else "default",
        seed_gen=options.noise,
        seed_offset=0,
        **further,
    )


def _freeinit(draft: Draft, spec: RenderSpec) -> Link:
    """The first pass is plain; each later one starts from the one before, at full noise (timestep 999)."""
    free = spec.freeinit
    assert free is not None
    fields = {"iterations": "iterations", "filter": "filter", "n_butterworth": "order"}
    fields |= {"d_s": "spatial", "d_t": "temporal"}
    return draft.add(
        "freeinit",
        "ADE_IterationOptsFreeInit",
        fields={name: f"freeinit.{field}" for name, field in fields.items()},
        iterations=free.iterations,
        filter=free.filter,
        d_s=free.spatial,
        d_t=free.temporal,
        n_butterworth=free.order,
        sigma_step=999,
        apply_to_1st_iter=False,
        init_type="FreeInit [sampler sigma]",
    )


def _raw(draft: Draft, betas: Betas) -> Link:
    return draft.add(
        "betas",
        "ADE_RawSigmaSchedule",
        fields={"linear_start": "motion.beta_start", "linear_end": "motion.beta_end"},
        raw_beta_schedule=betas.raw,
        linear_start=betas.start,
        linear_end=betas.end,
        sampling=betas.sampling,
        lcm_original_timesteps=DISTILLED_STEPS,
        zsnr=False,
    )
