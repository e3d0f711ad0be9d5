"""The whole command on the diffusers backend, with the weights people have."""

from __future__ import annotations

import json
from pathlib import Path

from animorch.media import decode
from tests.conftest import Said, Studio

SMALL = ("backend=diffusers", "width=64", "height=64", "frames=4", "steps=2", "tracking.enabled=false")


def folder_and_module(weights: Path, module: str = "motion_a.ckpt") -> tuple[str, ...]:
    return (
        "checkpoint=local",
        f"checkpoint.path={weights / 'checkpoint'}",
        "motion=local",
        f"motion.path={weights / module}",
    )


def frames_hashes(studio: Studio, runs: str = "runs") -> list[str]:
    """Hash of the raw frames of every stored render, sorted."""
    facts = (studio.folder / runs / "store").glob("*/*/render.json")
    return sorted(json.loads(fact.read_text())["frames_sha256"] for fact in facts)


def test_a_cfg_sweep_of_two_prompts_on_a_diffusers_folder_and_an_original_motion_file(
    studio: Studio, weights: Path
) -> None:
    prompts = 'prompt="a red cat, sitting","a blue dog"'
    said = studio(*SMALL, "-m", *folder_and_module(weights), "cfg=4,7,10", prompts)
    assert said.code == 0, said.err
    assert "6 rendered" in said.out
    clips = list((studio.folder / "runs").glob("default/*/*/clip.mp4"))
    assert [(len(clip), clip.width, clip.height) for clip in map(decode, clips)] == [(4, 64, 64)] * 6
    assert len(set(frames_hashes(studio))) == 6, "every prompt and every cfg gives another clip"
    assert (
        "0 rendered, 6 kept" in studio(*SMALL, "-m", *folder_and_module(weights), "cfg=4,7,10", prompts).out
    )


def test_a_single_file_checkpoint_gives_the_frames_of_its_folder(studio: Studio, weights: Path) -> None:
    assert studio(*SMALL, *folder_and_module(weights)).code == 0
    single = (
        f"checkpoint.path={weights / 'checkpoint.safetensors'}",
        f"checkpoint.config={weights / 'checkpoint'}",
    )
    said = studio(*SMALL, *folder_and_module(weights), *single, "runs=single")
    assert said.code == 0, said.err
    assert frames_hashes(studio) == frames_hashes(studio, "single")


def test_a_sweep_over_motion_modules_renders_each_with_its_own(studio: Studio, weights: Path) -> None:
    for name in ("motion_a", "motion_b", "motion_v1"):
        text = f"name: {name}\nbase: sd15\npath: {weights / name}.ckpt\n"
        studio.write(f"conf/motion/{name}.yaml", text)
    words = (*SMALL, *folder_and_module(weights)[:2])
    assert studio(*words, "-m", "motion=motion_a,motion_b,motion_v1", "cfg=4,7").code == 0
    for name in ("motion_v1", "motion_b", "motion_a"):
        assert studio(*words, "-m", f"motion={name}", "cfg=7,4", "runs=fresh").code == 0
    together, alone = frames_hashes(studio), frames_hashes(studio, "fresh")
    assert len(set(together)) == 6
    assert together == alone


def test_a_moved_weight_file_is_the_same_render_and_a_changed_one_is_not(
    studio: Studio, weights: Path
) -> None:
    words = (*SMALL, *folder_and_module(weights))
    assert "1 rendered" in studio(*words).out
    moved = studio.folder / "elsewhere.ckpt"
    moved.write_bytes((weights / "motion_a.ckpt").read_bytes())
    assert "0 rendered" in studio(*words, f"motion.path={moved}").out
    moved.write_bytes((weights / "motion_b.ckpt").read_bytes())
    assert "1 rendered" in studio(*words, f"motion.path={moved}").out


def test_damaged_weights_fail_their_point_and_leave_the_others(studio: Studio, weights: Path) -> None:
    from tiny import write_truncated

    write_truncated(weights / "motion_a.ckpt", studio.folder / "bad.ckpt")
    said = _bad_and_good(studio, weights)
    assert said.code == 3
    assert "bad.ckpt" in said.err
    assert "Traceback" not in said.err
    assert [record["status"] for record in studio.records()] == ["failed", "finished"]


def test_a_pickle_with_code_is_refused_by_the_plan_and_the_code_never_runs(
    studio: Studio, weights: Path
) -> None:
    from tiny import write_unsafe_pickle

    touched = studio.folder / "code-was-run"
    write_unsafe_pickle(studio.folder / "bad.ckpt", touched)
    said = _bad_and_good(studio, weights)
    assert said.code == 2
    assert "bad.ckpt is a pickle that holds more than tensors" in said.err
    assert not touched.exists()
    assert not list(studio.folder.rglob("record.json"))


def _bad_and_good(studio: Studio, weights: Path) -> Said:
    for name, path in (("bad", studio.folder / "bad.ckpt"), ("good", weights / "motion_a.ckpt")):
        studio.write(f"conf/motion/{name}.yaml", f"name: {name}\nbase: sd15\npath: {path}\n")
    return studio(*SMALL, *folder_and_module(weights)[:2], "-m", "motion=bad,good")


def test_fields_this_backend_cannot_honour_are_refused_before_rendering(
    studio: Studio, weights: Path
) -> None:
    said = studio(*SMALL, *folder_and_module(weights), "sampler=warp", "width=60")
    assert said.code == 2
    for word in ("warp", "60"):
        assert word in said.err
