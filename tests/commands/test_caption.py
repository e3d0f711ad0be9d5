from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from animorch import Clip
from animorch.media import encode
from tests.conftest import Studio


@pytest.fixture
def clips(studio: Studio) -> Path:
    """Three films, the first captioned by hand."""
    folder = studio.folder / "clips"
    folder.mkdir()
    for name in ("001_a-calm-sea.mkv", "002_paperBoat.mkv", "010_storm_24fps.mkv"):
        encode(Clip(np.zeros((3, 16, 16, 3), np.uint8)), folder / name, {})
    (folder / "001_a-calm-sea.txt").write_text("by hand\n")
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {file.stem[:3]: file.read_text() for file in sorted(folder.glob("*.txt"))}


def test_missing_captions_are_written_and_the_hand_written_one_is_kept(studio: Studio, clips: Path) -> None:
    said = studio("caption", "clips")
    assert said.code == 0
    assert said.out.splitlines() == [
        "kept     001_a-calm-sea.mkv: by hand",
        "written  002_paperBoat.mkv: paper boat",
        "written  010_storm_24fps.mkv: storm",
        "1 kept, 2 written",
    ]
    assert texts(clips) == {"001": "by hand\n", "002": "paper boat\n", "010": "storm\n"}
    assert studio("caption", "clips").out.splitlines()[-1] == "3 kept"


@pytest.mark.parametrize("flag", ["--dry-run", "--list"])
def test_a_dry_run_says_what_would_be_written_and_writes_nothing(
    studio: Studio, clips: Path, flag: str
) -> None:
    said = studio("caption", flag, "clips")
    assert "to write 002_paperBoat.mkv: paper boat" in said.out
    assert said.out.splitlines()[-1] == "1 kept, 2 to write"
    assert texts(clips) == {"001": "by hand\n"}


def test_an_empty_file_is_filled(studio: Studio, clips: Path) -> None:
    (clips / "010_storm_24fps.txt").write_text("\n")
    assert studio("caption", "clips").code == 0
    assert texts(clips)["010"] == "storm\n"


def test_a_name_without_words_fails_alone(studio: Studio, clips: Path) -> None:
    (clips / "002_paperBoat.mkv").rename(clips / "002.mkv")
    said = studio("caption", "clips")
    assert said.code == 3
    assert "failed   002.mkv: file_name found nothing to say; write 002.txt by hand" in said.err
    assert said.out.splitlines()[-1] == "1 kept, 1 failed, 1 written"


def test_a_broken_film_fails_alone(studio: Studio, clips: Path, tmp_path: Path) -> None:
    (clips / "010_storm_24fps.mkv").write_bytes(b"")
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "selected_tags.csv").write_text("")
    said = studio("caption", "clips", "--captioner", "wd_tagger", f"weights={tmp_path}")
    assert said.code == 2, "the weights are wrong for every clip, so the first one ends it"
    assert "holds no WD tagger" in said.err


def test_captions_kept_in_one_file_are_completed_by_hand(studio: Studio, clips: Path) -> None:
    (clips / "001_a-calm-sea.txt").unlink()
    (clips / "list.csv").write_text("file,caption\n001_a-calm-sea.mkv,sea\n")
    said = studio("caption", "clips")
    assert said.code == 2
    assert "2 clips without a caption: 002_paperBoat.mkv, 010_storm_24fps.mkv" in said.err
    assert "kept in one file" in said.err
    assert texts(clips) == {}


def test_weights_that_are_not_there_stop_it_before_the_first_clip(studio: Studio, clips: Path) -> None:
    said = studio("caption", "clips", "--captioner", "wd_tagger", "weights=nothing/here")
    assert said.code == 2
    assert "hf download nothing/here" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nowhere",), "there is no folder of clips at nowhere"),
        (("clips", "--captioner", "blib"), "did you mean blip?"),
        (("clips", "fast"), "'fast' is not KEY=VALUE"),
        (("clips", "speed=4"), "captioner.file_name.speed is not a known key"),
    ],
)
def test_slips_are_one_sentence(studio: Studio, clips: Path, words: tuple[str, ...], sentence: str) -> None:
    said = studio("caption", *words)
    assert said.code == 2
    assert sentence in said.err


def test_an_option_that_is_no_yaml_is_refused_in_a_sentence(studio: Studio, clips: Path) -> None:
    said = studio("caption", "clips", "weights=[")
    assert said.code == 2
    assert "'weights=[' has no readable value" in said.err


def test_a_caption_of_many_pages_is_shown_in_brief_and_kept_whole(studio: Studio, clips: Path) -> None:
    (clips / "001_a-calm-sea.txt").write_text("wave " * 10_000)
    said = studio("caption", "clips")
    assert max(map(len, said.out.splitlines())) < 400
    assert len((clips / "001_a-calm-sea.txt").read_text()) == 50_000


def test_a_name_that_the_terminal_cannot_show_is_captioned_all_the_same(studio: Studio, clips: Path) -> None:
    (clips / "002_paperBoat.mkv").rename(clips / "002_grüne See.mkv")
    command = studio.spawn("caption", "clips", PYTHONIOENCODING="ascii")
    out, err = command.communicate(timeout=120)
    assert (command.returncode, err) == (0, "")
    assert r"gr\xfcne See.mkv: gr\xfcne see" in out
    assert (clips / "002_grüne See.txt").read_text(encoding="utf-8") == "grüne see\n"


def test_only_the_folder_is_missing_where_options_may_be_left_out(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        studio("caption")
    assert capsys.readouterr().err.endswith("required: folder\n")
