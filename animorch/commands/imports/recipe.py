"""Recipe: a training config drafted by the form it has, and written to conf/recipe."""

from __future__ import annotations

from pathlib import Path

from animorch.commands.imports import evo_tuner, guoyww, motion_director, training
from animorch.commands.imports.draft import Draft
from animorch.commands.imports.sheet import Sheet
from animorch.errors import UsageError

_FORMS = (motion_director, evo_tuner, guoyww)  # guoyww's fields are in MotionDirector's as well


def drafted(path: Path, name: str) -> Draft:
    """What the file comes to; raises UsageError when it is of no known form, or cannot be meant."""
    sheet = Sheet.of(path)
    form = next((form for form in _FORMS if form.is_form(sheet)), None)
    if form is None:
        raise UsageError(
            f"{path} is no training config of AD-Evo-Tuner, tumurzakov, guoyww or MotionDirector: none of "
            "dataset_class, train_data.video_path, train_data.csv_path and dataset_types is in it"
        )
    draft = Draft(name, form.FORM, path)
    form.read(sheet, draft)
    training.leftover(sheet, draft)
    return draft


def written(draft: Draft, force: bool) -> list[Path]:
    """The files, written into ./conf/recipe; raises UsageError when one is there and force is not set."""
    from animorch.config.folders import yours
    from animorch.place import write_text

    folder = yours().relative_to(Path.cwd()) / "recipe"
    recipe, table = folder / f"{draft.name}.yaml", folder / f"{draft.name}.csv"
    if draft.rows:
        draft.put("data.captions", table.as_posix())
    texts = {table: draft.table()} if draft.rows else {}
    texts[recipe] = draft.recipe()
    taken = [str(file) for file in texts if file.exists()]
    if taken and not force:
        raise UsageError(
            f"{' and '.join(taken)} is there already; give --name NAME, or --force to write over it"
        )
    for file, text in texts.items():
        write_text(file, text)
    return list(texts)
