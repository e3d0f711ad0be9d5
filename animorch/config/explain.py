"""Hydra's and OmegaConf's errors, said in one sentence with the way out."""

from __future__ import annotations

import re
import shlex
from difflib import get_close_matches

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException
from yaml import MarkedYAMLError

from animorch.config.folders import choices
from animorch.config.settings import Settings
from animorch.registry import offers
from animorch.spec.experiment import Experiment, Output

_TEXT_KEYS = ("prompt", "negative_prompt")
_QUOTED_KEY = re.compile(r"""[{,]\s*(["'])[^"']*\1\s*:""")
_GRAMMAR = (
    "mismatched input",
    "extraneous input",
    "token recognition",
    "nknown function",
    "no viable",
    "missing EQUAL",
)


def explained(error: Exception, *lines: str) -> str:
    """One sentence for what Hydra refused; `lines` are the overrides it was given."""
    said = " ".join(str(error).split())
    cause = " ".join(str(error.__cause__ or "").split())
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}"
        return f"{mark.name} is not valid YAML: {error.problem} (at {where})"
    if any(mark in said for mark in _GRAMMAR):
        return _ungrammatical(said, lines)
    if "Ambiguous value for argument" in said or "requires --multirun" in said:
        line = said.split("'")[1]
        quotes = f", or for one prompt write {quoted_form(line)}" if is_text(line) else ""
        return f"{line!r} has several values; add -m to sweep over them{quotes}"
    if "Could not override" in said:
        return _unknown_key(said, lines)
    if "Could not find" in said or "Could not load" in said:
        return _unfound(said)
    return f"{said}: {cause}" if cause and cause not in said else said


def _ungrammatical(said: str, lines: tuple[str, ...]) -> str:
    line = next(filter(_unreadable, lines), lines[-1])
    if is_text(line):
        return f"{line!r} needs quotes inside the shell's: {quoted_form(line)}"
    if "=" not in line:
        return f"{line!r} is not KEY=VALUE; see `animorch --help`"
    if _QUOTED_KEY.search(line):
        return f"{line!r} has quotes around a key; write keys without, as in {{50%: a red star}}"
    reason = re.sub(r"^.*?(Error parsing override|Error when)", r"\1", said).partition(" See https")[0]
    return f"{line!r} cannot be read ({reason}); quote the value inside the shell's quotes if it is a text"


def _unreadable(line: str) -> bool:
    if line.startswith("-"):
        return False
    try:
        OverridesParser.create().parse_override(line)
    except HydraException:
        return True
    return False


def _unknown_key(said: str, lines: tuple[str, ...]) -> str:
    key = said.split("'")[1]
    asked = next((line for line in lines if line.lstrip("+~").startswith(key)), key)
    close = get_close_matches(key, [*Experiment.model_fields, *Settings.model_fields], n=1)
    way = f"did you mean {close[0]}?" if close else "`animorch --cfg job` prints every key"
    if key in Output.model_fields:
        way = f"did you mean output.{key}?"
    if key.startswith("sweep.axes."):
        way = f"a new axis takes a plus: +{asked}"
    return f"{asked!r} sets a key that is not there; {way}"


def _unfound(said: str) -> str:
    found = re.search(r"Could not (?:find|load) '([^']+)'", said)
    options = re.search(r"Available options in '[^']*':(.*?)(Config search path|$)", said)
    group, _, name = found[1].rpartition("/") if found else ("", "", "")
    if not group:
        return said
    listed = ", ".join(options[1].split() if options else _offered(group))
    return f"{group}={name} was not found; {group} can be: {listed}"


def _offered(group: str) -> list[str]:
    """Names that plugins offer in a group, where Hydra lists none."""
    if group in ("backend", "post", "metrics", "mode"):
        return sorted(offers(group))
    return choices(group) or ["nothing yet"]


def is_text(line: str) -> bool:
    """Whether an override sets a prompt."""
    return line.lstrip("+").partition("=")[0] in _TEXT_KEYS


def quoted_form(line: str) -> str:
    """The override as a shell should be given it, its value one quoted text."""
    key, _, value = line.partition("=")
    text = QuotedString(value.strip().strip("\"'"), Quote.double).with_quotes()
    return shlex.quote(f"{key}={text}")


def comma_trap(line: str) -> str:
    """What to say of a prompt that its commas would cut."""
    return (
        f"{line!r} would become several prompts, cut at its commas; "
        f"for one prompt write {quoted_form(line)}, "
        "for several quote each, or put them in a file, one a line: -m sweep.prompts=prompts.txt"
    )


def split_by_comma(line: str) -> bool:
    """Whether a prompt without quotes has a comma with a space, as sentences do and lists do not."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'", "", line.partition("=")[2])
    return is_text(line) and re.search(r",\s", bare) is not None
