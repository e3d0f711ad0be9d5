"""Frames of a point: from the store, or rendered into it. The only place that asks a backend for pixels."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from animorch.clip import Clip
from animorch.errors import BackendError
from animorch.media import decode, encode
from animorch.plugin import Backend, Progress
from animorch.runs.files import staged
from animorch.runs.names import FRAMES, OURS
from animorch.runs.record import file_hash
from animorch.runs.store import Rendered, Store
from animorch.spec.experiment import Experiment
from animorch.spec.identity import weights_of
from animorch.sweep.cost import work
from animorch.sweep.logbook import Watch
from animorch.sweep.point import Point, backend_of


def frames_of(
    point: Point, runs: Path, progress: Progress, watch: Watch, since: datetime | None
) -> tuple[Clip, Rendered, bool]:
    """The point's frames, from the store or rendered into it; says whether they were rendered now."""
    store, experiment = Store(runs), point.experiment
    assert experiment is not None
    with store.lock(point.render_key):
        kept, fact = store.frames(point.render_key), store.fact(point.render_key)
        if kept is not None and fact is not None and (since is None or fact.finished >= since):
            with watch.stage("decode"):
                return decode(kept).at(experiment.output.fps), fact, False
        backend = backend_of(experiment)
        with watch.stage("render"):
            clip = _as_asked(backend.render(experiment.spec, progress), experiment)
        _refuse_changed(point)
        with watch.stage("store"):
            fact = _store(store, runs, point, backend, clip, watch.seconds["render"])
    return clip.at(experiment.output.fps), fact, True


def _refuse_changed(point: Point) -> None:
    """Frames of weights that changed since the plan must not be stored under the planned key."""
    assert point.experiment is not None
    now = weights_of(point.experiment)
    changed = [name for name, content in (point.weights or {}).items() if now.get(name) != content]
    if changed:
        raise BackendError(f"{', '.join(changed)} changed on disk since the plan; run the command again")


def _as_asked(clip: Clip, experiment: Experiment) -> Clip:
    asked = (experiment.frames, experiment.width, experiment.height)
    found = (len(clip), clip.width, clip.height)
    if asked != found:
        raise BackendError(
            "backend {} was asked for {} frames of {}x{} and returned {} of {}x{}; "
            "it is at fault, report it to its author".format(experiment.backend.name, *asked, *found)
        )
    return clip


def _store(store: Store, runs: Path, point: Point, backend: Backend, clip: Clip, seconds: float) -> Rendered:
    assert point.experiment is not None
    with staged(runs, store.folder(point.render_key)) as fresh:
        encode(clip, fresh / FRAMES, {"render_key": point.render_key})
        attachments = _attach(backend, fresh)
        fact = Rendered(
            render_key=point.render_key,
            backend=backend.name,
            seconds=seconds,
            work=work(point.experiment),
            finished=datetime.now(UTC),
            environment=backend.environment(),
            weights=dict(point.weights or {}),
            attachments=attachments,
            bytes=(fresh / FRAMES).stat().st_size,
            sha256=file_hash(fresh / FRAMES),
            frames_sha256=hashlib.sha256(clip.frames.tobytes()).hexdigest(),
        )
        store.save(fresh, fact)
    return fact


def _attach(backend: Backend, folder: Path) -> tuple[str, ...]:
    """Write the backend's texts beside the frames; returns their names."""
    texts = backend.attachments()
    for name, text in texts.items():
        if name != Path(name).name or name in OURS or name.startswith((".", "clip.")):
            raise BackendError(f"backend {backend.name} attaches {name!r}, which is no free file name")
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(texts)
