"""The weights in the package: found wherever it lies, small enough, and in the wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from animorch import Checkpoint, Lora, UsageError
from tests.conftest import Studio

ROOT = Path(__file__).parents[3]
HERE = ROOT / "plugins/animorch_embedded"
MODEL = "package:animorch_embedded/weights/model"
MOST = 16 * 2**20  # bytes


def test_a_package_path_is_found_without_importing_the_package() -> None:
    probe = (
        "import sys; from animorch import Checkpoint\n"
        f"found = Checkpoint(name='e', base='embedded', path={MODEL!r}).local()\n"
        "assert (found / 'model_index.json').is_file(), found\n"
        "assert 'animorch_embedded' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", probe], check=True)


def test_a_package_path_and_the_folder_itself_have_one_content_name() -> None:
    named = Checkpoint(name="e", base="embedded", path=MODEL)
    assert named.path == MODEL
    assert named.content() == Checkpoint(name="e", base="embedded", path=str(named.local())).content()


@pytest.mark.parametrize("path", ["package:no_such_package/weights", "package:os.path/x", "package:json_/x"])
def test_a_package_that_is_not_installed_is_told(path: str) -> None:
    with pytest.raises(UsageError, match="which is not installed here; install it, or set path"):
        Checkpoint(name="e", base="embedded", path=path).local()


def test_a_package_without_such_a_file_is_told_of_the_path() -> None:
    with pytest.raises(UsageError, match=r"there is no file or folder at .*animorch_embedded/none"):
        Checkpoint(name="e", base="embedded", path="package:animorch_embedded/none").local()


def test_a_config_folder_may_lie_in_a_package(tmp_path: Path) -> None:
    single = tmp_path / "model.safetensors"
    single.write_bytes(b"x")
    there = Checkpoint(name="e", base="embedded", path=str(single), config=MODEL)
    assert there.local_config() == Checkpoint(name="e", base="embedded", path=MODEL).local()


def test_a_lora_in_a_package_keeps_its_colon_and_its_weight() -> None:
    path = "package:animorch_embedded/weights/loras/night.safetensors"
    assert Lora.model_validate(path).path == path
    weighted = Lora.model_validate(f"{path}:0.8")
    assert (weighted.path, weighted.weight, weighted.name) == (path, 0.8, "night.safetensors")


def test_records_keep_the_package_form(studio: Studio) -> None:
    assert studio.small("cfg=4").code == 0
    (experiment,) = (studio.folder / "runs").glob("default/*/*/experiment.json")
    text = experiment.read_text()
    assert MODEL in text
    assert str(HERE) not in text


def test_the_wheel_holds_the_weights_and_they_are_small(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    packed = {name: size for name, size in sizes.items() if name.startswith("animorch_embedded/")}
    lying = {path.relative_to(HERE.parent).as_posix() for path in HERE.rglob("*") if path.is_file()}
    assert {name for name in lying if "__pycache__" not in name} == packed.keys()
    assert "animorch_embedded/weights/motion/lively/diffusion_pytorch_model.safetensors" in packed
    assert "animorch/conf/motion/calm.yaml" in sizes
    assert sum(packed.values()) < MOST
