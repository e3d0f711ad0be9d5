from __future__ import annotations

import json
import math
import shutil
from datetime import timedelta

import pytest

from animorch.errors import TrackingError, UsageError
from animorch.tracking import default_uri, in_step, project
from animorch.tracking.ledger import LEDGER
from tests.tracking.conftest import NOON, Sweep


def test_a_finished_sweep_becomes_a_parent_and_one_child_a_point(sweep, look):
    sweep.finish("4")
    sweep.finish("7")
    sweep.picture()
    ledger = project(sweep.folder, None, closed=True)
    parent, children = look().parent(), look().children()
    assert set(children) == {"4", "7"}
    assert {run.info.run_id for run in children.values()} == {sent.run for sent in ledger.children.values()}
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {parent.info.run_id}
    assert {run.info.status for run in look().runs()} == {"FINISHED"}
    assert parent.data.metrics == {"points.finished": 2, "points.failed": 0, "points.missing": 0}
    assert parent.data.params["axis.cfg"] == "4, 7"
    assert look().files(parent) == {"grid.mp4", "contact_sheet.png", "plan.json", "journal.jsonl"}


def test_a_child_has_every_setting_number_and_file_but_the_lossless_frames(sweep, look):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    run = look().children()["4"]
    assert run.data.params["cfg"] == "4"
    assert run.data.params["motion"] == "v15_v2"
    assert run.data.params["motion.beta_schedule"] == "linear"
    assert run.data.params["loras"] == "film.safetensors:0.8"
    assert run.data.params["negative_prompt"] == ""
    assert run.data.metrics["seconds.render"] == 17.5
    assert run.data.metrics["flicker"] == 0.5
    assert run.data.metrics["before_post.sharpness"] == 11
    assert look().history(run, "flicker.by_frame") == [(0, 0.5), (1, 0.25), (2, 0.75)]
    assert run.data.tags["animorch.backend"] == "testcard"
    assert run.info.end_time - run.info.start_time == 20_000
    files = look().files(run)
    assert files >= {"clip.mp4", "clip.mp4.json", "poster.png", "record.json", "experiment.json", "images"}
    assert "frames.mkv" not in files
    assert all(path.startswith("images/middle") for path in look().files(run, "images"))


