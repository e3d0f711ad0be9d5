"""Metrics by networks: real, tiny and of chance weights, since what they see is not ours to test."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from animorch_judges import Aesthetic, ClipScore, DinoConsistency, PerceptualDistance

from animorch import Clip, Metric, MetricError
from animorch.testing import MetricContract, moving_clip, small_spec
from tests.conftest import Studio
from tests.plugins.metrics.judges import chance_alexnet, tiny_clip, tiny_dino, tiny_head
from tests.plugins.metrics.shots import SPEC, noisy, number, pan, repeated, shuffled, texture

LPIPS = pytest.mark.skipif(
    not (find_spec("lpips") and find_spec("torchvision")), reason="lpips and torchvision are not installed"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clip/, dino/ and head.pth."""
    folder = tmp_path_factory.mktemp("weights")
    tiny_clip(folder / "clip")
    tiny_dino(folder / "dino")
    tiny_head(folder / "head.pth")
    return folder


class JudgeContract(MetricContract):
    """The contract with the tiny weights as options."""

    files: ClassVar[dict[str, str]]

    @pytest.fixture(autouse=True)
    def _tiny(self, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "options", at(weights, self.files))


class TestClipScore(JudgeContract):
    plugin = ClipScore
    files: ClassVar[dict[str, str]] = {"weights": "clip"}


class TestDinoConsistency(JudgeContract):
    plugin = DinoConsistency
    files: ClassVar[dict[str, str]] = {"weights": "dino"}


class TestAesthetic(JudgeContract):
    plugin = Aesthetic
    files: ClassVar[dict[str, str]] = {"weights": "clip", "head": "head.pth"}


