from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from animorch_caption import Blip, FileName, WdTagger
from animorch_caption.wd_tagger import prepared

from animorch import Clip, UsageError
from animorch.media import encode

TAGS = "1girl", "long_hair", ">_<", "hatsune_miku", "general"
KINDS = 0, 0, 0, 4, 9


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Five frames, of which only the middle one is red."""
    frames = np.zeros((5, 32, 48, 3), np.uint8)
    frames[2] = (255, 0, 0)
    encode(Clip(frames), tmp_path / "clip.mkv", {})
    return tmp_path / "clip.mkv"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("003_paper-boat_24fps_a3f09c.mp4", "paper boat"),
        ("paperBoat On Water (1).webm", "paper boat on water"),
        ("pexels_1234567_1080p_30_fps.mov", "pexels"),
        ("a man's hat 512x512.gif", "a man's hat"),
        ("0001.mp4", ""),
        ("Überfahrt_im_Sturm.mkv", "überfahrt im sturm"),
        ("defaced facade 0badcafe.mp4", "defaced facade"),
    ],
)
def test_a_file_name_gives_its_words_and_no_noise(name: str, words: str) -> None:
    assert FileName().caption(Path(name)) == words


def test_a_folder_of_frames_keeps_what_follows_a_dot(tmp_path: Path) -> None:
    (tmp_path / "st. elmo").mkdir()
    assert FileName().caption(tmp_path / "st. elmo") == "st elmo"


@pytest.fixture(scope="session")
def blip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, tiny, random BLIP with its processor, saved as transformers saves one."""
    import torch
    from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipProcessor
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
    from transformers.utils import logging

    folder = tmp_path_factory.mktemp("blip")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "a", "red", "boat", "on", "water"]
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ids = {"bos_token_id": 5, "pad_token_id": 0, "eos_token_id": 3, "sep_token_id": 3}
    config = BlipConfig(
        text_config=size | ids | {"vocab_size": len(words), "encoder_hidden_size": 16},
        vision_config=size | {"image_size": 32, "patch_size": 16},
    )
    torch.manual_seed(0)
    logging.disable_progress_bar()
    BlipForConditionalGeneration(config).save_pretrained(folder)
    tokenizer = BertTokenizer(vocab={word: place for place, word in enumerate(words)}, bos_token="[DEC]")
    BlipProcessor(BlipImageProcessorPil(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)
    return folder


def test_blip_says_words_of_its_own_and_the_same_each_time(blip: Path, clip: Path) -> None:
    captioner = Blip(weights=str(blip), tokens=6)
    assert captioner.preflight() == []
    said = captioner.caption(clip)
    assert said
    assert set(said.split()) <= {"a", "red", "boat", "on", "water"}
    assert captioner.caption(clip) == said


def test_blip_goes_on_from_a_prompt(blip: Path, clip: Path) -> None:
    assert Blip(weights=str(blip), tokens=3, prompt="a red boat").caption(clip).startswith("a red boat")


def test_a_folder_that_holds_no_blip_is_said(blip: Path, clip: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((blip / name).read_bytes())
    with pytest.raises(UsageError, match="holds no BLIP captioner"):
        Blip(weights=str(tmp_path)).caption(clip)


@pytest.mark.parametrize("captioner", [Blip, WdTagger])
def test_weights_that_are_not_at_hand_are_named_with_two_ways_on(
    captioner: type[Blip] | type[WdTagger], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (said,) = captioner(weights="someone/nothing").preflight()
    assert "hf download someone/nothing" in said
    assert "--captioner file_name" in said
    (said,) = captioner(weights=str(tmp_path)).preflight()
    assert f"the folder {tmp_path} lacks" in said


@pytest.fixture
def tagger(tmp_path: Path) -> Path:
    """A real graph as small as can be: each tag's chance is a sum over the mean of blue, green and red."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder = tmp_path / "tagger"
    folder.mkdir()
    (folder / "selected_tags.csv").write_text(
        "tag_id,name,category,count\n"
        + "".join(
            f"{place},{tag},{kind},9\n" for place, (tag, kind) in enumerate(zip(TAGS, KINDS, strict=True))
        )
    )
    # rows: blue, green, red; a fully red square of 448 with a third of white above and below
    weights = np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0.6, 0.9, 0.5, 0.87, 1.0]], np.float32) / 255
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("MatMul", ["mean", "weights"], ["chances"]),
        ],
        "tagger",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [None, 448, 448, 3])],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, [None, len(TAGS)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    return folder


def test_tags_come_surest_first_with_characters_before_them_and_no_rating(tagger: Path, clip: Path) -> None:
    captioner = WdTagger(weights=str(tagger))
    assert captioner.preflight() == []
    assert captioner.caption(clip) == "hatsune miku, long hair, 1girl, >_<"


def test_thresholds_leave_tags_out(tagger: Path, clip: Path) -> None:
    strict = WdTagger(weights=str(tagger), threshold=0.55, character_threshold=0.9)
    assert strict.caption(clip) == "long hair, 1girl"


def test_a_tagger_with_another_ones_table_is_refused(tagger: Path, clip: Path) -> None:
    with (tagger / "selected_tags.csv").open("a") as table:
        table.write("9,extra,0,1\n")
    with pytest.raises(UsageError, match="names 6 tags and answers 5"):
        WdTagger(weights=str(tagger)).caption(clip)


def test_a_broken_graph_is_said(tagger: Path, clip: Path) -> None:
    (tagger / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(UsageError, match="holds no WD tagger"):
        WdTagger(weights=str(tagger)).caption(clip)


def test_a_picture_is_centred_on_white_in_blue_green_red() -> None:
    from PIL import Image

    given = prepared(Image.new("RGB", (96, 32), (200, 100, 50)), 48)
    assert (given.shape, given.dtype) == ((1, 48, 48, 3), np.float32)
    assert given[0, 24, 24].tolist() == [50.0, 100.0, 200.0]
    assert given[0, 2, 24].tolist() == given[0, -3, 24].tolist() == [255.0, 255.0, 255.0]