def test_artifacts_lie_beside_the_database(sweep, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    assert list((runs / "mlartifacts" / "default").rglob("clip.mp4"))
    assert not (tmp_path / "mlruns").exists()


def test_projecting_twice_adds_nothing(sweep, look):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    before = [run.to_dictionary() for run in look().runs()]
    project(sweep.folder, None, closed=True)
    assert [run.to_dictionary() for run in look().runs()] == before


def test_a_lost_ledger_doubles_nothing(sweep, look):
    sweep.finish("4")
    first = project(sweep.folder, None, closed=True)
    (sweep.folder / LEDGER).unlink()
    assert project(sweep.folder, None, closed=True) == first
    assert look().history(look().children()["4"], "flicker.by_frame") == [(0, 0.5), (1, 0.25), (2, 0.75)]
    assert len(look().files(look().children()["4"], "images")) == 2  # one picture, full and small


def test_a_torn_ledger_is_a_lost_one(sweep):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    (sweep.folder / LEDGER).write_text('{"stores": {')
    assert not in_step(sweep.folder, None)


def test_a_child_left_half_way_is_sent_again(sweep, look):
    sweep.finish("4")
    run = project(sweep.folder, None, closed=True).children[f"{sweep.key}-4"].run
    look().client.update_run(run, status="RUNNING")
    project(sweep.folder, None, closed=True)
    assert look().children()["4"].info.status == "FINISHED"


def test_a_retry_that_finishes_updates_the_failed_child(sweep, look):
    sweep.fail("4", "out of memory; lower width")
    project(sweep.folder, None, closed=True)
    failed = look().children()["4"]
    assert failed.info.status == "FAILED"
    assert failed.data.tags["animorch.error"] == "out of memory; lower width"
    assert look().files(failed) == {"record.json", "experiment.json", "overrides.txt", "log.txt"}
    sweep.finish("4", at=NOON + timedelta(hours=1))
    project(sweep.folder, None, closed=True)
    finished = look().children()["4"]
    assert finished.info.run_id == failed.info.run_id
    assert finished.info.status == "FINISHED"
    assert "animorch.error" not in finished.data.tags
    assert look().history(finished, "seconds.render") == [(0, 17.5)]


def test_a_point_made_again_logs_only_the_numbers_that_changed(sweep, look):
    sweep.finish("4", metrics={"flicker": [0.5, 0.25]})
    project(sweep.folder, None, closed=True)
    sweep.finish("4", metrics={"flicker": [0.5, 0.75]}, at=NOON + timedelta(hours=1))
    project(sweep.folder, None, closed=True)
    run = look().children()["4"]
    assert look().history(run, "flicker.by_frame") == [(0, 0.5), (1, 0.25), (1, 0.75)]
    assert run.data.metrics["flicker"] == 0.625


def test_a_setting_that_changed_under_the_same_key_becomes_a_tag(sweep, look):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    moved = {"name": "v15_v2", "base": "sd15", "path": "elsewhere.ckpt"}
    sweep.finish("4", motion=moved, at=NOON + timedelta(hours=1))
    project(sweep.folder, None, closed=True)
    run = look().children()["4"]
    assert run.data.params["motion.path"] == "null"
    assert run.data.tags["changed.motion.path"] == "elsewhere.ckpt"


def test_deleted_runs_are_made_anew(sweep, look):
    sweep.finish("4")
    sweep.finish("7")
    first = project(sweep.folder, None, closed=True)
    for run in (first.parent, first.children[f"{sweep.key}-4"].run):
        look().client.delete_run(run)
    second = project(sweep.folder, None, closed=True)
    assert second.parent != first.parent
    assert look().parent().info.status == "FINISHED"
    assert "plan.json" in look().files(look().parent())
    children = look().children()
    assert set(children) == {"4", "7"}
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {second.parent}


def test_a_deleted_experiment_is_restored(sweep, look):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    client = look().client
    client.delete_experiment(client.get_experiment_by_name("default").experiment_id)
    project(sweep.folder, None, closed=True)
    assert set(look().children()) == {"4"}


@pytest.mark.parametrize(
    ("finished", "failed", "status"),
    [("47", "", "FINISHED"), ("4", "7", "FAILED"), ("4", "", "KILLED"), ("", "", "KILLED")],
)
def test_the_parent_says_how_the_sweep_ended(sweep, look, finished, failed, status):
    for value in finished:
        sweep.finish(value)
    for value in failed:
        sweep.fail(value)
    assert project(sweep.folder, None, closed=True).status == status
    assert look().parent().info.status == status


def test_an_open_sweep_is_running_and_runs_again_when_resumed(sweep, look):
    project(sweep.folder, None, closed=False)
    assert look().parent().info.status == "RUNNING"
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    assert look().parent().info.status == "KILLED"
    sweep.finish("7")
    project(sweep.folder, None, closed=False)
    assert look().parent().info.status == "RUNNING"


def test_a_long_prompt_goes_whole_into_a_file_and_its_hash_into_the_param(sweep, look):
    prompt = "ein Fuchs im Schnee 狐 " * 350
    sweep.finish("4", prompt=prompt)
    project(sweep.folder, None, closed=True)
    run = look().children()["4"]
    assert len(run.data.params["prompt"]) < 500
    assert "sha256" in run.data.params["prompt"]
    (path,) = (sweep.runs / "mlartifacts").rglob("params/prompt.txt")
    assert path.read_text(encoding="utf-8") == prompt


def test_unicode_comes_back_as_it_was(sweep, look):
    prompt = "Füchse, 狐 🦊 \"quoted\" 'single'\nnew line"
    sweep.finish("4", prompt=prompt)
    sweep.fail("7", "größer als 2 GiB 🦊")
    project(sweep.folder, None, closed=True)
    children = look().children()
    assert children["4"].data.params["prompt"] == prompt
    assert children["7"].data.tags["animorch.error"] == "größer als 2 GiB 🦊"


def test_infinite_numbers_become_tags_and_leave_the_charts_whole(sweep, look):
    sweep.finish("4", metrics={"psnr": math.inf, "flow": [1.0, math.nan, 3.0]})
    project(sweep.folder, None, closed=True)
    run = look().children()["4"]
    assert "psnr" not in run.data.metrics
    assert run.data.tags["metric.psnr"] == "inf"
    assert look().history(run, "flow.by_frame") == [(0, 1.0), (2, 3.0)]
    assert run.data.metrics["flow"] == 2.0


def test_a_series_that_says_so_keeps_its_name_and_gets_no_mean(sweep, look):
    sweep.finish("4", metrics={"brightness_by_frame": [0.25, 0.75]})
    project(sweep.folder, None, closed=True)
    run = look().children()["4"]
    assert look().history(run, "brightness_by_frame") == [(0, 0.25), (1, 0.75)]
    assert not [
        key for key in run.data.metrics if key.startswith("brightness") and key != "brightness_by_frame"
    ]


def test_a_record_of_another_point_is_not_shown_as_this_one(sweep, look):
    folder = sweep.finish("4")
    shutil.copytree(folder, sweep.folder / "cfg-7")
    assert project(sweep.folder, None, closed=True).status == "KILLED"
    assert set(look().children()) == {"4"}


def test_two_stores_keep_their_own_part_of_the_ledger(sweep, runs, template, tmp_path):
    shutil.copy(template, tmp_path / "other.db")
    other = f"sqlite:///{tmp_path / 'other.db'}"
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    assert not in_step(sweep.folder, other)
    project(sweep.folder, other, closed=True)
    assert in_step(sweep.folder, other)
    assert in_step(sweep.folder, default_uri(runs))


def test_in_step_sees_a_record_a_picture_and_a_lost_database(sweep, runs):
    assert not in_step(sweep.folder, None)
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    assert in_step(sweep.folder, None)
    sweep.picture()
    assert not in_step(sweep.folder, None)
    project(sweep.folder, None, closed=True)
    sweep.finish("7")
    assert not in_step(sweep.folder, None)
    project(sweep.folder, None, closed=True)
    assert in_step(sweep.folder, None)
    (runs / "mlflow.db").unlink()
    assert not in_step(sweep.folder, None)


def test_a_password_in_the_uri_is_neither_written_nor_said(sweep):
    uri = "http://me:secret@127.0.0.1:9/"
    with pytest.raises(TrackingError) as caught:
        project(sweep.folder, uri, closed=True)
    assert "secret" not in str(caught.value)
    assert not (sweep.folder / LEDGER).exists() or "secret" not in (sweep.folder / LEDGER).read_text()


def test_a_folder_without_a_plan_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"holds no plan\.json"):
        project(tmp_path, None, closed=True)


