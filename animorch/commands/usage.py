"""The help text: the signature, the commands, the keys."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic.fields import FieldInfo

from animorch.config.folders import choices as found
from animorch.config.folders import yours
from animorch.registry import offers

_TEXT = """\
animorch: decide how an AnimateDiff clip should be made

  animorch KEY=VALUE ...                render one clip
  animorch -m cfg=4,7,10 motion=v15_v2  render a sweep: every point a clip, all in one grid
  animorch train mode=NAME KEY=VALUE .. learn weights from clips; `animorch train --help` has the keys
  animorch COMMAND ...                  see `animorch COMMAND --help`

Commands
{commands}

Choices (KEY=NAME, post=[NAME,NAME], metrics=[NAME]; in a sweep KEY=NAME,NAME)
{choices}

Keys
{keys}

Training (animorch train KEY=NAME ...)
{training}

Sweeps    cfg=4,7,10   seed=range(0,4)   motion=glob(lightning_*)   prompt="one, with a comma","two"
          sweep.prompts=FILE   sweep.zip=[[cfg,steps]]   and in a config: sweep.axes, sweep.exclude
Resuming  the same command renders only what is missing; force=true, retry_failed=false, only=2
Weights   animorch models list; ANIMORCH_MODELS=FOLDER lists folders and ComfyUI or A1111 trees that have some
Config    --cfg job prints it, --info, --config-dir DIR, --config-name NAME are Hydra's;
          a conf folder here ({yours}) is searched before the shipped one
Exit      0 good   2 wrong usage or config   3 some points failed   130 interrupted
"""


def usage() -> str:
    """What `animorch --help` prints."""
    words = {name: cls.help for name, cls in offers("command").items()}
    kinds = {"backend": offers("backend"), "post": offers("post"), "metrics": offers("metrics")}
    choices = {kind: ", ".join(found) for kind, found in kinds.items()}
    for group in ("checkpoint", "motion", "output", "experiment"):
        choices[group] = ", ".join(found(group)) or "none yet: put NAME.yaml or NAME.toml in conf/experiment"
    choices |= {f"{group}s": ", ".join(found(group)) for group in ("lora", "motion_lora")}
    return _TEXT.format(
        commands=_table(words),
        choices=_table(choices),
        keys=_table(_keys()),
        training=_table({"mode": ", ".join(offers("mode")), "recipe": ", ".join(found("recipe"))}),
        yours=yours(),
    ).rstrip()


def _keys() -> dict[str, str]:
    from animorch.config.settings import Settings, Sweeping, Tracking
    from animorch.spec.experiment import Experiment, Output
    from animorch.spec.window import Window

    groups = {"checkpoint", "motion", "backend", "post", "metrics", "moved", "point"}
    rows = _described(Experiment.model_fields) | _described(Settings.model_fields)
    for name, model in (("window", Window), ("output", Output), ("tracking", Tracking), ("sweep", Sweeping)):
        rows |= _described(model.model_fields, f"{name}.")
    return {key: text for key, text in rows.items() if key not in groups}


def _described(fields: Mapping[str, FieldInfo], prefix: str = "") -> dict[str, str]:
    return {prefix + key: field.description for key, field in fields.items() if field.description}


def _table(rows: dict[str, str]) -> str:
    import textwrap

    width = max(map(len, rows), default=0)
    lines = (
        textwrap.fill(text, 100, initial_indent=f"  {key:<{width}}  ", subsequent_indent=" " * (width + 4))
        for key, text in rows.items()
    )
    return "\n".join(lines)
