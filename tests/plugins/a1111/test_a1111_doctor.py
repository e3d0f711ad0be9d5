"""What `animorch doctor` is told of a web UI."""

from __future__ import annotations

import threading
from time import sleep

import httpx
import pytest
from a1111_session import session, spec
from animorch_a1111.claim import Claim

from animorch import Finding, RenderSpec
from tests.doubles.a1111 import Checkpoint, Double, Stock


def examined(double: Double, *specs: RenderSpec) -> list[Finding]:
    with session(double) as backend:
        return list(backend.examine(specs or (spec(),)))


def of(findings: list[Finding], subject: str) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


def test_a_server_that_is_well_has_no_bad_finding() -> None:
    with Double() as double:
        findings = examined(double)
        assert all(finding.good is not False for finding in findings), findings
        assert "version 2" in of(findings, "AnimateDiff").said
        assert "no endpoint lists them" in of(findings, "motion modules").said
        assert "4 checkpoints" in of(findings, "lists").said
        assert of(findings, "experiment").good
        assert double.state.options == double.state.options_at_start


def test_the_two_settings_are_explained_with_their_present_values() -> None:
    with Double() as double:
        findings = examined(double)
    pad, batch = of(findings, "pad_cond_uncond"), of(findings, "batch_cond_uncond")
    assert pad.good is None
    assert pad.said.startswith("off")
    assert "75 tokens" in pad.said
    assert batch.good is True
    assert batch.said.startswith("on")


@pytest.mark.parametrize(
    ("mood", "word"), [("dead", "--api"), ("auth=artist:secret", "ANIMORCH_A1111_AUTH=user:password")]
)
def test_a_server_that_cannot_be_asked_is_one_bad_finding(mood: str, word: str) -> None:
    with Double(mood) as double:
        (finding,) = examined(double)
    assert finding.good is False
    assert finding.subject == double.url
    assert word in finding.said + finding.fix


def test_a_missing_extension_says_what_to_install() -> None:
    with Double(version=None) as double:
        finding = of(examined(double), "AnimateDiff")
    assert finding.good is False
    assert "install sd-webui-animatediff" in finding.fix


def test_what_the_experiment_needs_and_the_server_lacks_is_named() -> None:
    with Double(stock=Stock(checkpoints=(Checkpoint("dreamy.safetensors"),))) as double:
        bad = [finding for finding in examined(double) if finding.good is False]
    assert any("dreamy" in finding.said + finding.fix for finding in bad)


def test_a_poisoned_server_is_healed_and_told() -> None:
    args = {"enable": True, "model": "v15_v2.safetensors", "video_length": 2, "batch_size": 2, "fps": 0}
    body = {"steps": 2, "width": 32, "height": 32, "alwayson_scripts": {"AnimateDiff": {"args": [args]}}}
    with Double() as double:
        httpx.post(f"{double.url}/sdapi/v1/txt2img", json=body)
        assert double.state.poisoned
        assert "healed" in of(examined(double), "state").said
        assert not double.state.poisoned
        assert "clean" in of(examined(double), "state").said


def test_a_server_that_cannot_be_healed_is_a_bad_finding() -> None:
    args = {"enable": True, "model": "v15_v2.safetensors", "video_length": 2, "batch_size": 2, "fps": 0}
    body = {"steps": 2, "width": 32, "height": 32, "alwayson_scripts": {"AnimateDiff": {"args": [args]}}}
    with Double("unhealable") as double:
        httpx.post(f"{double.url}/sdapi/v1/txt2img", json=body)
        bad = [finding for finding in examined(double) if finding.good is False]
    assert "restart the web UI" in bad[0].fix


def test_every_server_is_told_of() -> None:
    with Double() as one, Double("dead") as two, session(one, two) as backend:
        findings = list(backend.examine([spec()]))
    assert of(findings, one.url).good
    assert of(findings, two.url).good is False


def test_a_session_that_prepares_its_job_is_not_waited_for() -> None:
    with Double() as double:
        theirs = Claim(double.url)
        theirs.enter()
        assert theirs.begins()
        assert "another job is under way" in of(examined(double), "state").said
        theirs.ends()
        theirs.leave()


def test_a_server_at_work_for_somebody_else_is_not_kept_from_it() -> None:
    theirs = {"prompt": "theirs", "steps": 20, "width": 32, "height": 32}
    with Double("slow=0.02") as double:
        post = threading.Thread(target=lambda: httpx.post(f"{double.url}/sdapi/v1/txt2img", json=theirs))
        post.start()
        while not double.state.busy:
            sleep(0.005)
        assert "another job is under way" in of(examined(double), "state").said
        post.join()
        assert [job.interrupted for job in double.jobs] == [False]
