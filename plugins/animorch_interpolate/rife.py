"""rife: RIFE through rife-ncnn-vulkan-python, on any GPU that Vulkan knows, or on the CPU."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from animorch import BackendError, WeightsError
from animorch_interpolate import weights
from animorch_interpolate.gaps import filled
from animorch_interpolate.interpolator import Interpolator

if TYPE_CHECKING:
    import numpy as np

ADVICE = (
    "take a folder such as rife-v4.6 out of github.com/nihui/rife-ncnn-vulkan or of a release of "
    "github.com/TNTwise/rife-ncnn-vulkan, and set post.rife.model=FOLDER"
)
_INSTALL = "pip install rife-ncnn-vulkan-python-tntwise opencv-python-headless, or use post=rife_torch"
# tntwise 1.4.5 pads to multiples of 32 or 64 itself and, on the CPU, forgets to cut rows to their width
_SIDE = 64


class Rife(Interpolator):
    """The folder's name says what it is (rife-v2.3, rife-v4.6 …); v4 knows every time, others the middle."""

    name: ClassVar[str] = "rife"

    model: str | None = Field(None, description="Folder of an ncnn model: flownet.param, flownet.bin.")
    gpuid: int | None = Field(
        None, ge=-1, description="Which GPU; -1 is the CPU, null the first GPU or else the CPU."
    )
    uhd: bool = Field(False, description="Look for motion at half size, for pictures above 1080p.")
    threads: int = Field(1, ge=1, le=64, description="CPU threads, when it runs there.")

    @model_validator(mode="after")
    def _has_model(self) -> Rife:
        weights.needed(self.name, self.model, ADVICE)
        return self

    def content(self) -> str:
        return weights.content(self.name, self.model or "")

    def between(self, ends: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """As Interpolator asks; raises BackendError for the wheel or Vulkan, WeightsError for the model."""
        import numpy as np
        from PIL import Image

        folder = weights.local(self.name, self.model or "")
        network = _loaded(folder, self.content(), self.gpuid, self.uhd, self.threads)
        height, width = ends.shape[1:3]
        rims = ((0, 0), (0, -height % _SIDE), (0, -width % _SIDE), (0, 0))
        return filled(
            map(Image.fromarray, np.pad(ends, rims, mode="edge")),
            self.factor,
            network.process,
            any_time=_is_v4(folder),
            shown=lambda picture: np.asarray(picture)[:height, :width],
        )


def _is_v4(folder: Path) -> bool:
    return any(mark in folder.name for mark in ("rife-v4", "rife4", "rife-4"))  # as the wheel tells


@lru_cache(maxsize=1)
def _loaded(folder: Path, stamp: str, gpuid: int | None, uhd: bool, threads: int) -> Any:
    library = _library()
    if absent := [name for name in ("flownet.param", "flownet.bin") if not (folder / name).is_file()]:
        raise WeightsError(f"{folder} has no {absent[0]}, so it is no RIFE model for ncnn; {ADVICE}")
    count = library.wrapped.get_gpu_count()
    chosen = (0 if count else -1) if gpuid is None else gpuid
    if chosen >= count:
        raise BackendError(
            f"post.rife.gpuid={chosen} was asked for and Vulkan sees {count} GPUs; use gpuid=-1 for the CPU"
        )
    where = f"GPU {chosen}" if chosen >= 0 else f"CPU, {threads} threads"
    _log(f"rife: {folder.name} on {where}")
    return library.Rife(gpuid=chosen, model=str(folder), scale=1, uhd_mode=uhd, num_threads=threads)


def _library() -> Any:
    """The wheel; raises BackendError with what is missing and how to get it."""
    try:
        import rife_ncnn_vulkan_python
    except ModuleNotFoundError as error:
        missing = "opencv" if error.name == "cv2" else "rife-ncnn-vulkan-python"
        raise BackendError(f"post=rife needs {missing}, which is not installed; {_INSTALL}") from error
    except ImportError as error:
        if "vulkan" not in str(error):
            raise BackendError(f"rife-ncnn-vulkan-python cannot be loaded ({error}); {_INSTALL}") from error
        raise BackendError(
            "post=rife needs the Vulkan loader, also on the CPU, and libvulkan.so.1 is not installed; "
            "apt-get install libvulkan1 (dnf install vulkan-loader), or use post=rife_torch"
        ) from error
    return rife_ncnn_vulkan_python


def _log(line: str) -> None:
    """Into the point's log.txt: the wheel itself says nothing when it falls back to the CPU."""
    import logging

    logging.getLogger("animorch").info(line)
