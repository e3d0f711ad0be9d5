"""Parts of the client: the ledger of jobs, what the websocket told, the sentences of failures."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from animorch_comfyui.built import Built
from animorch_comfyui.client.failure import LONGEST, failure, refusal, short
from animorch_comfyui.client.heard import Heard
from animorch_comfyui.client.ledger import Ledger
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = ("a" * 64, "b" * 64)
BUILT = Built(
    {"sampler": {"class_type": "KSampler", "inputs": {}, "_meta": {"title": "denoise"}}},
    "frames",
    samplers=("sampler",),
    steps=8,
)


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(["sent", "ended", "crash"])), max_size=12))
@settings(max_examples=30)
def test_an_id_is_kept_from_sending_to_the_end_and_never_given_again(deeds: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        ledger, open_jobs, over = Ledger(Path(folder)), dict[str, str](), set[str]()
        for key, deed in deeds:
            job, sent = ledger.job(key)
            assert str(UUID(job)) == job, "newer servers want it canonical"
            assert job not in over
            assert (sent, job) == (key in open_jobs, open_jobs.get(key, job))
            if deed == "sent":
                ledger.sent(key, job)
                open_jobs[key] = job
            elif deed == "ended":
                ledger.ended(key, job)
                over.add(open_jobs.pop(key, job))
            else:
                ledger = Ledger(Path(folder))
        kept = {path.name for path in Path(folder).iterdir() if not path.name.startswith(".")}
        assert kept == open_jobs.keys(), "jobs that have ended leave no file"


def test_another_process_that_ends_an_older_job_leaves_the_newer_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    older, newer = ledger.job(KEYS[0])[0], ledger.job(KEYS[0])[0]
    ledger.sent(KEYS[0], newer)
    ledger.ended(KEYS[0], older)
    assert ledger.job(KEYS[0]) == (newer, True)


def test_a_ledger_that_cannot_be_written_lives_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger(tmp_path / "file")
    job, sent = ledger.job(KEYS[0])
    assert not sent
    ledger.sent(KEYS[0], job)
    assert ledger.job(KEYS[0]) == (job, True)
    ledger.ended(KEYS[0], job)
    assert ledger.job(KEYS[0])[0] != job


@given(st.lists(st.integers(1, 4), max_size=20))
def test_steps_that_were_heard_only_grow_and_stay_below_their_sum(values: list[int]) -> None:
    heard, before = Heard(BUILT), 0
    for value in values:
        heard({"type": "progress", "data": {"node": "sampler", "value": value, "max": 4}})
        heard({"type": "progress", "data": {"node": "video", "value": 99, "max": 99}})
        assert before <= heard.steps <= BUILT.steps
        before = heard.steps


def test_passes_of_freeinit_add_up() -> None:
    heard = Heard(BUILT)
    for value in (1, 2, 3, 4, 1, 2):
        heard({"type": "progress", "data": {"node": "sampler", "value": value, "max": 4}})
    assert heard.steps == 6


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no file /srv/models/sd/v1.ckpt here", "no file v1.ckpt here"),
        (r"no file C:\ComfyUI\models\v1.ckpt", "no file v1.ckpt"),
        ("see https://example.org/a/b for it", "see https://example.org/a/b for it"),
        ("two\n lines", "two lines"),
        ("x" * 1000, "x" * (LONGEST - 1) + "…"),
    ],
)
def test_words_of_a_server_are_shown_short_and_without_its_folders(said: str, shown: str) -> None:
    assert short(said) == shown


def test_a_failure_names_the_node_and_keeps_the_traceback_out() -> None:
    error = failure(
        "http://a:1",
        BUILT,
        {
            "node_id": "sampler",
            "exception_type": "builtins.ValueError",
            "exception_message": "wrong shape\n",
            "traceback": ['  File "/srv/execution.py", line 1'],
        },
    )
    assert str(error) == "http://a:1 failed at denoise (KSampler): ValueError: wrong shape"


def test_a_refusal_names_every_node_and_what_is_wrong_with_it() -> None:
    wrong = {"message": "Value not in list", "details": "sampler_name: 'x' not in (list of length 42)"}
    answer = {
        "error": {"message": "Prompt outputs failed validation"},
        "node_errors": {"sampler": {"errors": [wrong]}},
    }
    assert "denoise (KSampler): Value not in list sampler_name: 'x'" in str(
        refusal("http://a:1", BUILT, answer)
    )
    missing = {
        "error": {"message": "Cannot execute because node X does not exist.", "details": "Node ID '#3'"}
    }
    assert "node X does not exist.: Node ID '#3'" in str(refusal("http://a:1", BUILT, missing))
