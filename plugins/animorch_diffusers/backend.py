"""DiffusersBackend: AnimateDiff clips rendered in this process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from animorch import Backend, Clip, Progress, RenderSpec, Unsupported
from animorch_diffusers import device as place
from animorch_diffusers import economy
from animorch_diffusers.device_options import attention_problems, compile_problems, offload_problems
from animorch_diffusers.estimate import Offload, Setup
from animorch_diffusers.fit import memory_notes
from animorch_diffusers.libraries import import_libraries
from animorch_diffusers.memory import Budget
from animorch_diffusers.refusals import format_problems, library_problems, spec_problems
from animorch_diffusers.rescue import full, ran_out, same_pixels
from animorch_diffusers.sharing import Sharing, shared_calls
from animorch_diffusers.warm import Warm


class DiffusersBackend(Backend):
    """diffusers' AnimateDiffPipeline. Stays warm: between points only what changed is loaded."""

    name: ClassVar[str] = "diffusers"
    version: ClassVar[str] = "2"  # 2: prompts of more than 77 tokens and with weights are read

    device: place.Device = Field("auto", description="Where to compute.")
    dtype: place.Dtype = Field("auto", description="Number format; auto is fp16 on cuda, fp32 elsewhere.")
    threads: int | None = Field(
        None,
        ge=1,
        description="CPU threads; null is 1 for the embedded model, else OMP_NUM_THREADS or every core. On a "
        "busy machine set it below the free cores: threads that wait for a core made a step ten times "
        "slower.",
    )
    offline: bool = Field(False, description="Use local files and the hub cache only.")
    decode_chunk: int = Field(16, ge=1, description="Frames the VAE decodes at once; lower saves memory.")
    window_batch: int = Field(1, ge=1, description="Windows in one UNet call; more is faster and larger.")
    chunk_feed_forward: int | None = Field(
        None, ge=1, description="Parts that feed-forwards are computed in; 8 halves what the UNet holds."
    )
    vae_slicing: bool = Field(False, description="One frame after the other in the VAE, also when encoding.")
    vae_tiling: bool = Field(False, description="Large frames through the VAE in tiles; changes pixels.")
    attention: economy.Attention = Field("auto", description="torch's attention kernel.")
    offload: Offload = Field(
        "none", description="What waits in the system's memory: a model, or layers (group, sequential)."
    )
    channels_last: bool = Field(False, description="Convolutions with channels innermost; faster on cuda.")
    compile: bool = Field(False, description="Compile the UNet (cuda); minutes once, then faster.")
    sharing: bool = Field(
        True,
        description="Keep encoded prompts, and the first denoising step for clips that differ in cfg alone; "
        "frames are the same to the bit.",
    )

    _warm: Warm | None = PrivateAttr(None)
    _sharing: Sharing = PrivateAttr(default_factory=Sharing)
    _facts: dict[str, str] = PrivateAttr(default_factory=dict)
    _smaller: tuple[str, Setup] | None = PrivateAttr(None)  # after memory ran out, until close()
    _patches: tuple[object, ...] | None = PrivateAttr(None)

    def identity(self) -> dict[str, Any]:
        """Libraries, device type, number format, and what else moves a pixel by a rounding."""
        on = place.resolve_device(self.device)
        return {
            "name": self.name,
            "version": self.version,
            "diffusers": place.installed("diffusers"),
            "torch": place.installed("torch"),
            "transformers": place.installed("transformers"),
            "peft": place.installed("peft"),
            "device": on,
            "dtype": place.resolve_dtype(self.dtype, on),
            "decode_chunk": self.decode_chunk,
            **self._moving(on),
        }

    def _moving(self, on: str) -> dict[str, Any]:
        """Options that move a pixel, where they are not at their defaults; docs/memory.md has the figures.

        Chunked feed-forwards are bit-identical on the CPU; a card may choose another kernel for fewer rows.
        """
        names = ["attention", "channels_last", "compile", "vae_slicing", "vae_tiling"]
        names += [] if on == "cpu" else ["chunk_feed_forward"]
        fields = type(self).model_fields
        asked = {name: getattr(self, name) for name in names}
        return {name: value for name, value in asked.items() if value != fields[name].default}

    def settled(self) -> dict[str, Any]:
        """A launcher's worker may see other devices than the planner."""
        on = place.resolve_device(self.device)
        return {"device": on, "dtype": place.resolve_dtype(self.dtype, on)}

    def numerics(self, spec: RenderSpec) -> dict[str, Any]:
        """The CPU threads that this spec is rendered with; a worker may see other cores than the planner.

        And how many windows go through the UNet together, where there are windows: it moves a rounding.
        """
        batch = {"window_batch": self.window_batch} if spec.window and self.window_batch > 1 else {}
        if place.resolve_device(self.device) != "cpu":
            return batch
        return batch | {"threads": place.resolve_threads(self.threads, spec.checkpoint.base)}

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        on = place.resolve_device(self.device)
        if missing := list(library_problems()):
            yield from missing
            return
        dtype = place.resolve_dtype(self.dtype, on)
        yield from format_problems(on, dtype)
        yield from offload_problems(self.offload, on, dtype, spec)
        yield from attention_problems(self.attention, on, dtype)
        yield from compile_problems(self.compile, on, self.offload)
        yield from spec_problems(spec, self.offline)

    def notes(self, spec: RenderSpec) -> Iterable[str]:
        """What of the card's memory the clip takes, and what to do where it will not fit."""
        on = place.resolve_device(self.device)
        return memory_notes(spec, self._setup(on), on)

    def shared(self, specs: Sequence[RenderSpec]) -> int:
        return shared_calls(specs) if self.sharing else 0

    def render(self, spec: RenderSpec, progress: Progress) -> Clip:
        problems = list(self.unsupported(spec))
        if problems:
            raise Unsupported("; ".join(problems))
        from animorch_diffusers.quiet import quiet

        try:
            began = perf_counter()
            with quiet():
                import_libraries()
                self._facts = {"import_seconds": f"{perf_counter() - began:.2f}"}
                return self._render(spec, progress)
        except BaseException:  # whatever was half loaded or half changed must not reach the next point
            self.close()
            raise

    def _render(self, spec: RenderSpec, progress: Progress) -> Clip:
        import torch

        torch.set_num_threads(place.resolve_threads(self.threads, spec.checkpoint.base))
        on = place.resolve_device(self.device)
        setup = self._smaller[1] if self._smaller else self._setup(on)
        try:
            return self._once(spec, progress, on, setup)
        except RuntimeError as error:
            if not ran_out(error):
                raise
            smaller = None if self._smaller else same_pixels(setup, on, self.compile)
            if smaller is None:
                raise full(spec, setup, on, self._smaller and self._smaller[0]) from error
        # outside of the handler, whose traceback holds the tensors of the call that failed
        self.close()
        try:
            clip = self._once(spec, progress, on, smaller[1])
        except RuntimeError as error:
            raise (full(spec, smaller[1], on, smaller[0]) if ran_out(error) else error) from error
        self._smaller = smaller
        self._facts |= {"memory_ran_out": f"rendered with {smaller[0]}, the same pixels"}
        return clip

    def _once(self, spec: RenderSpec, progress: Progress, on: str, setup: Setup) -> Clip:
        from animorch_diffusers.call import rendered
        from animorch_diffusers.offload import put_away

        device = place.require(on)  # before anything else asks the device
        place.forget_peak(on)
        began = perf_counter()
        ready = self._warmed(on, setup).ready(spec)
        economy.as_stock(ready.pipe)
        economy.economise(ready.pipe, setup.budget, self.channels_last)
        put_away(ready.pipe, setup.offload, device)
        if self.compile:
            patches = (spec.motion_scale, spec.group_norm)
            economy.compile_unet(ready.pipe, patches, self._patches)
            self._patches = patches
        self._facts |= {"load_seconds": f"{perf_counter() - began:.2f}"}
        with economy.attention(self.attention):
            sharing = self._sharing if self.sharing else None
            clip, facts = rendered(ready, spec, progress, setup.budget, sharing, self.offline)
        self._facts |= place.facts(on) | facts
        return clip

    def _setup(self, on: str) -> Setup:
        budget = Budget(
            decode_chunk=self.decode_chunk,
            window_batch=self.window_batch,
            chunk_feed_forward=self.chunk_feed_forward,
            vae_slicing=self.vae_slicing,
            vae_tiling=self.vae_tiling,
        )
        return Setup(place.resolve_dtype(self.dtype, on), self.offload, self.attention, budget)

    def _warmed(self, on: str, setup: Setup) -> Warm:
        if self._warm is None:
            home = place.require(on if setup.offload == "none" else "cpu")
            self._warm = Warm(home, place.torch_dtype(setup.dtype), self.offline)
        return self._warm

    def environment(self) -> dict[str, str]:
        packages = {name: place.installed(name) for name in ("torch", "diffusers", "transformers", "peft")}
        return self._facts | {name: found for name, found in packages.items() if found}

    def close(self) -> None:
        """Give the weights back to the system and to the device."""
        self._sharing, self._smaller, self._patches = Sharing(), None, None
        if self._warm is None:
            return
        self._warm = None
        import gc

        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
