"""DiffusersBackend: AnimateDiff clips rendered in this process."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from animorch import Backend, BackendError, Clip, Progress, RenderSpec, Unsupported
from animorch_diffusers import device as place
from animorch_diffusers.libraries import import_libraries
from animorch_diffusers.refusals import format_problems, library_problems, spec_problems
from animorch_diffusers.warm import Warm


class DiffusersBackend(Backend):
    """diffusers' AnimateDiffPipeline. Stays warm: between points only what changed is loaded."""

    name: ClassVar[str] = "diffusers"
    version: ClassVar[str] = "1"

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

    _warm: Warm | None = PrivateAttr(None)
    _facts: dict[str, str] = PrivateAttr(default_factory=dict)

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
        }

    def settled(self) -> dict[str, Any]:
        """A launcher's worker may see other devices than the planner."""
        on = place.resolve_device(self.device)
        return {"device": on, "dtype": place.resolve_dtype(self.dtype, on)}

    def numerics(self, spec: RenderSpec) -> dict[str, Any]:
        """The CPU threads that this spec is rendered with; a worker may see other cores than the planner."""
        if place.resolve_device(self.device) != "cpu":
            return {}
        return {"threads": place.resolve_threads(self.threads, spec.checkpoint.base)}

    def unsupported(self, spec: RenderSpec) -> Iterable[str]:
        on = place.resolve_device(self.device)
        if missing := list(library_problems()):
            yield from missing
            return
        yield from format_problems(on, place.resolve_dtype(self.dtype, on))
        yield from spec_problems(spec, self.offline)

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

        from animorch_diffusers.call import rendered

        torch.set_num_threads(place.resolve_threads(self.threads, spec.checkpoint.base))
        on = place.resolve_device(self.device)
        warm = self._warmed(on)
        place.forget_peak(on)
        began = perf_counter()
        ready = warm.ready(spec)
        self._facts |= {"load_seconds": f"{perf_counter() - began:.2f}"}
        try:
            clip, cut = rendered(ready, spec, progress, self.decode_chunk)
        except RuntimeError as error:
            raise_if_full(error, spec)
            raise
        self._facts |= place.facts(on) | ({"prompt_cut": cut} if cut else {})
        return clip

    def _warmed(self, on: str) -> Warm:
        if self._warm is None:
            dtype = place.torch_dtype(place.resolve_dtype(self.dtype, on))
            self._warm = Warm(place.require(on), dtype, self.offline)
        return self._warm

    def environment(self) -> dict[str, str]:
        packages = {name: place.installed(name) for name in ("torch", "diffusers", "transformers", "peft")}
        return self._facts | {name: found for name, found in packages.items() if found}

    def close(self) -> None:
        """Give the weights back to the system and to the device."""
        if self._warm is None:
            return
        self._warm = None
        import gc

        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def raise_if_full(error: RuntimeError, spec: RenderSpec) -> None:
    """Turn torch's out-of-memory error into a sentence."""
    if type(error).__name__ == "OutOfMemoryError" or "out of memory" in str(error):
        raise BackendError(
            f"the device ran out of memory at {spec.frames} frames of {spec.width}x{spec.height}; "
            "lower frames or the size, or set backend.decode_chunk=1"
        ) from error