@LPIPS
class TestPerceptualDistance(MetricContract):
    plugin = PerceptualDistance

    @pytest.fixture(autouse=True)
    def _chance(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        options = {"weights": str(chance_alexnet(tmp_path / "alexnet.pth"))}
        monkeypatch.setattr(type(self), "options", options)


def at(folder: Path, files: dict[str, str]) -> dict[str, str]:
    return {option: str(folder / file) for option, file in files.items()}


def by_hand(folder: Path, clip: Clip, prompt: str) -> list[float]:
    """100 x cosine with transformers' own processor and one batch."""
    import torch
    from PIL import Image
    from transformers import CLIPModel, CLIPProcessor, CLIPTokenizer
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    processor = CLIPProcessor(
        CLIPImageProcessorPil.from_pretrained(folder), CLIPTokenizer.from_pretrained(folder)
    )
    pictures = [Image.fromarray(frame) for frame in clip.frames]
    given = processor(text=[prompt], images=pictures, return_tensors="pt", padding=True)
    with torch.inference_mode():
        out = CLIPModel.from_pretrained(folder).eval()(**given)
        cosines = out.image_embeds @ out.text_embeds.T
    return (100 * cosines[:, 0]).clamp(min=0).tolist()


def test_the_clip_score_is_a_hundred_times_the_cosine(weights: Path) -> None:
    clip, metric = moving_clip(4), ClipScore(weights=str(weights / "clip"))
    found = [metric.measure(clip, small_spec(prompt=prompt)) for prompt in ("a red kite", "the sea")]
    expected = [by_hand(weights / "clip", clip, prompt) for prompt in ("a red kite", "the sea")]
    assert [one["clip_score_by_frame"] for one in found] == [pytest.approx(one, abs=1e-3) for one in expected]
    assert found[0]["clip_score"] == pytest.approx(np.mean(expected[0]), abs=1e-3)
    assert np.abs(expected).max() > 0


def test_under_a_travel_each_frame_is_scored_by_its_own_prompt(weights: Path) -> None:
    clip, metric = repeated(texture(48), 4), ClipScore(weights=str(weights / "clip"))

    def series(**changes: Any) -> list[float]:
        found = metric.measure(clip, small_spec(frames=4, **changes))["clip_score_by_frame"]
        assert isinstance(found, list)
        return found

    first, last = series(prompt="a red kite"), series(prompt="over the blue sea")
    travelled = series(prompt="", prompt_travel={0: "a red kite", 2: "over the blue sea"})
    assert travelled == pytest.approx([*first[:2], *last[2:]])
    longer = " ".join(["the sea"] * 40)
    assert series(prompt=longer)  # cut off as a render cuts it off, not refused


def test_dino_sees_a_still_clip_as_one_and_noise_as_change(weights: Path) -> None:
    metric, still = DinoConsistency(weights=str(weights / "dino")), repeated(texture(48), 4)
    assert number(metric, still, "dino_consistency") == pytest.approx(1)
    assert number(metric, noisy(still, 40), "dino_consistency") < number(
        metric, noisy(still, 10), "dino_consistency"
    )
    clip = pan(2, size=48, frames=8)
    assert number(metric, shuffled(clip), "dino_to_previous") < number(metric, clip, "dino_to_previous")


def test_the_head_is_all_of_its_layers(weights: Path) -> None:
    import torch
    from PIL import Image
    from transformers import CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    clip = moving_clip(3)
    metric = Aesthetic(weights=str(weights / "clip"), head=str(weights / "head.pth"))
    layers = torch.nn.Sequential(torch.nn.Linear(16, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 1))
    saved = torch.load(weights / "head.pth", weights_only=True)
    layers.load_state_dict({name.removeprefix("layers."): values for name, values in saved.items()})
    with torch.inference_mode():
        shown = CLIPImageProcessorPil.from_pretrained(weights / "clip")(
            images=[Image.fromarray(frame) for frame in clip.frames], return_tensors="pt"
        )["pixel_values"]
        seen = CLIPModel.from_pretrained(weights / "clip").eval().get_image_features(shown).pooler_output
        expected = layers.eval()(torch.nn.functional.normalize(seen, dim=-1))[:, 0].tolist()
    assert metric.measure(clip, SPEC)["aesthetic_by_frame"] == pytest.approx(expected, abs=1e-5)


@LPIPS
def test_lpips_is_nothing_between_equal_frames_and_grows_with_noise(tmp_path: Path) -> None:
    from lpips import LPIPS as Published

    metric = PerceptualDistance(weights=str(chance_alexnet(tmp_path / "alexnet.pth")))
    still = repeated(texture(64), 3)
    assert number(metric, still, "lpips_to_previous") == pytest.approx(0, abs=1e-6)
    found = [number(metric, noisy(still, by), "lpips_to_first") for by in (5, 20, 60)]
    assert found == sorted(found)
    assert Published is not None


def test_what_is_missing_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (said,) = ClipScore(weights="nobody/nothing").preflight()
    assert "run `hf download nobody/nothing` or give weights=FOLDER" in said
    (said,) = DinoConsistency(weights=str(tmp_path)).preflight()
    assert "lacks config.json or preprocessor_config.json" in said
    assert "alexnet-owt-7be5be79.pth" in PerceptualDistance().preflight()[-1]
    assert "head names no file" in Aesthetic().preflight()[-1]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda at: ClipScore(weights=str(at / "dino")), "could not be read as a CLIP model"),
        (lambda at: Aesthetic(weights=str(at / "clip"), head=str(at / "text.pth")), "could not be read"),
        (lambda at: Aesthetic(weights=str(at / "clip"), head=str(at / "wide.pth")), "embeddings of 4 .* 16"),
    ],
    ids=["no CLIP", "no weights", "another width"],
)
def test_weights_of_another_kind_are_refused_in_a_sentence(make: Any, match: str, weights: Path) -> None:
    import torch

    (weights / "text.pth").write_text("no weights")
    torch.save({"0.weight": torch.ones(1, 4), "0.bias": torch.ones(1)}, weights / "wide.pth")
    metric: Metric = make(weights)
    with pytest.raises(MetricError, match=match):
        metric.measure(moving_clip(2), SPEC)


def test_a_sweep_measures_by_them_and_leaves_out_what_is_not_here(studio: Studio, weights: Path) -> None:
    said = studio.small(
        "metrics=[clip_score,dino_consistency,aesthetic]",
        f"metrics.clip_score.weights={weights / 'clip'}",
        f"metrics.dino_consistency.weights={weights / 'dino'}",
    )
    assert said.code == 0
    assert (said.out + said.err).count("metric aesthetic is left out") == 1
    (record,) = studio.records()
    assert {"clip_score", "dino_consistency"} <= record["metrics"].keys()
    assert "aesthetic" not in record["metrics"]
    (path,) = studio.folder.glob("runs/*/*/*/metrics.json")
    assert len(json.loads(path.read_text())["final"]["clip_score_by_frame"]) == 4
