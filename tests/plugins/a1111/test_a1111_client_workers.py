"""One worker a server; a point goes elsewhere only when the first server certainly does not render it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from a1111_session import clips, is_right, quiet, restored, session, spec
from animorch_a1111.backend import A1111Backend

from animorch import BackendError, Clip, RenderSpec
from tests.doubles.a1111 import Checkpoint, Double, Stock

SD15, OTHER = {"name": "sd15", "base": "sd15"}, {"name": "other", "base": "sd15"}


def abreast(backend: A1111Backend, specs: Sequence[RenderSpec]) -> list[Clip | BackendError]:
    """Render in as many threads as the backend has lanes, in order; what each point came to."""

    def made(asked: RenderSpec) -> Clip | BackendError:
        try:
            return backend.render(asked, quiet)
        except BackendError as error:
            return error

    with ThreadPoolExecutor(backend.lanes()) as pool:
        return list(pool.map(made, specs))


def seeds(*doubles: Double) -> list[int]:
    return sorted(job.body["seed"] for double in doubles for job in clips(double))


def test_servers_share_the_points_one_job_at_a_time_each() -> None:
    with Double("slow=0.02") as one, Double("slow=0.02") as two, session(one, two) as backend:
        assert backend.lanes() == 2
        made = abreast(backend, [spec(seed=seed) for seed in range(6)])
        assert all(isinstance(clip, Clip) for clip in made)
        assert seeds(one, two) == list(range(6))
        assert clips(one)
        assert clips(two)
        assert all(job.right for double in (one, two) for job in clips(double))


def test_a_server_that_dies_in_the_middle_is_drained_and_its_point_goes_to_the_other() -> None:
    with Double("dead:2") as dying, Double("slow=0.005") as other:
        with session(dying, other) as backend:
            made = abreast(backend, [spec(seed=seed) for seed in range(6)])
        assert all(isinstance(clip, Clip) for clip in made), made
        assert restored(other)
        assert all(job.right for job in clips(other))
        assert len(clips(other)) + sum(job.fault != "dead" for job in clips(dying)) == 6


def test_one_server_that_is_away_at_plan_time_leaves_the_work_to_the_other() -> None:
    with Double("dead") as away, Double() as there, session(away, there) as backend:
        assert backend.preflight([spec()]) == [[]]
        assert any(away.url in note for note in backend.notes(spec()))
        assert is_right(backend.render(spec(), quiet), there)


def test_the_server_that_has_the_checkpoint_is_asked_first() -> None:
    with Double() as one, Double() as two, session(one, two) as backend:
        for seed in range(4):
            for checkpoint in (SD15, OTHER):
                backend.render(spec(checkpoint=checkpoint, seed=seed), quiet)
        used = [{job.checkpoint for job in clips(double)} for double in (one, two)]
    assert sorted(map(len, used)) == [0, 2] or sorted(map(len, used)) == [1, 1]


def test_a_point_goes_to_the_server_that_has_its_files() -> None:
    small = Stock(checkpoints=(Checkpoint("other.safetensors"),))
    with Double(stock=small) as one, Double() as two, session(one, two) as backend:
        assert backend.preflight([spec(), spec(checkpoint={"name": "none", "base": "sd15"})])[0] == []
        for seed in range(2):
            assert is_right(backend.render(spec(seed=seed), quiet), two)
        assert not clips(one)


def test_of_several_servers_a_fault_names_its_own() -> None:
    with Double("nan:2") as one, Double() as two, session(one, two) as backend:
        (said,) = (str(one) for one in abreast(backend, [spec(seed=1)]) if isinstance(one, BackendError))
        assert said.startswith(one.url)
        assert "NaNs" in said


def test_a_broken_connection_cuts_the_job_off_before_the_point_is_tried_once_more() -> None:
    with Double("disconnect:2,slow=0.02") as double, session(double) as backend:
        assert is_right(backend.render(spec(steps=20), quiet), double)
        first, second = clips(double)
        assert first.interrupted, "the first try was not left to run on"
        assert second.right


def test_a_clip_that_was_finished_and_lost_is_not_rendered_again_blindly() -> None:
    with Double("disconnect:2") as double, session(double, poll=0.1) as backend:
        with pytest.raises(BackendError, match="connection broke"):
            backend.render(spec(), quiet)
        assert len(clips(double)) == 1


def test_a_server_that_dies_with_the_only_point_is_a_sentence_and_the_next_one_fails_at_once() -> None:
    with Double("dead:2") as double, session(double) as backend:
        with pytest.raises(BackendError, match="nothing answers"):
            backend.render(spec(), quiet)
        with pytest.raises(BackendError, match="nothing answers"):
            backend.render(spec(seed=1), quiet)
        assert len(clips(double)) == 1


def test_a_job_of_somebody_else_is_waited_for() -> None:
    import httpx

    with Double("slow=0.02") as double, session(double) as backend:
        theirs = {"prompt": "theirs", "steps": 6, "width": 32, "height": 32}
        post = threading.Thread(
            target=lambda: httpx.post(f"{double.url}/sdapi/v1/txt2img", json=theirs, timeout=10)
        )
        post.start()
        while not double.state.busy:
            threading.Event().wait(0.005)
        with pytest.raises(KeyboardInterrupt):
            backend.render(spec(), _interrupt_at_once)
        post.join()
        assert not double.jobs[0].interrupted, "an interrupt while waiting is none of theirs"
        assert is_right(backend.render(spec(), quiet), double)


def _interrupt_at_once(step: int, total: int) -> None:
    raise KeyboardInterrupt


def test_servers_of_unlike_versions_are_told_since_their_clips_differ() -> None:
    with Double() as new, Double(version="v1.13.1") as old, session(new, old) as mixed:
        assert mixed.preflight([spec()]) == [[]]
        assert any("version 1 and version 2" in note for note in mixed.notes(spec()))
    with Double() as one, Double() as two, session(one, two) as alike:
        assert alike.preflight([spec()]) == [[]]
        assert not any("differ" in note for note in alike.notes(spec()))
