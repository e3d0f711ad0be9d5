"""Several servers share the clips: none idles, none is given too much, and one that dies loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from animorch_comfyui.client.ledger import Ledger
from animorch_comfyui.client.routing import Sight, Want, kept, seats
from animorch_comfyui.client.visit import Visit
from comfyui_serving import hurried, quiet, renders, right, tiny, together
from hypothesis import given
from hypothesis import strategies as st

from animorch import BackendError, Clip
from tests.doubles.comfyui import Double

FILES = ("a", "b", "c")
SIGHTS = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.builds(Sight, st.integers(0, 3), st.integers(0, 4), st.frozensets(st.sampled_from(FILES))),
)
WANTS = st.lists(
    st.builds(
        Want,
        st.dictionaries(
            st.sampled_from(["one", "two", "three"]), st.lists(st.sampled_from(FILES), unique=True)
        ),
    ),
    max_size=6,
)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


@given(WANTS, SIGHTS)
def test_no_server_gets_more_than_it_has_seats_for_nor_what_it_cannot_make(
    wants: list[Want], desks: dict[str, Sight]
) -> None:
    found = seats(wants, desks)
    for place, name in found.items():
        assert name in wants[place].loads
    for name, desk in desks.items():
        assert list(found.values()).count(name) <= desk.free


@given(WANTS, SIGHTS)
def test_no_server_stays_idle_while_a_clip_waits_that_it_can_make(
    wants: list[Want], desks: dict[str, Sight]
) -> None:
    found = seats(wants, desks)
    waiting = [want for place, want in enumerate(wants) if place not in found]
    for name, desk in desks.items():
        if desk.free and not desk.queued and name not in found.values():
            assert not any(name in want.loads for want in waiting)


@given(WANTS, SIGHTS)
def test_what_a_later_clip_wants_changes_nothing_for_an_earlier_one(
    wants: list[Want], desks: dict[str, Sight]
) -> None:
    found = seats(wants, desks)
    for count in range(len(wants)):
        assert seats(wants[:count], desks) == {at: name for at, name in found.items() if at < count}


def test_a_clip_goes_to_the_busy_server_that_has_its_checkpoint() -> None:
    desks = {"one": Sight(1, 1, frozenset("a")), "two": Sight(2, 1, frozenset("b"))}
    want = Want({"one": ["a", "c"], "two": ["a", "c"]})
    assert seats([want, want], desks) == {0: "one"}, "the second waits for it"
    assert kept(["a", "c"], {"c"}) == 0, "another checkpoint throws what lies on it out, too"


def test_two_servers_share_twenty_clips_and_one_dies_in_the_middle(cache: Path) -> None:
    specs = [tiny(seed=seed) for seed in range(20)]
    with ExitStack() as stack, Double(speed=0.01) as lasting:
        dying = stack.enter_context(Double(speed=0.01))
        backend = hurried(dying, lasting)
        killer = threading.Thread(target=lambda: (until(lambda: renders([dying]) >= 4), stack.close()))
        killer.start()
        ends = together(backend, specs)
        killer.join()
        backend.close()
        for end, spec in zip(ends, specs, strict=True):
            assert isinstance(end, Clip), end
            assert right(end, lasting, spec) or right(end, dying, spec)
        assert renders([dying]) >= 4
        assert renders([dying, lasting]) <= 20 + 3, "only what was at the dead one is made again"
        assert max(lasting.renders.values()) == 1


def test_a_server_that_comes_back_is_given_clips_again(cache: Path) -> None:
    specs = [tiny(seed=seed) for seed in range(24)]
    with Double(speed=0.02) as one, Double(speed=0.02) as other:
        backend = hurried(one, other)
        breaker = threading.Thread(target=lambda: (until(lambda: renders([one]) >= 2), one.restart(0.1)))
        breaker.start()
        ends = together(backend, specs)
        breaker.join()
        backend.close()
        assert all(isinstance(end, Clip) for end in ends)
        assert renders([one]) >= 5
        assert renders([one, other]) <= 24 + 3
        assert one.queue_now == other.queue_now == []


def test_a_waiting_job_moves_to_a_server_that_has_nothing_to_do(cache: Path) -> None:
    specs = [tiny(seed=seed) for seed in range(4)]
    with Double(speed=0.3) as slow, Double() as fast:
        backend = hurried(slow, fast, look_ahead=3)
        ends = together(backend, specs)
        backend.close()
        assert all(isinstance(end, Clip) for end in ends)
        assert renders([slow]) == 1
        assert renders([fast]) == 3
        assert slow.queue_now == []


def test_a_job_that_a_killed_process_left_on_one_of_two_servers_is_taken_over_there(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(step: int, total: int) -> None:
        if one.queue_now:
            raise KeyboardInterrupt

    with Double(speed=0.1) as one, Double() as other:
        with monkeypatch.context() as death:  # a killed process neither cancels nor takes notes
            death.setattr(Visit, "_cancel", lambda self: None)
            death.setattr(Ledger, "ended", lambda self, key, job: None)
            with pytest.raises(KeyboardInterrupt):
                hurried(one).render(tiny(), killed)
        backend = hurried(other, one)
        clip = backend.render(tiny(), quiet)
        backend.close()
        hurried(one).close()
        assert right(clip, one, tiny())
        assert (len(one.jobs), len(other.jobs)) == (1, 0)


def test_no_more_jobs_than_asked_for_lie_in_a_queue_and_they_keep_their_order(cache: Path) -> None:
    seen: list[int] = []
    with Double(speed=0.01) as double:
        backend = hurried(double, look_ahead=1)
        backend.render(tiny(seed=6), quiet)  # imports what threads would wait for in any order
        threads = []
        for seed in range(6):
            look = lambda step, total: seen.append(len(double.queue_now))  # noqa: E731
            threads.append(threading.Thread(target=backend.render, args=(tiny(seed=seed), look)))
            threads[-1].start()
            time.sleep(0.01)
        for thread in threads:
            thread.join()
        backend.close()
        assert max(seen) == 2
        assert [job.graph["sampler"]["inputs"]["seed"] for job in double.jobs[1:]] == list(range(6))


def test_a_clip_goes_to_the_server_that_has_its_lora(cache: Path) -> None:
    spec = tiny(loras=[{"name": "film_grain"}])
    with Double(models={"loras": []}) as without, Double() as having:
        backend = hurried(without, having)
        assert backend.preflight([spec]) == [[]]
        backend.render(spec, quiet)
        backend.close()
        assert (renders([without]), renders([having])) == (0, 1)


def test_a_sweep_asks_each_server_once_what_it_has(double: Double) -> None:
    backend = hurried(double)
    backend.preflight([tiny(seed=seed) for seed in range(5)])
    backend.render(tiny(), quiet)
    hurried(double, gen="gen2").render(tiny(seed=1), quiet)
    backend.close()
    assert [asked.path for asked in double.requests].count("/object_info") == 1


def test_servers_that_are_not_there_are_one_sentence(cache: Path) -> None:
    backend = hurried("http://127.0.0.1:9", "http://127.0.0.1:10", patience=0.0)
    problems = backend.preflight([tiny(), tiny(seed=1)])
    assert problems[0] == problems[1]
    assert "nothing answers at http://127.0.0.1:9 " in problems[0][0]
    with pytest.raises(BackendError, match="none of 2 servers can make this clip"):
        backend.render(tiny(), quiet)
    backend.close()
