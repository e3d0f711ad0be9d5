"""Store: the door to one MLflow store. Only this file imports mlflow, and only when a store is opened."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

from filelock import FileLock

from animorch.errors import TrackingError
from animorch.tracking.inputs import Input
from animorch.tracking.measures import Measurement

DATABASE, ARTIFACTS = "mlflow.db", "mlartifacts"
_SQLITE = "sqlite:///"
_QUIET = {  # read by mlflow at import; what the user set wins
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_KIND = "mlflow.experimentKind"  # said, so that MLflow does not guess that these are language models
_COLD_START = 120.0  # seconds another process may take to create the database
LATER = "the records are safe, run `animorch sync` later"


def default_uri(runs: Path) -> str:
    """The SQLite store of a runs folder, as an absolute URI."""
    return _SQLITE + (runs.absolute() / DATABASE).as_posix()


def settled(uri: str | None, folder: Path) -> str:
    """The URI a sweep's folder is tracked at: the one given, made absolute, or the default of its runs."""
    if uri is None:
        return default_uri(folder.absolute().parent.parent)
    path = database(uri)
    return uri if path is None else _SQLITE + path.absolute().as_posix()


def database(uri: str) -> Path | None:
    """The file of a SQLite store; None for any other store."""
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def artifact_root(uri: str) -> Path | None:
    """Where a SQLite store's artifacts lie: beside it, never in the current folder as by MLflow's default."""
    path = database(uri)
    return None if path is None else path.absolute().with_name(ARTIFACTS)


def shown(uri: str) -> str:
    """The URI as it may be printed or written: without user name and password."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri


def quiet_environment() -> dict[str, str]:
    """Telemetry off, short retries, no chatter; what the user set is left out."""
    return {key: value for key, value in _QUIET.items() if key not in os.environ}


@contextmanager
def speaking(uri: str) -> Iterator[None]:
    """Turn any failure of the store inside the block into a TrackingError sentence."""
    try:
        yield
    except ImportError as error:
        raise TrackingError(f"mlflow cannot be imported ({error}); install it, {LATER}") from error
    except OSError as error:  # requests' errors and filelock's Timeout are among them
        raise TrackingError(_sentence(uri, error)) from error
    except Exception as error:  # mlflow's and SQLAlchemy's cannot be named without importing them
        if type(error).__module__.partition(".")[0] not in ("mlflow", "sqlalchemy"):
            raise
        raise TrackingError(_sentence(uri, error)) from error


def _sentence(uri: str, error: BaseException) -> str:
    verb = "cannot be reached" if database(uri) is None else "cannot be written"
    if type(error).__name__ == "RestException":  # the server answered
        verb = "refused a request"
    return f"MLflow at {shown(uri)} {verb} ({_reason(error)}); {LATER}"


def _reason(error: BaseException) -> str:
    """The first line of the innermost cause: the outer ones only wrap it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].rpartition(">: ")[2]  # urllib3 puts the object's repr before its reason
    return line if len(line) <= 200 else line[:197] + "..."


class Store:
    """What a projection needs of an MLflow client, with the client's traps kept inside."""

    def __init__(self, uri: str) -> None:
        """Open the store, creating a SQLite one; concurrent creation fails, so a lock is held meanwhile."""
        self.uri = uri
        os.environ.update(quiet_environment())
        import mlflow
        from mlflow import entities

        _hush()
        self._entities = entities
        path = database(uri)
        if path is None:
            self.client = mlflow.MlflowClient(tracking_uri=uri)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=_COLD_START):
            self.client = mlflow.MlflowClient(tracking_uri=uri)
            self.client.search_experiments(max_results=1)  # whatever is lazy happens under the lock

    def experiment(self, name: str) -> str:
        """The id of the MLflow experiment of this name: found, restored or made."""
        found = self.client.get_experiment_by_name(name) or self._new_experiment(name)
        self._refuse_moved(found.artifact_location)
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        if _KIND not in found.tags:
            self.client.set_experiment_tag(found.experiment_id, _KIND, "custom_model_development")
        return str(found.experiment_id)

    def _new_experiment(self, name: str) -> Any:
        root = artifact_root(self.uri)
        try:
            self.client.create_experiment(name, None if root is None else (root / name).as_uri())
        except Exception:
            if self.client.get_experiment_by_name(name) is None:  # no, nobody was faster
                raise
        return self.client.get_experiment_by_name(name)

    def _refuse_moved(self, location: str) -> None:
        """A moved runs folder takes its database along, which still names the old place for artifacts."""
        root, old = artifact_root(self.uri), urlsplit(location)
        if root is None or old.scheme != "file":
            return
        place = Path(url2pathname(old.path)).parent
        if place.name == ARTIFACTS and place != root and not place.parent.exists():
            raise TrackingError(
                f"MLflow at {self.uri} was made for artifacts in {place}, which is gone; "
                f"delete {database(self.uri)} and run `animorch sync` to build it anew"
            )

    def runs(self, experiment: str, tag: str, value: str) -> Iterator[Any]:
        """Every run with this tag, deleted ones left out, oldest first."""
        token = None
        while True:
            page = self.client.search_runs(
                [experiment],
                filter_string=f"tags.`{tag}` = '{value}'",
                order_by=["attributes.start_time ASC"],
                max_results=1000,
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return

    def log(
        self,
        run: str,
        measurements: Iterable[Measurement],
        params: Mapping[str, str],
        tags: Mapping[str, str],
        at: int,
    ) -> None:
        """Everything in one batch; `at` (ms) is the metrics' time, so that sending twice adds nothing."""
        of = self._entities
        self.client.log_batch(
            run,
            metrics=[of.Metric(item.key, item.value, at, item.step) for item in measurements],
            params=[of.Param(key, value) for key, value in params.items()],
            tags=[of.RunTag(key, value) for key, value in tags.items()],
        )

    def link(self, run: str, made_from: Input | None) -> None:
        """Show a dataset as what the run was made from; one that it shows already is not doubled."""
        if made_from is None:
            return
        of, (name, digest, kind, source) = self._entities, made_from
        dataset = of.Dataset(name, digest, source_type=kind, source=source)
        context = of.InputTag("mlflow.data.context", kind)
        self.client.log_inputs(run, [of.DatasetInput(dataset, [context])])

    def log_timed(self, run: str, numbers: Iterable[tuple[Measurement, int]]) -> None:
        """Numbers in one batch, at most 1000, each with its own time (ms)."""
        of = self._entities
        metrics = [of.Metric(item.key, item.value, at, item.step) for item, at in numbers]
        self.client.log_batch(run, metrics=metrics)


def _hush() -> None:
    """What MLflow would print is in the TrackingError; its logs would tear the progress display."""
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
