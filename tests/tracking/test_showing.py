"""What MLflow's own pages are given to show: pictures, a video that plays, prompts, a description."""

from __future__ import annotations

import numpy as np
import pytest

from animorch import Clip
from animorch.media import encode
from animorch.tracking import project
from animorch.tracking.note import NOTE


def noise(width: int, height: int, frames: int = 3) -> Clip:
    shape = (frames, height, width, 3)
    return Clip(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


@pytest.fixture
def shown(sweep, look):
    """The run of cfg=4 once its folder holds a clip of the given size in the given format."""

    def shown(width: int = 32, name: str = "clip.mp4"):
        folder = sweep.finish("4")
        (folder / "clip.mp4").unlink()
        encode(noise(width, 24), folder / "frames.mkv", {})
        encode(noise(width, 24), folder / name, {})
        project(sweep.folder, None, closed=True)
        return look().children()["4"]

    return shown


def test_first_middle_and_last_frame_are_images_of_these_keys(shown, look):
    names = look().files(shown(), "images")
    assert {name.removeprefix("images/").split("+")[0].split("%")[0] for name in names} == {
        "first",
        "middle",
        "last",
    }


@pytest.mark.parametrize(
    ("width", "name", "sent"),
    [(160, "clip.mp4", False), (161, "clip.mp4", True), (32, "clip.mp4", True), (33, "clip.webm", False)],
)
def test_a_clip_that_not_every_browser_plays_or_that_is_tiny_gets_a_preview(shown, look, width, name, sent):
    assert ("preview.mp4" in look().files(shown(width, name))) == sent


def test_every_axis_is_a_param_and_a_tag(shown):
    run = shown()
    assert (run.data.params["cfg"], run.data.tags["axis.cfg"]) == ("4", "4")


def test_the_prompt_is_a_dataset_that_equal_prompts_share(shown, look, sweep):
    shown()
    sweep.finish("7")
    project(sweep.folder, None, closed=True)
    found = [run.inputs.dataset_inputs for run in look().children().values()]
    assert [len(inputs) for inputs in found] == [1, 1]
    one, two = (inputs[0].dataset for inputs in found)
    assert (one.name, one.digest, one.source_type) == (two.name, two.digest, "prompt")
    assert one.name == "a fox, running"


def test_the_description_has_a_picture_and_the_command_that_renders_it(shown, look):
    run = shown()
    note = run.data.tags[NOTE]
    assert f"get-artifact?path=poster.png&run_uuid={run.info.run_id}" in note
    assert "animorch cfg=4" in note
    assert "animorch -m cfg=4,7 'prompt='\"'\"'a fox" in look().parent().data.tags[NOTE]


def test_a_description_that_a_person_wrote_stays(shown, look, sweep):
    run = shown()
    look().client.set_tag(run.info.run_id, NOTE, "my favourite")
    sweep.finish("4", metrics={"flicker": [1.0]})
    project(sweep.folder, None, closed=True)
    assert look().children()["4"].data.tags[NOTE] == "my favourite"


def test_the_page_goes_up_with_the_sweep_and_the_description_says_so(sweep, look):
    sweep.finish("4")
    sweep.picture()
    (sweep.folder / "index.html").write_text("<p>page</p>")
    project(sweep.folder, None, closed=True)
    parent = look().parent()
    assert "index.html" in look().files(parent)
    assert "contact_sheet.png" in parent.data.tags[NOTE]
    assert "`index.html`" in parent.data.tags[NOTE]
