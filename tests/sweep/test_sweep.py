"""A sweep from command to grid: what it leaves, how it resumes, how it fails."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from animorch.media import decode, read_metadata
from animorch.runs.names import STAGING
from tests.conftest import SMALL, Studio


def mtimes(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_three_points_end_as_three_playable_clips_and_a_grid(studio: Studio) -> None:
    said = studio.small("-m", "cfg=4,7,10", "motion=v15_v2")
    assert said.code == 0, said.err
    (folder,) = studio.sweeps()
    clips = sorted(folder.glob("cfg-*/clip.mp4"))
    assert [len(decode(clip)) for clip in clips] == [4, 4, 4]
    assert {(decode(clip).width, decode(clip).height) for clip in clips} == {(64, 48)}
    assert len(decode(folder / "grid.mp4")) == 4
    assert (folder / "contact_sheet.png").is_file()
    assert "3 rendered" in said.out
    assert "grid.mp4" in said.out


def test_a_points_folder_holds_everything_that_was_asked_and_happened(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7", "motion=v15_v2", "post=[boomerang]", "output.formats=[mp4,gif]")
    (folder,) = studio.sweeps()
    point = sorted(folder.glob("cfg-4*"))[0]
    there = {path.name for path in point.iterdir()}
    assert {
        "experiment.json", "overrides.txt", "frames.mkv", "clip.mp4", "clip.mp4.json", "clip.gif",
        "poster.png", "metrics.json", "record.json", "log.txt",
    } <= there  # fmt: skip
    record = json.loads((point / "record.json").read_text())
    assert record["status"] == "finished"
    assert record["moved"] == {"sampler": "ddim"}
    assert record["weights"]["motion"].startswith("sha256:69ed0f5f")
    assert set(record["seconds"]) >= {"render", "post", "encode", "metrics"}
    assert len(decode(point / "frames.mkv")) == 4
    assert len(decode(point / "clip.mp4")) == 6
    measured = json.loads((point / "metrics.json").read_text())
    assert set(measured) == {"before_post", "final"}


def test_the_same_command_again_renders_nothing_and_touches_no_file(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7")
    before = mtimes(studio.folder / "runs")
    said = studio.small("-m", "cfg=4,7")
    assert "0 rendered, 2 kept" in said.out
    assert mtimes(studio.folder / "runs") == before


def test_another_fps_renders_nothing_and_writes_new_files(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7")
    said = studio.small("-m", "cfg=4,7", "output.fps=12")
    assert "0 rendered, 2 kept" in said.out
    rates = {decode(clip).fps for clip in (studio.folder / "runs").glob("default/*/cfg-*/clip.mp4")}
    assert rates == {8.0, 12.0}


def test_no_word_at_all_renders_the_default_clip(studio: Studio) -> None:
    process = studio.spawn()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "1 rendered" in out


def test_a_longer_axis_renders_only_the_new_value(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7")
    assert "1 rendered, 2 kept" in studio.small("-m", "cfg=4,7,10").out


def test_four_and_four_point_nought_are_the_same_render(studio: Studio) -> None:
    studio.small("cfg=4")
    assert "0 rendered" in studio.small("cfg=4.0").out


def test_force_renders_again_and_keeps_the_folder(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7")
    assert "2 rendered" in studio.small("-m", "cfg=4,7", "force=true").out
    assert len(studio.sweeps()) == 1


@pytest.mark.parametrize(("only", "rendered"), [("only=2", 1), ("only=[1,3]", 2), ('only="cfg > 4"', 2)])
def test_only_does_some_points_and_the_rest_later(studio: Studio, only: str, rendered: int) -> None:
    said = studio.small("-m", "cfg=4,7,10", only)
    assert f"{rendered} rendered" in said.out
    assert f"{3 - rendered} to do" in said.out
    assert f"{3 - rendered} rendered, {rendered} kept" in studio.small("-m", "cfg=4,7,10").out


def test_a_damaged_clip_is_made_again_from_the_stored_frames(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7")
    clip = next((studio.folder / "runs").glob("default/*/cfg-4*/clip.mp4"))
    clip.write_bytes(clip.read_bytes()[:-1])
    assert "0 rendered, 2 kept" in studio.small("-m", "cfg=4,7").out
    assert len(decode(clip)) == 4


def test_damaged_frames_are_rendered_again(studio: Studio) -> None:
    studio.small("cfg=4")
    for frames in (studio.folder / "runs").rglob("frames.mkv"):
        frames.unlink()
    assert "1 rendered" in studio.small("cfg=4").out


def test_a_failing_point_leaves_the_others_and_a_marked_cell(studio: Studio) -> None:
    said = studio.small("-m", "cfg=4,7,10", 'backend.fail_on="cfg=7"')
    assert said.code == 3
    assert [record["status"] for record in studio.records()] == ["finished", "failed", "finished"]
    (folder,) = studio.sweeps()
    log = next(folder.glob("cfg-7*/log.txt")).read_text()
    assert "Traceback" in log
    assert "Traceback" not in said.err
    assert "1 failed" in said.out
    assert (folder / "grid.mp4").is_file()
    assert "failed  cfg=7" in studio("status").out


def test_a_failed_point_is_tried_again_unless_told_not_to(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7", 'backend.fail_on="cfg=7"')
    again = studio.small("-m", "cfg=4,7", 'backend.fail_on="cfg=7"', "retry_failed=false")
    assert again.code == 3
    assert "0 rendered, 1 kept, 1 failed" in again.out
    assert "1 rendered, 1 kept" in studio.small("-m", "cfg=4,7", "backend.fail_on=''").out


def test_a_killed_sweep_loses_only_the_point_in_hand(studio: Studio) -> None:
    words = ("-m", "cfg=4,7,10", *SMALL, "tracking.enabled=false", "backend.delay=0.2")
    process = studio.spawn(*words)
    wait_for(studio, finished=1)
    process.kill()
    process.communicate()
    (folder,) = studio.sweeps()
    whole = [path.parent for path in folder.glob("*/record.json")]
    assert all(len(decode(point / "clip.mp4")) == 4 for point in whole)
    assert {path.parent for path in folder.glob("*/*")} == set(whole), "no half-filled folder"
    said = studio(*words)
    assert said.code == 0
    assert f"{3 - len(whole)} rendered, {len(whole)} kept" in said.out
    left = [path for path in (studio.folder / "runs" / STAGING).iterdir() if path.is_dir()]
    assert not left, "what was left unfinished is swept out"


def test_ctrl_c_ends_cleanly_and_the_same_command_resumes(studio: Studio) -> None:
    words = ("-m", "cfg=4,7,10", *SMALL, "tracking.enabled=false", "backend.delay=0.2")
    process = studio.spawn(*words)
    wait_for(studio, finished=1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "the same command resumes" in out
    assert studio(*words).code == 0


def wait_for(studio: Studio, finished: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if len(list((studio.folder / "runs").glob("default/*/*/record.json"))) >= finished:
            return
        time.sleep(0.02)
    raise AssertionError("no point was finished in 30 s")


def test_two_processes_do_not_render_one_sweep_at_once(studio: Studio) -> None:
    words = ("-m", "cfg=4,7", *SMALL, "tracking.enabled=false", "backend.delay=1")
    process = studio.spawn(*words)
    wait_for(studio, finished=1)
    said = studio(*words)
    process.kill()
    process.communicate()
    assert said.code == 2
    assert "another animorch" in said.err


def test_a_clip_carries_its_experiment_and_is_rendered_again_from_it(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7", 'prompt="a cat, sitting"')
    clip = next((studio.folder / "runs").glob("default/*/cfg-7*/clip.mp4"))
    carried = read_metadata(clip)
    assert carried["experiment"]["prompt"] == "a cat, sitting"
    clip = clip.rename(studio.folder / "found.mp4")
    said = studio("rerun", str(clip), "tracking.enabled=false")
    assert said.code == 0, said.err
    assert "0 rendered, 1 kept" in said.out
    forced = studio("rerun", str(clip), "tracking.enabled=false", "force=true", "runs=elsewhere")
    assert "1 rendered" in forced.out
    record = json.loads(next((studio.folder / "elsewhere").glob("default/*/*/record.json")).read_text())
    assert record["render_key"] == carried["render_key"]
    assert record["point_key"] == carried["point_key"]


def test_rerun_with_another_motion_module_takes_its_recommendations(studio: Studio) -> None:
    studio.small("cfg=4")
    clip = next((studio.folder / "runs").glob("default/*/*/clip.mp4"))
    said = studio("rerun", str(clip), "motion=lightning_4", "tracking.enabled=false")
    assert said.code == 0, said.err
    specs = [json.loads(p.read_text()) for p in (studio.folder / "runs").glob("default/*/*/experiment.json")]
    assert {(spec["motion"]["name"], spec["sampler"]) for spec in specs} == {
        ("calm", "ddim"),
        ("lightning_4", "euler"),
    }


def test_rerun_keeps_what_the_user_sets_in_any_order(studio: Studio) -> None:
    studio.small("motion=lightning_4")
    clip = next((studio.folder / "runs").glob("default/*/*/clip.mp4"))
    for changes in (["cfg=3", "motion=v3"], ["motion=v3", "cfg=3"]):
        assert studio("rerun", str(clip), *changes, "metrics=[]", "tracking.enabled=false").code == 0
    asked = [json.loads(p.read_text()) for p in (studio.folder / "runs").glob("default/*/*/experiment.json")]
    assert sorted((spec["motion"]["name"], spec["cfg"]) for spec in asked) == [("lightning_4", 1), ("v3", 3)]
    assert "one clip" in studio("rerun", str(clip), "seed=1,2").err


def test_a_wrong_clip_in_a_cell_is_told_and_marked(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7")
    four, seven = sorted((studio.folder / "runs").glob("default/*/cfg-*/frames.mkv"))
    four.unlink()
    four.write_bytes(seven.read_bytes())
    said = studio("grid", str(studio.sweeps()[0]))
    assert said.code == 3
    assert "wrong clip in cell" in said.err


def test_points_are_rendered_in_the_order_that_swaps_least(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7", "motion=v15,v3")
    (folder,) = studio.sweeps()
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    done = [line["folder"].rpartition("-")[0] for line in lines if line["event"] == "finished"]
    assert done == ["cfg-4_motion-v15", "cfg-7_motion-v15", "cfg-4_motion-v3", "cfg-7_motion-v3"]
    assert "loaded 0 times" in studio("plan", "-m", "cfg=4,7", "motion=v15,v3", *SMALL).out


def test_stock_joblib_launcher_renders_the_same_points(studio: Studio) -> None:
    words = ("-m", "cfg=4,7,10", *SMALL, "tracking.enabled=false")
    process = studio.spawn(*words, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", PYTHONWARNINGS="")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "3 rendered" in out
    assert "0 rendered, 3 kept" in studio(*words).out


def test_a_measured_clip_gives_a_prediction(studio: Studio) -> None:
    assert "no clip of this size" in studio("plan", "-m", "cfg=4,7", *SMALL).out
    studio.small("cfg=4")
    assert "about" in studio("plan", "-m", "cfg=4,7", *SMALL).out
    far = studio("plan", "cfg=4", "width=512", "height=512", "frames=16")
    assert "no clip of this size" in far.out, "a small clip says nothing of a large one"


def test_force_renders_a_shared_key_once(studio: Studio) -> None:
    words = ("-m", "output.fps=8,12")
    assert "1 rendered, 1 kept" in studio.small(*words).out
    assert "1 rendered, 1 kept" in studio.small(*words, "force=true").out


def test_a_full_disk_is_one_sentence_and_resumes(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "record.json")

    with monkeypatch.context() as patch:
        patch.setattr("animorch.runs.record.Record.save", full)
        said = studio.small("-m", "cfg=4,7")
    assert said.code == 3
    assert "No space left on device" in said.err
    assert "Traceback" not in said.err
    assert studio.small("-m", "cfg=4,7").code == 0


def test_a_folder_of_another_point_is_not_believed(studio: Studio) -> None:
    studio.small("cfg=4")
    studio.small("cfg=4", "output.fps=12")
    eight, twelve = sorted((studio.folder / "runs").glob("default/*/clip-*"), key=lambda p: p.stat().st_mtime)
    shutil.rmtree(twelve)
    shutil.copytree(eight, twelve)
    assert "0 rendered, 1 kept" in studio.small("cfg=4", "output.fps=12").out
    assert decode(twelve / "clip.mp4").fps == 12


def test_equal_looks_share_one_folder_and_both_cells_show_it(studio: Studio) -> None:
    looks = "+sweep.axes.look={a:{cfg:4},b:{cfg:4.0},c:{cfg:7}}"
    assert "3 points: 2 rendered" in studio.small("-m", looks).out
    folders = [point.folder for point in studio.plan().points]
    assert folders[0] == folders[1] != folders[2]
    assert "0 rendered, 2 kept" in studio.small("-m", looks).out


def test_weights_that_change_while_a_sweep_runs_are_not_stored_under_the_planned_key(studio: Studio) -> None:
    lora = studio.write("style.safetensors", "one")
    words = (
        "-m",
        "cfg=4,7",
        "loras=[style.safetensors]",
        *SMALL,
        "tracking.enabled=false",
        "backend.delay=0.5",
    )
    process = studio.spawn(*words)
    wait_for(studio, finished=1)
    lora.write_text("another")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, out + err
    assert "changed on disk since the plan" in err
    assert "2 rendered" in studio(*words).out


def test_a_prompt_from_a_file_is_text_and_not_a_reference(studio: Studio) -> None:
    studio.write("prompts.txt", "a ${oc.env:HOME} cat\nprice ${5}\n")
    assert studio.small("-m", "sweep.prompts=prompts.txt").code == 0
    (folder,) = studio.sweeps()
    prompts = {json.loads(path.read_text())["prompt"] for path in folder.glob("*/experiment.json")}
    assert prompts == {"a ${oc.env:HOME} cat", "price ${5}"}


def test_two_metrics_of_one_kind_keep_both_numbers(studio: Studio) -> None:
    studio.small(
        "cfg=4", "metrics=[temporal_flicker]", "+metrics.coarse={name:temporal_flicker,resolution:16}"
    )
    (record,) = studio.records()
    assert {"temporal_flicker", "coarse.temporal_flicker"} <= record["metrics"].keys()


def test_an_error_that_looks_like_markup_is_only_text(studio: Studio) -> None:
    said = studio.small('prompt="[/red] [enforce fail]"', "backend.fail_on=enforce")
    assert said.code == 3
    assert "Traceback" not in said.err


def test_the_plan_tells_of_force_and_only(studio: Studio) -> None:
    studio.small("-m", "cfg=4,7,10")
    words = ("plan", "--json", "-m", "cfg=4,7,10", *SMALL)
    figures = json.loads(studio(*words, "force=true").out)["cost"]
    assert (figures["done"], figures["to_render"]) == (0, 3)
    figures = json.loads(studio(*words, "force=true", "only=2").out)["cost"]
    assert (figures["done"], figures["to_render"]) == (0, 1)


def test_a_polite_kill_ends_as_ctrl_c_does(studio: Studio) -> None:
    process = studio.spawn("-m", "cfg=4,7,10", *SMALL, "tracking.enabled=false", "backend.delay=0.3")
    wait_for(studio, finished=1)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_two_sweeps_at_once_render_a_shared_point_once(studio: Studio) -> None:
    words = (*SMALL, "tracking.enabled=false", "backend.delay=0.5")
    processes = [studio.spawn("-m", *words, f"cfg=4,{other}") for other in (7, 10)]
    outs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(int(out.split(": ")[1].split()[0]) for out in outs) == [1, 2]


def test_a_failing_job_of_another_launcher_is_a_failed_point(studio: Studio) -> None:
    words = ("-m", "cfg=4,7", *SMALL, "tracking.enabled=false", 'backend.fail_on="cfg=7"')
    process = studio.spawn(*words, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", PYTHONWARNINGS="")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 3, err
    assert "1 rendered, 0 kept, 1 failed" in out
    assert [record["coordinates"] for record in studio.records()] == [{"cfg": "4"}, {"cfg": "7"}]
