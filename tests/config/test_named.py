from __future__ import annotations

from animorch.config.named import named
from animorch.spec.control import SparseControl
from animorch.spec.render import Lora


def test_a_name_brings_its_presets_address_and_the_words_bring_the_weight() -> None:
    (move,) = named({"motion_loras": ["zoom_in:0.6"]})["motion_loras"]
    lora = Lora.model_validate(move)
    assert (lora.name, lora.file, lora.weight) == ("zoom_in", "v2_lora_ZoomIn.ckpt", 0.6)
    assert named({"loras": "animatelcm_lora"})["loras"]["weight"] == 0.8, "the preset's own"


def test_a_table_by_name_alone_is_filled_too() -> None:
    asked = {"name": "v3_scribble", "keyframes": {0: "a.png"}, "weight": 0.5}
    control = SparseControl.model_validate(named({"sparse_control": asked})["sparse_control"])
    assert (control.kind, control.weight, control.repo) == ("scribble", 0.5, "guoyww/animatediff")


def test_what_has_an_address_or_no_preset_stays_as_it_is() -> None:
    values = {
        "loras": [{"name": "zoom_in", "path": "mine.safetensors"}, "style.safetensors:0.8", "C:\\x.ckpt"],
        "motion_loras": [],
        "vae": None,
        "cfg": 7,
    }
    assert named(values) == values
