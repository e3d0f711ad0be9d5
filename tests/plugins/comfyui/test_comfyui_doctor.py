"""What `animorch doctor backend=comfyui` tells, against the double in its moods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from animorch_comfyui.backend import ComfyUIBackend

from animorch import Finding, RenderSpec
from animorch.testing import small_spec
from tests.doubles.comfyui import Double

QUICK: dict[str, Any] = {"poll": 0.02, "backoff": 0.001, "patience": 0.05, "answer": 5}


def spec(**changes: Any) -> RenderSpec:
    there = {
        "checkpoint": {"name": "random_sd15", "base": "sd15"},
        "motion": {"name": "random_mm_sd_v15_v2", "base": "sd15", "family": "v2", "table": 32},
        "sampler": "euler",
    }
    return small_spec(**there | changes)


def examined(*urls: str, models: Mapping[str, str] | None = None, **changes: Any) -> list[Finding]:
    backend = ComfyUIBackend(urls=urls, models=dict(models or {}), **QUICK)
    try:
        return list(backend.examine([spec(**changes)]))
    finally:
        backend.close()


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in reversed(findings)}


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.good is False]


def test_a_server_that_has_everything_has_no_bad_finding() -> None:
    with Double() as double:
        findings = examined(double.url)
        told = by_subject(findings)
        assert not bad(findings)
        assert told[double.url].good
        assert "answers within" in told[double.url].said
        assert "ComfyUI 0.3.64" in told["version"].said
        assert told["websocket"].good
        assert told["checkpoint random_sd15"].said == "the server's random_sd15.safetensors"
        assert told["motion random_mm_sd_v15_v2"].good
        for pack in ("AnimateDiff-Evolved", "VideoHelperSuite", "FizzNodes"):
            assert told[pack].good


def test_every_bad_finding_says_what_to_do() -> None:
    with Double(without=("ADE_UseEvolvedSampling", "ADE_AnimateDiffLoaderGen1")) as double:
        findings = bad(
            examined(double.url, checkpoint={"name": "dreamshaper", "base": "sd15"}, sampler="eulr")
        )
        assert len(findings) >= 3
        assert all(finding.fix for finding in findings), findings


def test_a_server_that_is_not_there_is_told_with_what_to_start() -> None:
    (finding,) = examined("http://127.0.0.1:9")
    assert finding.good is False
    assert "127.0.0.1:9" in finding.said
    assert "backend.url" in finding.fix


def test_a_model_that_the_server_lacks_is_told_with_close_names_and_the_option() -> None:
    with Double(models={"checkpoints": ["dreamshaper_8.safetensors"]}) as double:
        findings = bad(examined(double.url, checkpoint={"name": "dreamshaper_7", "base": "sd15"}))
        words = " ".join(f"{finding.said} {finding.fix}" for finding in findings)
        assert "dreamshaper_8.safetensors" in words
        assert "backend.models.dreamshaper_7=" in words


def test_a_model_under_another_name_is_found_by_the_option() -> None:
    with Double() as double:
        findings = examined(
            double.url,
            models={"mine": "v1-5-pruned-emaonly.safetensors"},
            checkpoint={"name": "mine", "base": "sd15"},
        )
        assert by_subject(findings)["checkpoint mine"].said == "the server's v1-5-pruned-emaonly.safetensors"
        assert not bad(findings)


def test_a_server_without_animatediff_cannot_animate() -> None:
    with Double(without=("ADE_UseEvolvedSampling", "ADE_AnimateDiffLoaderGen1")) as double:
        told = by_subject(bad(examined(double.url)))
        assert "AnimateDiff-Evolved" in told
        assert "install" in told["AnimateDiff-Evolved"].fix


def test_packs_that_only_help_are_notes() -> None:
    with Double(without=("VHS_VideoCombine", "BatchPromptSchedule")) as double:
        findings = examined(double.url)
        told = by_subject(findings)
        assert told["VideoHelperSuite"].good is None
        assert told["FizzNodes"].good is None
        assert not bad(findings)


def test_a_login_that_is_missing_is_told_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with Double(mood="auth=hunter2") as double:
        (finding,) = examined(double.url)
        assert "ANIMORCH_COMFYUI_TOKEN" in f"{finding.said} {finding.fix}"
        monkeypatch.setenv("ANIMORCH_COMFYUI_TOKEN", "hunter2")
        findings = examined(double.url)
        assert not bad(findings)
        assert by_subject(findings)["credentials"].good
        assert "hunter2" not in str(findings)


def test_headers_that_cannot_be_read_are_told_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMORCH_COMFYUI_HEADERS", "hunter2")
    with Double() as double:
        (finding,) = examined(double.url)
        assert finding.good is False
        assert "ANIMORCH_COMFYUI_HEADERS" in finding.said
        assert "hunter2" not in str(finding)


def test_jobs_are_said_to_be_followed_by_the_way_that_the_server_has() -> None:
    with Double(mood="jobs_api") as newer, Double() as older:
        assert by_subject(examined(newer.url))["jobs"].good
        assert by_subject(examined(older.url))["jobs"].good is None


def test_each_of_several_servers_has_findings_of_its_own() -> None:
    with Double() as one, Double(without=("VHS_VideoCombine",)) as other:
        told = by_subject(examined(one.url, other.url))
        assert told[f"{one.url} VideoHelperSuite"].good
        assert told[f"{other.url} VideoHelperSuite"].good is None


def test_a_model_that_one_of_several_servers_has_is_no_bad_finding() -> None:
    with Double() as one, Double(models={"checkpoints": ["another.safetensors"]}) as other:
        findings = examined(one.url, other.url)
        told = by_subject(findings)
        assert told[f"{one.url} checkpoint random_sd15"].good
        assert "other servers" in told[f"{other.url} checkpoint random_sd15"].said
        assert not bad(findings)


def test_a_server_that_is_gone_does_not_hide_one_that_is_there() -> None:
    with Double() as double:
        findings = examined("http://127.0.0.1:9", double.url)
        assert by_subject(findings)[double.url].good
        assert [finding.subject for finding in bad(findings)] == ["http://127.0.0.1:9"]


def test_nothing_of_the_server_s_command_line_is_told() -> None:
    with Double() as double:
        assert "argv" not in str(examined(double.url))
        assert "main.py" not in str(examined(double.url))