def test_a_moved_runs_folder_is_told_to_build_its_store_anew(sweep, runs, tmp_path):
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    runs.rename(tmp_path / "moved")
    folder = tmp_path / "moved" / "default" / sweep.key
    with pytest.raises(TrackingError, match="is gone; delete"):
        project(folder, None, closed=True)
    (tmp_path / "moved" / "mlflow.db").unlink()


def test_a_folder_with_odd_letters_in_its_name_works(tmp_path, template):
    runs = tmp_path / "my runs 100% ü#"
    runs.mkdir()
    shutil.copy(template, runs / "mlflow.db")
    sweep = Sweep(runs)
    sweep.finish("4")
    project(sweep.folder, None, closed=True)
    assert list((runs / "mlartifacts").rglob("clip.mp4"))
    assert json.loads((sweep.folder / LEDGER).read_text())["stores"]


def test_lost_artifacts_come_back_when_everything_is_sent_afresh(sweep, runs, look):
    sweep.finish("4")
    sweep.picture()
    project(sweep.folder, None, closed=True)
    shutil.rmtree(runs / "mlartifacts")
    project(sweep.folder, None, closed=True, afresh=True)
    assert {"clip.mp4", "poster.png"} <= look().files(look().children()["4"])
    assert "grid.mp4" in look().files(look().parent())
    assert len(look().runs()) == 2
