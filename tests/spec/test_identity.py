from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from animorch import Experiment, RenderSpec, UsageError
from animorch.spec.identity import canonical, digest, point_key, render_key, weights_of
from animorch.testing import small_spec

BACKEND = {"name": "testcard", "version": "1"}
PLAIN: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=12,
)


def key(spec: RenderSpec) -> str:
    return render_key(spec, BACKEND, weights_of(spec))


def test_4_and_4_point_0_are_the_same() -> None:
    assert canonical(4) == canonical(4.0) == "4"
    assert canonical(-0.0) == canonical(0) == "0"
    assert key(small_spec(cfg=4)) == key(small_spec(cfg=4.0)) == key(small_spec(cfg="4"))
    assert key(small_spec(cfg=4)) != key(small_spec(cfg=4.5))


@given(some.dictionaries(some.text(), PLAIN, min_size=1))
def test_the_order_of_keys_never_counts(value: dict[str, Any]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@given(PLAIN)
def test_canonical_text_is_json_of_an_equal_value(value: Any) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_true_is_not_1_and_text_is_not_a_number() -> None:
    assert len({canonical(True), canonical(1), canonical("1"), canonical(None)}) == 4


def test_an_infinite_number_has_a_text_too() -> None:
    assert canonical(math.inf) == "Infinity"


def with_files(folder: Path, content: bytes) -> RenderSpec:
    folder.mkdir(exist_ok=True)
    for name in ("base.safetensors", "module.safetensors", "style.safetensors"):
        (folder / name).write_bytes(content + name.encode())
    return small_spec(
        checkpoint={"name": "mine", "base": "sd15", "path": str(folder / "base.safetensors")},
        motion={"name": "mine", "base": "sd15", "path": str(folder / "module.safetensors")},
        loras=[f"{folder / 'style.safetensors'}:0.8"],
    )


def test_weights_may_move_and_may_not_change(tmp_path: Path) -> None:
    here, there = with_files(tmp_path / "here", b"a"), with_files(tmp_path / "there", b"a")
    changed = with_files(tmp_path / "changed", b"b")
    assert key(here) == key(there) != key(changed)


def test_a_folder_of_weights_is_known_by_its_names_and_contents(tmp_path: Path) -> None:
    def spec(name: str, files: dict[str, str]) -> RenderSpec:
        for file, text in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(text)
        return small_spec(checkpoint={"name": "m", "base": "sd15", "path": str(tmp_path / name)})

    files = {"unet/weights": "1", "vae/weights": "2", ".cache/lock": "x"}
    first = spec("first", files)
    assert key(first) == key(spec("second", files | {".cache/lock": "y"}))
    assert key(first) != key(spec("third", files | {"vae/weights": "3"}))
    assert key(first) != key(spec("fourth", {"unet/weights": "1", "vae2/weights": "2"}))


def test_the_config_folder_of_a_single_file_counts_by_content(tmp_path: Path) -> None:
    def spec(name: str, text: str) -> RenderSpec:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_index.json").write_text(text)
        return small_spec(checkpoint={"name": "m", "base": "sd15", "config": str(tmp_path / name)})

    first = spec("first", "{}")
    assert key(first) == key(spec("second", "{}")) != key(spec("third", "[]"))
    with pytest.raises(UsageError, match="no file or folder"):
        key(small_spec(checkpoint={"name": "m", "base": "sd15", "config": str(tmp_path / "gone")}))


def test_a_published_hash_and_the_file_itself_are_the_same_weights(tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "m.ckpt").write_bytes(b"weights")
    sha = hashlib.sha256(b"weights").hexdigest()
    hub = small_spec(motion={"name": "m", "base": "sd15", "repo": "a/b", "file": "m.ckpt", "sha256": [sha]})
    local = small_spec(motion={"name": "m", "base": "sd15", "path": str(tmp_path / "m.ckpt")})
    assert key(hub) == key(local)


def test_a_missing_file_is_named_with_its_full_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder at"):
        weights_of(small_spec(loras=[str(tmp_path / "gone.safetensors")]))


def test_a_rewritten_file_is_read_again(tmp_path: Path) -> None:
    first = key(with_files(tmp_path / "w", b"first"))
    assert key(with_files(tmp_path / "w", b"other longer")) != first


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "x"}, {"negative_prompt": "x"}, {"prompt_travel": {2: "x"}}, {"steps": 5}, {"cfg": 3},
        {"sampler": "lcm"}, {"schedule": "karras"}, {"seed": 1}, {"width": 72}, {"height": 72}, {"frames": 7},
        {"window": {"length": 4, "overlap": 2}}, {"clip_skip": 2}, {"motion_scale": 0.5},
        {"loras": [{"name": "a"}]}, {"motion_loras": [{"name": "a"}]},
        {"motion": {"name": "v15_v2", "base": "sd15", "table": 24}},
        {"checkpoint": {"name": "sd15", "base": "sd15", "revision": "fp16", "repo": "a/b"}},
    ],
)  # fmt: skip
def test_what_changes_pixels_changes_the_key(change: dict[str, Any]) -> None:
    assert key(small_spec(**change)) != key(small_spec())


def test_advice_and_licence_do_not_change_the_key() -> None:
    motion = small_spec().motion.model_dump()
    advised = motion | {"notes": "new", "licence": "mit", "recommends": {"steps": 4}, "trained_frames": 24}
    assert key(small_spec(motion=advised)) == key(small_spec())


def test_another_backend_or_version_is_another_render() -> None:
    spec = small_spec()
    keys = {render_key(spec, backend, {}) for backend in (BACKEND, BACKEND | {"version": "2"}, {"name": "x"})}
    assert len(keys) == 3


def test_output_post_and_metrics_change_the_point_and_not_the_render() -> None:
    base = small_spec().model_dump()

    def point(**more: Any) -> tuple[str, str]:
        experiment = Experiment.model_validate(base | more)
        render = key(experiment.spec)
        return render, point_key(experiment, render, {})

    plain = point()
    for more in ({"output": {"fps": 12}}, {"post": ["boomerang"]}, {"metrics": ["motion_amount"]}):
        assert point(**more)[0] == plain[0]
        assert point(**more)[1] != plain[1]
    assert point(metrics=["a", "b"]) == point(metrics=["b", "a"])
    assert point(post=["a", "b"])[1] != point(post=["b", "a"])[1]
    assert point(name="elsewhere") == plain
