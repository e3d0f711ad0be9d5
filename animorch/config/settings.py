"""Settings: what a command is told beyond the experiment: where runs go, what to redo, how to sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from animorch.advice import NAMES
from animorch.advice.rules import ALL
from animorch.errors import UsageError
from animorch.spec.model import Frozen, sentences


class Exclusion(Frozen):
    """Points to leave out, with the reason that their cells show."""

    when: str = Field(min_length=1, description="Expression over the spec, as in `cfg > 8 and steps < 10`.")
    because: str = Field(min_length=1, description="Reason shown in plan and grid.")


class Sweeping(Frozen):
    """Axes beyond Hydra's own grammar."""

    axes: dict[str, list[Any] | dict[str, dict[str, Any]]] = Field(
        {}, description="Key to values, or a name of your own to named values: {soft: {cfg: 4, steps: 20}}."
    )
    zip: tuple[tuple[str, ...], ...] = Field((), description="Axes that go together: [[cfg, steps]].")
    exclude: tuple[Exclusion, ...] = Field((), description="[{when: EXPRESSION, because: REASON}].")
    prompts: str | None = Field(None, description="Text file with one prompt a line, as a prompt axis.")
    max_points: int = Field(1000, ge=1, description="A larger sweep is refused.")
    skip_invalid: bool = Field(False, description="Leave invalid points out instead of stopping.")


class Tracking(Frozen):
    """MLflow."""

    enabled: bool = Field(True, description="Write runs to MLflow.")
    uri: str | None = Field(None, description="Tracking URI; null is sqlite in the runs folder.")
    system: bool = Field(False, description="Log the machine's load too (needs psutil).")


def _absolute(folder: Path) -> Path:
    return folder.expanduser().absolute()


Folder = Annotated[Path, AfterValidator(_absolute)]


def _listed(names: Any) -> Any:
    return [names] if isinstance(names, str) else names


def _notes(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in (*NAMES, ALL):
            raise ValueError(f"silence={name} is no note; notes are {', '.join(NAMES)}, or {ALL}")
    return names


NoteNames = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_notes)]


class TrainSettings(Frozen):
    """What every training is told, whatever its mode. Nothing here enters what is learned."""

    name: str = Field(
        "mine",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="Word for the training and for what it makes, as in motion=NAME afterwards.",
    )
    runs: Folder = Field(Path("runs"), description="Folder for everything that is made.")
    tracking: Tracking = Tracking()
    force: bool = Field(False, description="Begin again from nothing, dropping what is there.")
    quiet: bool = Field(False, description="No progress, only notes and the last lines.")


class Settings(Frozen):
    """Nothing here enters a key."""

    runs: Folder = Field(Path("runs"), description="Folder for everything that is made.")
    sweep: Sweeping = Sweeping()
    tracking: Tracking = Tracking()
    grid: bool = Field(True, description="End a sweep with grid.mp4, contact_sheet.png and index.html.")
    force: bool = Field(False, description="Render again even what is there.")
    retry_failed: bool = Field(True, description="Try points again that failed last time.")
    only: int | str | tuple[int, ...] | None = Field(
        None, description="Points to do: number, [numbers] or an expression like `cfg == 7`."
    )
    quiet: bool = Field(False, description="No progress, only problems and the last line.")
    silence: NoteNames = Field(
        (), description="Notes (docs/advice.md) that are not shown: [gif_banding], or all."
    )
    point: dict[str, Any] | None = Field(
        None, description="Set by launchers that start a process for each point."
    )


Told = TypeVar("Told", Settings, TrainSettings)


def split(values: dict[str, Any]) -> tuple[Settings, dict[str, Any]]:
    """Settings, and the rest: the experiment's values. Raises UsageError naming every wrong setting."""
    return _split(Settings, values)


def split_training(values: dict[str, Any]) -> tuple[TrainSettings, dict[str, Any]]:
    """The same of a training: the rest is its mode and the mode's options."""
    return _split(TrainSettings, values)


def _split(model: type[Told], values: dict[str, Any]) -> tuple[Told, dict[str, Any]]:
    ours = {key: value for key, value in values.items() if key in model.model_fields}
    rest = {key: value for key, value in values.items() if key not in model.model_fields}
    try:
        return model.model_validate(ours), rest
    except ValidationError as error:
        raise UsageError("; ".join(sentences(error))) from error
