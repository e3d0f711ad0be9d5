from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from animorch_clips import folder as clips

from animorch import MediaError, UsageError, captions_of
from tests.plugins.clips.films import captioned, film, numbers, pictures


def names(folder: Path, captions: Path | None = None) -> dict[str, str]:
    return {clip.name: text for clip, text in captions_of(folder, captions).pairs}


def complaint(folder: Path, **options: object) -> str:
    with pytest.raises(UsageError) as caught:
        clips(str(folder), **({"frames": 4, "width": 16, "height": 16} | options))  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["mp4", "webm", "mkv", "gif"])
def test_a_film_gives_frames_of_the_size_and_number_asked_for(tmp_path: Path, suffix: str) -> None:
    source = clips(str(captioned(tmp_path, f"a.{suffix}")), frames=8, width=24, height=16)
    frames, caption = source[0]
    assert (frames.shape, frames.dtype, caption) == ((8, 16, 24, 3), np.uint8, "a a")
    assert len(source) == len(list(source)) == 1


def test_folders_of_pictures_are_clips_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    pictures(tmp_path / "waves")
    pictures(tmp_path / "trees")
    (tmp_path / "waves.txt").write_text("waves roll in")
    (tmp_path / "trees/prompt.txt").write_text("trees bend")
    source = clips(str(tmp_path), frames=12, width=16, height=16)
    assert [caption for _, caption in source] == ["trees bend", "waves roll in"]
    assert numbers(source[1][0]) == list(range(12))


def test_clips_come_in_the_order_in_which_people_number_them(tmp_path: Path) -> None:
    captioned(tmp_path, "clip10.mkv", "clip2.mkv", "Clip1.mkv", ".hidden.mkv")
    assert list(names(tmp_path)) == ["Clip1.mkv", "clip2.mkv", "clip10.mkv"]


def test_stride_and_start_choose_the_frames(tmp_path: Path) -> None:
    source = clips(str(captioned(tmp_path, "a.mkv")), frames=4, stride=3, start=2, width=16, height=16)
    assert numbers(source[0][0]) == [2, 5, 8, 11]


def test_fps_resamples_instead_of_counting_frames(tmp_path: Path) -> None:
    source = clips(str(captioned(tmp_path, "a.mkv")), frames=4, fps=4, width=16, height=16)
    assert np.ptp(np.diff(numbers(source[0][0]))) == 0
    assert np.diff(numbers(source[0][0]))[0] == 2


def test_a_random_start_is_a_function_of_seed_epoch_and_number(tmp_path: Path) -> None:
    captioned(tmp_path, "a.mkv", "b.mkv", "c.mkv")

    def starts(seed: int, epoch: int = 0) -> list[int]:
        source = clips(str(tmp_path), frames=2, start="random", seed=seed, width=16, height=16)
        return [numbers(source.at(number, epoch)[0])[0] for number in range(3)]

    assert starts(1) == starts(1)
    assert len({tuple(starts(seed, epoch)) for seed in range(3) for epoch in range(2)}) > 3
    assert {place for seed in range(12) for place in starts(seed)} <= set(range(19))


def test_flip_mirrors_some_clips_and_always_the_same_ones(tmp_path: Path) -> None:
    captioned(tmp_path, *(f"{number}.mkv" for number in range(6)))

    def flipped() -> list[bool]:
        source = clips(str(tmp_path), frames=1, flip=True, width=32, height=24)
        return [bool(frames[0, 0, 0].mean() < frames[0, 0, -1].mean()) for frames, _ in source]

    assert flipped() == flipped()
    assert set(flipped()) == {True, False}


