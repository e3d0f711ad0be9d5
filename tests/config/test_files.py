"""Config files: YAML and TOML side by side, the user's folder before the shipped one."""

from __future__ import annotations

import json

from tests.conftest import Studio

YAML = """\
# @package _global_
prompt: a kite over the sea, gusts
cfg: 4
seed: "18446744073709551615"
output: {fps: 12}
post: {boomerang: {loops: 2}}
prompt_travel: {0: calm, "50%": storm, "1s": rain}
"""
TOML = """\
# @package _global_
prompt = "a kite over the sea, gusts"
cfg = 4.0
seed = "18446744073709551615"
output = {fps = 12.0}
[post.boomerang]
loops = 2
[prompt_travel]
0 = "calm"
"50%" = "storm"
"1s" = "rain"
"""


def keys(studio: Studio, *words: str) -> list[tuple[str, str]]:
    said = studio("plan", "--json", "backend=testcard", *words)
    assert said.code == 0, said.err + said.out
    return [(point["render_key"], point["point_key"]) for point in json.loads(said.out)["points"]]


def test_the_same_experiment_in_yaml_and_toml_has_the_same_keys(studio: Studio) -> None:
    studio.write("conf/experiment/x.yaml", YAML)
    studio.write("conf/experiment/y.toml", TOML)
    assert keys(studio, "experiment=x") == keys(studio, "experiment=y")


def test_a_file_can_be_named_with_its_ending_when_both_exist(studio: Studio) -> None:
    studio.write("conf/experiment/x.yaml", YAML)
    studio.write("conf/experiment/x.toml", TOML)
    assert keys(studio, "experiment=x.toml") == keys(studio, "experiment=x.yaml")


def test_a_toml_file_alone_is_found_by_its_bare_name(studio: Studio) -> None:
    studio.write("conf/motion/mine.toml", 'name = "mine"\nbase = "sd15"\ntable = 32\n')
    assert "motion=mine" in studio("plan", "-m", "motion=v15,mine").out


def test_a_pattern_sees_toml_and_yaml_options_of_both_folders(studio: Studio) -> None:
    studio.write("conf/motion/lightning_mine.toml", 'name = "lightning_mine"\nbase = "sd15"\n')
    said = studio("plan", "-m", "motion=glob(lightning_*)")
    assert [f"motion=lightning_{end}" in said.out for end in (1, 2, 4, 8, "mine")] == [True] * 5


def test_the_users_folder_wins_over_the_shipped_one(studio: Studio) -> None:
    studio.write("conf/motion/calm.yaml", "name: calm\nbase: embedded\nrecommends: {steps: 3}\n")
    assert "steps=3" in studio("plan").out


def test_yaml_and_toml_mix_in_one_defaults_list(studio: Studio) -> None:
    studio.write("conf/motion/mine.toml", 'name = "mine"\nbase = "embedded"\n')
    studio.write(
        "conf/experiment/mix.yaml",
        "# @package _global_\ndefaults:\n  - override /motion: mine\n  - override /output: gif\ncfg: 3\n",
    )
    points = json.loads(studio("plan", "--json", "experiment=mix", "backend=testcard").out)["points"]
    assert points[0]["state"] == "planned"
    assert studio("plan", "experiment=mix").out.count("by motion") == 0


def test_a_toml_defaults_array_overrides_groups(studio: Studio) -> None:
    studio.write(
        "conf/experiment/t.toml", '# @package _global_\ndefaults = [{"override /motion" = "lightning_4"}]\n'
    )
    assert "steps=4" in studio("plan", "experiment=t").out


def test_a_further_config_folder_serves_toml_too(studio: Studio) -> None:
    studio.write("more/experiment/far.toml", '# @package _global_\nprompt = "far"\n')
    assert studio("plan", "--config-dir", "more", "experiment=far").code == 0
    said = studio.small("--config-dir", "more", "experiment=far")
    assert said.code == 0, said.err


def test_a_file_without_the_package_line_is_told_of_it(studio: Studio) -> None:
    studio.write("conf/experiment/x.yaml", "cfg: 4\n")
    said = studio("plan", "experiment=x")
    assert said.code == 2
    assert "# @package _global_" in said.err


def test_broken_toml_is_one_sentence_with_file_and_line(studio: Studio) -> None:
    path = studio.write("conf/experiment/x.toml", "cfg = = 4\n")
    said = studio("plan", "experiment=x")
    assert said.code == 2
    assert str(path) in said.err
    assert "line 1" in said.err
    assert "Traceback" not in said.err


def test_broken_yaml_is_one_sentence_with_file_and_line(studio: Studio) -> None:
    path = studio.write("conf/experiment/x.yaml", "# @package _global_\na: [\n")
    for said in (studio("plan", "experiment=x"), studio("experiment=x"), studio("-m", "experiment=x")):
        assert said.code == 2
        assert f"{path} is not valid YAML" in said.err
        assert "line 3" in said.err


def test_an_unknown_key_in_a_file_is_named(studio: Studio) -> None:
    studio.write("conf/experiment/x.yaml", "# @package _global_\ncfgg: 4\n")
    said = studio("plan", "experiment=x")
    assert said.code == 2
    assert "cfgg" in said.out + said.err


def test_the_schema_accepts_what_the_planner_accepts(studio: Studio) -> None:
    schema = json.loads(studio("schema").out)
    for key in ("cfg", "motion", "prompt_travel", "output", "sweep", "post", "defaults"):
        assert key in schema["properties"]
    assert "required" not in json.dumps(schema)
    assert schema["additionalProperties"] is False


def test_an_options_table_takes_keys_of_ones_own_without_a_plus(studio: Studio) -> None:
    words = ("backend=comfyui", "backend.models.sd15=a.safetensors", "backend.models.v15_v2=b.ckpt")
    printed = studio("--cfg", "job", *words).out
    assert "  models:\n    sd15: a.safetensors\n    v15_v2: b.ckpt\n" in printed


def test_a_sweep_sets_new_keys_of_an_options_table(studio: Studio) -> None:
    said = studio("plan", "-m", "backend=comfyui", "motion=v15_v2", "backend.models.sd15=a,b")
    assert "backend.models.sd15=a" in said.out
    assert "backend.models.sd15=b" in said.out


def test_a_misspelt_table_is_still_refused(studio: Studio) -> None:
    said = studio("plan", "-m", "backend=comfyui", "backend.modles.sd15=a,b")
    assert said.code == 2
    assert "backend.modles" in said.err
