"""`animorch best` answers which settings gave the best number, from the records alone."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Studio


@pytest.fixture
def measured(studio: Studio) -> Studio:
    said = studio.small("-m", "cfg=4,7", "seed=1,2", "metrics=[temporal_flicker,motion_amount]", "grid=false")
    assert said.code == 0, said.err
    return studio


def test_the_best_clip_comes_first_with_its_axes_folder_and_command(measured: Studio) -> None:
    numbers = {
        (record["coordinates"]["cfg"], record["coordinates"]["seed"]): record["metrics"]["temporal_flicker"]
        for record in measured.records()
    }
    first = min(numbers, key=lambda place: numbers[place])
    found = json.loads(measured("best", "--metric", "temporal_flicker", "--json").out)
    assert [place["value"] for place in found] == sorted(numbers.values())
    assert numbers[tuple(found[0]["values"].values())] == numbers[first]
    said = measured("best", "--metric", "temporal_flicker", "--count", "2").out.splitlines()
    assert said[0].split() == ["cfg", "seed", "temporal_flicker", "folder"]
    assert len(said) == 5
    assert said[-1].startswith("the best again: animorch ")
    assert f"cfg={found[0]['values']['cfg']}" in said[-1]
    assert (measured.folder / said[1].split()[-1] / "record.json").is_file()


def test_where_narrows_by_number_by_comparison_and_by_setting(measured: Studio) -> None:
    asked = ("best", "--metric", "motion_amount", "--higher", "--json")
    for words, count in ((["cfg=7.0"], 2), (["cfg>4", "seed=1"], 1), (["backend=testcard", "cfg!=7"], 2)):
        found = json.loads(measured(*asked, "--where", *words).out)
        assert len(found) == count, words


def test_groups_are_told_by_their_mean_over_everything_else(measured: Studio) -> None:
    found = json.loads(measured("best", "--metric", "temporal_flicker", "--by", "cfg", "--json").out)
    assert sorted(place["values"]["cfg"] for place in found) == ["4", "7"]
    for place in found:
        values = [clip["value"] for clip in place["clips"]]
        assert place["value"] == pytest.approx(sum(values) / 2)
    assert found[0]["value"] <= found[1]["value"]
    assert "mean" in measured("best", "--metric", "temporal_flicker", "--by", "cfg").out


def test_a_wrong_question_is_answered_with_one_sentence(measured: Studio) -> None:
    flicker = ("best", "--metric", "temporal_flicker")
    for words, sentence in (
        (["best", "--metric", "motion_amount"], "add --lower or --higher"),
        (["best", "--metric", "beauty"], "measured: motion_amount"),
        ([*flicker, "--where", "cgf=7"], "no clip has a cgf; swept here: cfg, seed"),
        ([*flicker, "--where", "cfg=9"], "none of the 4 clips has cfg=9"),
        ([*flicker, "--where", "cfg"], "is no condition"),
        ([*flicker, "--name", "dogs"], "no finished clip under runs of an experiment called dogs"),
    ):
        said = measured(*words)
        assert (said.code, said.out) == (2, ""), words
        assert sentence in said.err
