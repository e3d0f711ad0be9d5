"""Whatever a server does, a render ends with exactly the clip that was asked for, or with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from comfyui_serving import hurried, right, tiny, together

from animorch import BackendError, Clip
from tests.doubles.comfyui import Double
from tests.doubles.comfyui.moods import NAMES

GOOD = (
    "fast",
    "slow=0.02",
    "silent_socket",
    "silent_socket=5",
    "restart@2=0.05",
    "empty_history=0.05",
    "errors_500",
    "errors_500=3",
    "disconnects",
    "disconnects=3",
    "cut_bodies",
    "cut_bodies=3",
    "uuid_rule",
    "old_ids",
    "old_ids,disconnects=3",
    "jobs_api",
    "jobs_api,silent_socket",
    "jobs_api,restart@2=0.05",
    "lost_outputs_without_client_id",
    "prefix_only",
    "prefix_only,jobs_api",
    "stale_cache",
    "missing_file@2",
    "silent_socket,restart@2=0.05,disconnects=5",
)
BAD = {
    "node_errors_200": "refuses this graph: video .VHS_VideoCombine.: Value not in list",
    "zero_video": "empty .*VHS_VideoCombine",
    "truncated_png": "broken picture",
    "missing_file": "has lost .* 3 times now",
    "wrong_frame_count": "made 3 frames at frames .SaveImage.; 4 were asked for",
    "wrong_size": "made frames of 72x64 pixels; 64x64 were asked for",
    "execution_error": "failed at sampler .KSampler.: RuntimeError: mat1 and mat2",
    "oom": "ran out of memory at sampler .KSampler.; set fewer frames",
    "auth": "without credentials .401.*; set ANIMORCH_COMFYUI_TOKEN",
    "header": "ANIMORCH_COMFYUI_HEADERS for other headers",
    "interrupted_by_another": "somebody cancelled",
    "deleted_by_another": "somebody cancelled",
    "interrupted_by_another,jobs_api": "somebody cancelled",
    "deleted_by_another,jobs_api": "somebody cancelled",
    "restart=0.02": "lost this clip's job, 3 times now|was lost 3 times",
    "dead": "did not answer in time",
}
FILMED = ("node_errors_200", "zero_video")


def test_no_mood_is_left_out() -> None:
    tried = {each.partition("=")[0].partition("@")[0] for mood in (*GOOD, *BAD) for each in mood.split(",")}
    assert tried == set(NAMES)


@pytest.mark.parametrize("mood", GOOD)
def test_in_a_mood_that_can_be_lived_with_each_clip_is_the_one_asked_for(cache: Path, mood: str) -> None:
    specs = [tiny(seed=seed) for seed in range(4)]
    with Double(mood) as double:
        backend = hurried(double)
        ends = together(backend, specs)
        backend.close()
        double.mood = "fast"
        for end, spec in zip(ends, specs, strict=True):
            assert isinstance(end, Clip), end
            assert right(end, double, spec)
        assert double.queue_now == []
        most = max(double.renders.values())
        allowed = 2 if "restart" in mood or "missing_file" in mood else 1  # what was lost is made again
        assert most <= allowed, f"a clip was rendered {most} times"


@pytest.mark.parametrize("mood", BAD)
def test_in_a_mood_that_cannot_be_lived_with_each_clip_ends_with_a_sentence(cache: Path, mood: str) -> None:
    specs = [tiny(seed=seed) for seed in range(2)]
    options = {"answer": 0.1, "patience": 0.05} if mood == "dead" else {}
    with Double(mood) as double:
        backend = hurried(double, video="h264-mp4" if mood in FILMED else None, **options)
        ends = together(backend, specs)
        backend.close()
        for end in ends:
            assert isinstance(end, BackendError), end
            with pytest.raises(BackendError, match=BAD[mood]):
                raise end
            assert len(str(end)) < 500
            assert "/srv" not in str(end)
        double.mood = "fast"
        assert double.queue_now == []


@pytest.mark.parametrize("mood", ["truncated_png", "wrong_frame_count", "oom", "interrupted_by_another"])
def test_one_bad_job_spoils_no_other(cache: Path, mood: str) -> None:
    specs = [tiny(seed=seed) for seed in range(4)]
    with Double(f"{mood}@2") as double:
        backend = hurried(double)
        ends = together(backend, specs)
        assert [isinstance(end, Clip) for end in ends].count(False) == 1
        again = [backend.render(spec, lambda step, total: None) for spec in specs]
        backend.close()
        assert all(right(clip, double, spec) for clip, spec in zip(again, specs, strict=True))


def test_a_server_that_gives_old_files_for_a_new_job_is_not_believed(cache: Path) -> None:
    with Double() as double:
        backend = hurried(double)
        backend.render(tiny(), lambda step, total: None)
        double.mood = "stale_cache"
        with pytest.raises(BackendError, match="of another run"):
            backend.render(tiny(), lambda step, total: None)
        backend.close()


def test_credentials_from_the_environment_open_a_server(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMORCH_COMFYUI_TOKEN", "opensesame")
    with Double("auth=opensesame") as double:
        backend = hurried(double)
        clip = backend.render(tiny(), lambda step, total: None)
        backend.close()
        assert right(clip, double, tiny())
        assert not any("origin" in asked.headers for asked in double.requests)
        told = {**backend.environment(), **backend.attachments()}
        assert not any("opensesame" in text for text in told.values())