def test_frames_cover_the_size_and_are_cut_to_the_middle(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", width=64, height=16)
    path.with_suffix(".txt").write_text("a")
    frames, _ = clips(str(tmp_path), frames=1, width=16, height=16)[0]
    assert frames.max() == 0, "the white third is outside of the middle square"


def test_a_line_a_clip_captions_them_in_order(tmp_path: Path) -> None:
    for name in ("2.mkv", "10.mkv", "1.mkv"):
        film(tmp_path / name)
    (tmp_path / "captions.txt").write_text("one\r\ntwo\r\nten\r\n")
    assert names(tmp_path) == {"1.mkv": "one", "2.mkv": "two", "10.mkv": "ten"}


@pytest.mark.parametrize(
    "table",
    [
        'file,caption\nb.mkv,bees\na,"an ant, red"\n',
        'path,prompt\na.mkv,"an ant, red"\nb.mkv,bees\n',
        'videoid,name,page_dir\nb,bees,\na,"an ant, red",\n',
        '\ufeffVideoID, Name\nb,bees\na,"an ant, red"\n',
    ],
)
def test_a_table_names_clip_and_caption_in_any_of_the_usual_columns(tmp_path: Path, table: str) -> None:
    film(tmp_path / "a.mkv")
    film(tmp_path / "b.mkv")
    (tmp_path / "any.csv").write_text(table, encoding="utf-8")
    assert names(tmp_path) == {"a.mkv": "an ant, red", "b.mkv": "bees"}


def test_webvid_keeps_its_clips_in_folders_of_pages(tmp_path: Path) -> None:
    film(tmp_path / "000001_000050/1066.mkv")
    (tmp_path / "results.csv").write_text("videoid,name,page_dir\n1066,a beach,000001_000050\n")
    assert names(tmp_path) == {"1066.mkv": "a beach"}


def test_a_path_column_takes_clips_from_anywhere_and_only_those(tmp_path: Path) -> None:
    inside, outside = film(tmp_path / "in/a.mkv"), film(tmp_path / "out/b.mkv")
    film(tmp_path / "in/unused.mkv")
    table = tmp_path / "list.csv"
    table.write_text(f"path,caption\n{outside},bees\n{inside},ants\n")
    assert names(tmp_path / "in", table) == {"a.mkv": "ants", "b.mkv": "bees"}


def test_json_beside_a_clip_is_read_and_animorchs_own_metadata_is_not(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv")
    (tmp_path / "a.json").write_text(json.dumps({"prompt": "a barn", "seed": 4}))
    (tmp_path / "a.mkv.json").write_text("{}")
    assert names(tmp_path) == {"a.mkv": "a barn"}
    assert captions_of(tmp_path).sentences() == []


def test_a_clip_that_animorch_rendered_brings_its_prompt(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv")
    pictures(tmp_path / "frames.png")
    for name in ("a.mkv.json", "frames.png.json"):
        (tmp_path / name).write_text(json.dumps({"animorch": "0.1.0", "experiment": {"prompt": "a barn"}}))
    assert names(tmp_path) == {"a.mkv": "a barn", "frames.png": "a barn"}
    for name in ("a.txt", "frames.png.txt"):
        (tmp_path / name).write_text("by hand")
    assert names(tmp_path) == {"a.mkv": "by hand", "frames.png": "by hand"}
    assert captions_of(tmp_path).sentences() == []


def test_animorchs_metadata_beside_clips_goes_with_captions_of_any_kind(tmp_path: Path) -> None:
    pictures(tmp_path / "frames.png")
    (tmp_path / "frames.png.json").write_text(json.dumps({"experiment": {"prompt": "a barn"}}))
    (tmp_path / "captions.txt").write_text("by hand")
    assert names(tmp_path) == {"frames.png": "by hand"}


def test_every_problem_is_said_at_once_with_the_names(tmp_path: Path) -> None:
    captioned(tmp_path, "good.mkv", "twice.mkv", "twice.webm", "empty.mkv")
    film(tmp_path / "short.mkv", 3).with_suffix(".txt").write_text("brief")
    film(tmp_path / "mute.mkv")
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    (tmp_path / "broken.txt").write_text("shards")
    (tmp_path / "gone.txt").write_text("left behind")
    said = complaint(tmp_path, frames=4, stride=2, start=1).splitlines()
    assert [line for line in said if "twice.mkv and twice.webm would share the caption twice.txt" in line]
    assert [line for line in said if "2 clips without a caption: empty.mkv, mute.mkv" in line]
    assert [line for line in said if "1 caption without a clip: gone.txt" in line]
    assert [line for line in said if "broken.mp4 could not be read" in line]
    assert [line for line in said if "short.mkv (3)" in line and "need 8 frames" in line]
    assert len(said) == 6


def test_ten_names_are_said_and_the_rest_counted(tmp_path: Path) -> None:
    for number in range(12):
        film(tmp_path / f"{number}.gif", 2)
    said = complaint(tmp_path)
    assert "12 clips without a caption: 0.gif, 1.gif, 2.gif" in said
    assert said.count("9.gif and 2 more") == 1
    assert "9.gif (2) and 2 more" in said


def test_a_lost_line_is_not_guessed_at(tmp_path: Path) -> None:
    for name in ("a.mkv", "b.mkv", "c.mkv"):
        film(tmp_path / name)
    (tmp_path / "captions.txt").write_text("one\n\ntwo\nthree\n")
    assert "captions.txt has 4 lines and the folder 3 clips (blank lines count: 2)" in complaint(tmp_path)
    (tmp_path / "captions.txt").write_text("one\n\nthree\n")
    assert "line 2 of captions.txt is blank and belongs to b.mkv" in complaint(tmp_path)


def test_a_tables_rows_are_checked_both_ways(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv")
    film(tmp_path / "b.mkv")
    film(tmp_path / "c.mkv")
    (tmp_path / "t.csv").write_text("file,text\na.mkv,one\na,two\nz,three\nb,\nb,x,y\n")
    said = complaint(tmp_path)
    assert "1 row of t.csv has a clip that is not there; check the names: z (line 4)" in said
    assert "1 row of t.csv has a clip that an earlier row has; keep one row: a (line 3)" in said
    assert "1 row of t.csv has no caption; write one: b (line 5)" in said
    assert "more columns than the header" in said
    assert "1 clip without a caption: c.mkv" in said


def test_a_table_without_the_columns_says_which(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv")
    (tmp_path / "t.csv").write_text("clip;words\na;b\n")
    assert "t.csv needs a column path or file or videoid" in complaint(tmp_path)


def test_a_table_with_a_quote_that_never_ends_is_no_table(tmp_path: Path) -> None:
    film(tmp_path / "a.mkv")
    (tmp_path / "t.csv").write_text('file,caption\na.mkv,"' + "and so on " * 20_000)
    assert "t.csv is no table after line 1" in complaint(tmp_path)


def test_a_folder_is_no_caption_whatever_it_is_called(tmp_path: Path) -> None:
    captioned(tmp_path, "a.mkv")
    (tmp_path / "notes.txt").mkdir()
    assert captions_of(tmp_path).sentences() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is locked for root")
def test_a_locked_folder_is_named(tmp_path: Path) -> None:
    captioned(tmp_path, "a.mkv")
    (tmp_path / "locked").mkdir(mode=0)
    assert "locked cannot be read (Permission denied)" in complaint(tmp_path)


def test_kinds_of_captions_are_not_mixed(tmp_path: Path) -> None:
    captioned(tmp_path, "a.mkv")
    (tmp_path / "captions.txt").write_text("an ant\n")
    assert "several kinds: captions.txt, a.txt beside a.mkv" in complaint(tmp_path)
    assert names(tmp_path, Path("captions.txt")) == {"a.mkv": "an ant"}


def test_two_captions_beside_a_clip_are_refused(tmp_path: Path) -> None:
    captioned(tmp_path, "a.mkv")
    (tmp_path / "a.json").write_text('{"prompt": "another"}')
    assert "a.mkv has more than one caption: a.txt and a.json; keep one" in complaint(tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fps": 8.0, "stride": 2}, "exclude each other"),
        ({"start": "middle"}, "neither a frame"),
        ({"frames": 0}, "frames=0"),
        ({"captions": "none.csv"}, "there is no captions file at none.csv"),
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path: Path, options: dict[str, object], said: str) -> None:
    assert said in complaint(captioned(tmp_path, "a.mkv"), **options)


def test_a_folder_that_is_not_there_or_empty_is_said(tmp_path: Path) -> None:
    assert "there is no folder of clips" in complaint(tmp_path / "none")
    assert "holds no clips" in complaint(tmp_path)


def test_a_film_cut_short_after_the_check_is_not_trained_on(tmp_path: Path) -> None:
    source = clips(str(captioned(tmp_path, "a.gif")), frames=8, width=16, height=16)
    film(tmp_path / "a.gif", 5)
    with pytest.raises(MediaError, match="changed meanwhile"):
        source[0]


def test_clips_in_which_nothing_moves_are_named(tmp_path: Path) -> None:
    captioned(tmp_path, "calm.mkv", frames=4)
    captioned(tmp_path, "lively.mkv", frames=40)
    source = clips(str(tmp_path), frames=4, width=16, height=16)
    assert source.near_still() == ["calm.mkv", "lively.mkv"]
    assert source.near_still(variance=1.0) == []


def test_words_of_the_captions_are_for_a_tokenizer(tmp_path: Path) -> None:
    captioned(tmp_path, "a.mkv")
    (tmp_path / "a.txt").write_text("A cat, sitting; the cat's hat")
    assert clips(str(tmp_path), frames=2).words() == ["a", "cat", "cat's", "hat", "sitting", "the"]


def test_the_plugin_loads_without_numpy() -> None:
    heavy = "{'numpy', 'PIL', 'torch', 'onnxruntime'}"
    code = f"import sys, animorch_clips, animorch_caption; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
