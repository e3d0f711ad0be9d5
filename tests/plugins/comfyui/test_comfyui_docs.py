"""What docs/comfyui.md promises."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from animorch_comfyui import ComfyUIBackend
from animorch_comfyui.client.credentials import HEADERS, TOKEN
from animorch_comfyui.further import FurtherMotion
from comfyui_serving import hurried, quiet, tiny

from animorch import RenderSpec
from tests.conftest import Studio
from tests.doubles.comfyui import Double

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "comfyui.md").read_text(encoding="utf-8")
ROWS = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))


@pytest.mark.parametrize("option", ComfyUIBackend.model_fields)
def test_every_option_is_named(option: str) -> None:
    assert re.search(rf"backend\.{option}\b", PAGE)


def test_nothing_is_called_an_option_that_is_none() -> None:
    named = set(re.findall(r"`\+*backend\.(\w+)", PAGE))
    assert named <= ComfyUIBackend.model_fields.keys()


def test_every_field_has_a_row() -> None:
    assert RenderSpec.model_fields.keys() == ROWS


@pytest.mark.parametrize("field", FurtherMotion.model_fields)
def test_everything_that_a_further_module_takes_is_named(field: str) -> None:
    section = PAGE.partition("## Several motion modules")[2].partition("\n## ")[0]
    assert f"`{field}`" in section


@pytest.mark.parametrize(("option", "said"), [("look_ahead", 2), ("timeout", 1800), ("attempts", 3)])
def test_the_defaults_are_those_of_the_backend(option: str, said: int) -> None:
    assert ComfyUIBackend.model_fields[option].default == said
    assert f"`backend.{option}` | {said}:" in PAGE


def test_the_file_of_a_server_of_ones_own_is_valid() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    options = yaml.safe_load(text)
    assert options.pop("defaults") == ["comfyui"]
    assert len(ComfyUIBackend.model_validate(options).urls) == 2


def test_credentials_are_called_as_they_are_read() -> None:
    assert set(re.findall(r"ANIMORCH_COMFYUI_\w+", PAGE)) == {TOKEN, HEADERS}


def test_every_link_leads_somewhere() -> None:
    headings = {re.sub(r"\s+", "-", line.lower()) for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        file, _, part = link.partition("#")
        assert (DOCS / file).exists()
        assert not part or part in headings


def test_the_records_are_called_so(double: Double) -> None:
    backend = hurried(double)
    backend.render(tiny(), quiet)
    for name in backend.attachments():
        assert f"`{name}`" in PAGE
    backend.close()


@pytest.mark.parametrize(
    "line",
    [line for line in re.findall(r"^animorch (.*)$", PAGE, re.MULTILINE) if not line.startswith("doctor")],
)
def test_every_command_is_understood(double: Double, studio: Studio, line: str) -> None:
    said = studio("plan", f"backend.url={double.url}", *shlex.split(line))
    assert re.search(r"\d points? in ", said.out), said.err + said.out
