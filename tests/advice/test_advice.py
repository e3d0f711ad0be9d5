"""Advice: each note where it belongs, none where nothing is wrong, none that stops a render."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from animorch import Experiment
from animorch.advice import NAMES, RULES, advice
from tests.conftest import Studio

ROOT = Path(__file__).parents[2]
CONF = ROOT / "conf"


def module(name: str, **fields: Any) -> dict[str, Any]:
    """A shipped motion module by its file."""
    found = yaml.safe_load((CONF / f"motion/{name}.yaml").read_text(encoding="utf-8"))
    found.pop("defaults")
    return found | ({"path": "own.safetensors"} if found["path"] == "???" else {}) | fields


def experiment(motion: str | dict[str, Any] = "v15_v2", **fields: Any) -> Experiment:
    """An experiment as the named module recommends it; fields given replace its own."""
    chosen = module(motion) if isinstance(motion, str) else motion
    base = {"name": chosen["base"], "base": chosen["base"], "path": "model"}
    return Experiment.model_validate({"motion": chosen, "checkpoint": base, "prompt": "a cat walks"} | fields)


def names(*given: Any, **fields: Any) -> list[str]:
    return [note.name for note in advice(experiment(*given, **fields))]


ADAPTER, LCM_LORA = [{"name": "v3_adapter", "path": "a.ckpt"}], [{"name": "lcm", "path": "b.safetensors"}]
LORAS = [{"name": f"style{place}", "path": f"{place}.safetensors", "weight": 0.5} for place in range(4)]
WINDOW = {"length": 16, "overlap": 4}
OWN = {
    "v3": {"loras": ADAPTER},
    "animatelcm": {"loras": LCM_LORA},
    "hotshot_xl": {"frames": 8},
    "long_32": {"frames": 32},
    "long_64": {"frames": 64},
}

FIRES: dict[str, list[dict[str, Any]]] = {
    "frames_trained": [
        {"frames": 24},
        {"frames": 8},
        {"frames": 32, "window": WINDOW | {"length": 24, "overlap": 6}},
        {"frames": 32, "window": WINDOW | {"length": 8}},
        {"motion": "hotshot_xl", "frames": 16},
        {"motion": "long_32", "frames": 48},
        {"motion": "calm", "frames": 24},
    ],
    "window_overlap": [{"frames": 32, "window": WINDOW | {"overlap": 2}}],
    "travel_close": [{"prompt_travel": {0: "a", 4: "b"}}, {"negative_travel": {0: "a", 4: "b"}}],
    "motion_scale": [{"motion_scale": 2}, {"motion_scale": 0.3}, {"motion": "calm", "motion_scale": 0}],
    "cfg_range": [
        {"cfg": 1},
        {"cfg": 14},
        {"motion": "lightning_4", "cfg": 7},
        {"motion": "animatelcm", "loras": LCM_LORA, "cfg": 7},
        {"loras": LCM_LORA, "sampler": "lcm", "steps": 6},
    ],
    "negative_unused": [
        {"motion": "lightning_4", "negative_prompt": "blurry"},
        {"motion": "calm", "cfg": 1, "negative_prompt": "blurry"},
    ],
    "few_steps": [{"steps": 5}, {"motion": "lightning_8", "steps": 4}],
    "many_steps": [{"motion": "lightning_2", "steps": 25}, {"motion": "animatelcm", "steps": 25}],
    "distilled_sampling": [
        {"motion": "lightning_4", "schedule": "karras"},
        {"motion": "animatelcm", "sampler": "ddim"},
    ],
    "beta_schedule": [{"motion": module("v15_v2", beta_schedule="scaled_linear")}],
    "v3_adapter": [{"motion": "v3"}],
    "lcm_lora": [{"motion": "animatelcm"}],
    "lora_weight": [{"loras": LORAS}, {"loras": [LORAS[0] | {"weight": 2.5}]}],
    "motion_lora_module": [
        {"motion": "v15", "motion_loras": [{"path": "zoom.ckpt"}]},
        {"motion": "lightning_4", "motion_loras": [{"path": "zoom.ckpt", "weight": 1}]},
    ],
    "prompt_tense": [{"prompt": "a man walked home"}, {"prompt": "a ship that will sink"}],
    "prompt_long": [{"prompt": "a cat, " * 40}, {"prompt_travel": {0: "a", 8: "a cat, " * 40}}],
    "size_trained": [
        {"width": 1024, "height": 1024},
        {"width": 192, "height": 192},
        {"motion": "sdxl_beta", "width": 512, "height": 512},
        {"motion": "calm", "width": 256, "height": 256},
    ],
    "size_step": [{"width": 520}],
    "gif_banding": [{"output": {"formats": ["gif"]}}],
    "gif_fps": [{"output": {"formats": ["mp4", "gif"]}}, {"output": {"formats": ["gif", "mp4"], "fps": 60}}],
}
QUIET: list[dict[str, Any]] = [
    {"cfg": 4},
    {"cfg": 12},
    {"seed": 3},
    {"frames": 64, "window": WINDOW},
    {"width": 512, "height": 768},
    {"steps": 50},
    {"negative_prompt": "blurry"},
    {"loras": LORAS[:3]},
    {"motion_loras": [{"path": "zoom.ckpt"}]},
    {"prompt": "a bearded man in a red, curved and detailed coat stands beside a painted wall"},
    {"prompt": "Will Smith eats spaghetti"},
    {"prompt_travel": {0: "a", 8: "b"}},
    {"output": {"formats": ["gif", "mp4"], "fps": 10}},
    {"motion": "lightning_2", "steps": 3},
    {"motion": "animatelcm", "loras": LCM_LORA, "steps": 8},
    {"motion": "calm", "cfg": 2, "steps": 5, "frames": 8},
    {"motion": "long_64", "frames": 32},
]


@pytest.mark.parametrize(
    ("name", "fields"), [(name, fields) for name, cases in FIRES.items() for fields in cases], ids=str
)
def test_a_note_is_given_where_it_belongs(name: str, fields: dict[str, Any]) -> None:
    assert name in names(**fields)


@pytest.mark.parametrize("fields", QUIET, ids=str)
def test_nothing_is_said_where_nothing_is_wrong(fields: dict[str, Any]) -> None:
    assert names(**fields) == []


def test_every_rule_has_a_case_a_source_and_a_line_in_the_docs() -> None:
    page = (ROOT / "docs/advice.md").read_text(encoding="utf-8")
    assert set(FIRES) == {rule.name for rule in RULES} == set(NAMES) - {"backend"}
    assert [rule for rule in RULES if not rule.source] == []
    assert [name for name in NAMES if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("path", sorted((CONF / "motion").glob("*.yaml")), ids=lambda path: path.stem)
def test_no_module_is_advised_against_its_own_recommendations(path: Path) -> None:
    chosen = module(path.stem)
    assert names(chosen, **{"frames": chosen["trained_frames"]} | OWN.get(path.stem, {})) == []


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "cfg=4,7,10"],
        ["-m", "experiment=modules"],
        ["-m", "experiment=looks", "seed=1,2"],
        ["experiment=travel"],
    ],
    ids=" ".join,
)
def test_no_note_is_given_on_what_is_shipped(studio: Studio, words: list[str]) -> None:
    said = studio("plan", "backend=testcard", *words)
    assert (said.code, "hides" in said.out) == (0, False), said.out


ODD = ("backend=testcard", "motion=v15_v2", "-m", "cfg=14,20")


def test_the_plan_says_a_note_once_and_how_to_silence_it(studio: Studio) -> None:
    said = studio("plan", *ODD, "frames=8,16").out
    assert said.count("made for cfg 4 to 12") == 1
    assert "cfg=14 frames=8, cfg=20 frames=8: motion=v15_v2 was trained on 16 frames" in said
    assert "silence=[frames_trained,cfg_range] hides them" in said


@pytest.mark.parametrize("silence", ["silence=cfg_range", "silence=[cfg_range]", "silence=all"])
def test_a_silenced_note_is_not_shown(studio: Studio, silence: str) -> None:
    assert "hides" not in studio("plan", *ODD, silence).out


def test_a_name_that_is_no_note_is_refused_with_those_that_are(studio: Studio) -> None:
    said = studio("plan", "silence=cfg_rage")
    assert said.code == 2
    assert "silence=cfg_rage is no note" in said.err
    assert "cfg_range" in said.err


def test_the_plan_as_json_has_each_note_with_source_and_points(studio: Studio) -> None:
    (note,) = json.loads(studio("plan", "--json", *ODD).out)["notes"]
    assert (note["name"], note["points"]) == ("cfg_range", ["cfg=14", "cfg=20"])
    assert "AnimateDiff" in note["source"]


def test_rendering_says_the_notes_once_and_goes_on(studio: Studio) -> None:
    words = ("motion=v15_v2", "cfg=14", "silence=[size_step,size_trained,few_steps,frames_trained]")
    said = studio.small(*words)
    assert said.code == 0
    assert said.err.count("made for cfg 4 to 12") == 1
    assert "hides" not in studio.small(*words).err, "nothing is left to render"
    assert "hides" not in studio.small(*words, "force=true", "quiet=true").err


def test_silence_changes_no_key(studio: Studio) -> None:
    keys = [json.loads(studio("plan", "--json", *ODD, *word).out)["key"] for word in ((), ("silence=all",))]
    assert keys[0] == keys[1]
