"""Hub: what the hub says of a file, and its bytes, continued where an earlier try stopped.

huggingface_hub brings the address, the login and the stream. It throws away what an interrupted download left
(https://github.com/huggingface/huggingface_hub/pull/4228), so the partial file is kept here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from animorch.errors import UsageError, WeightsError
from animorch.spec.weights import Weights

_REASONS = {  # huggingface_hub's errors by name, the first that fits
    "GatedRepoError": "is given only to accounts that accepted its licence: accept it at "
    "https://huggingface.co/{repo}, run `hf auth login`, then pull again",
    "RevisionNotFoundError": "has no revision {revision}; check it",
    "EntryNotFoundError": "has no file {file}; check the name",
    "RepositoryNotFoundError": "is not on the hub, or closed to you; check the name, or `hf auth login`",
    "HFValidationError": "is no name of a hub repository; write OWNER/REPO or OWNER/REPO/FILE",
}


@dataclass(frozen=True)
class Remote:
    """One file on the hub, as its headers describe it."""

    repo: str
    file: str
    revision: str | None
    url: str
    etag: str
    size: int
    commit: str

    @property
    def sha256(self) -> str | None:
        """The hash that the hub promises, which it does of large files."""
        return self.etag if len(self.etag) == 64 else None


def is_offline() -> bool:
    """Whether the environment forbids the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def refuse_offline(weights: Weights) -> None:
    """Raise what stops every pull: no client installed, or an environment that forbids the hub."""
    if find_spec("huggingface_hub") is None:
        raise UsageError("animorch models pull needs huggingface_hub; run `pip install huggingface_hub`")
    if is_offline():
        raise WeightsError(
            f"{weights.name} is on the hub ({weights.repo}) and HF_HUB_OFFLINE forbids it; unset that and "
            "pull again, or put the file into a folder of ANIMORCH_MODELS"
        )


def endpoint() -> str | None:
    """HF_ENDPOINT as it is now; null is the hub itself."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def described(weights: Weights, file: str) -> Remote:
    """Ask the hub about one file; raises WeightsError in a sentence when it does not answer."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    repo = weights.repo or ""
    with _in_a_sentence(weights, file):
        url = hf_hub_url(repo, file, revision=weights.revision, endpoint=endpoint())
        told = get_hf_file_metadata(url, endpoint=endpoint())
    if not (told.etag and told.commit_hash and told.size is not None):
        raise WeightsError(f"{weights.name}: the hub did not describe {repo}/{file}; check HF_ENDPOINT")
    return Remote(repo, file, weights.revision, url, told.etag, told.size, told.commit_hash)


def listed(weights: Weights) -> list[str]:
    """Names of a repository's files; raises WeightsError in a sentence when the hub does not answer."""
    from huggingface_hub import HfApi

    with _in_a_sentence(weights, ""):
        return HfApi(endpoint=endpoint()).list_repo_files(weights.repo or "", revision=weights.revision)


def fetch(remote: Remote, partial: Path, weights: Weights) -> None:
    """Fill the partial file, going on from what it holds; raises WeightsError, and then keeps what came.

    A second process that fetches the same file is refused, since both would write into one.
    """
    partial.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{partial}.lock")
    try:
        with lock.acquire(timeout=0):
            try:
                _fill(remote, partial, weights)
            finally:
                Path(lock.lock_file).unlink(missing_ok=True)
    except Timeout as error:
        raise WeightsError(f"{weights.name} is being pulled by another process; wait for it") from error


def _fill(remote: Remote, partial: Path, weights: Weights) -> None:
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    have = partial.stat().st_size if partial.exists() else 0
    if have > remote.size:
        partial.unlink()
        have = 0
    _refuse_full_disk(remote.size - have, partial.parent, weights)
    if have == remote.size and have:
        return
    with _in_a_sentence(weights, remote.file), partial.open("r+b" if have else "wb") as stream:
        stream.seek(have)
        http_get(
            remote.url,
            stream,
            resume_size=have,
            headers=build_hf_headers(),
            expected_size=remote.size,
            displayed_filename=Path(remote.file).name,
        )


def _refuse_full_disk(needed: int, folder: Path, weights: Weights) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise WeightsError(
            f"{weights.name} needs {needed / 1e9:.2f} GB more and {folder} has {free / 1e9:.2f} GB free; "
            "make room, or choose another disk with --to FOLDER"
        )


def refuse_other_upload(remote: Remote, weights: Weights) -> None:
    """Raise before a byte is fetched when the hub's file is none of those known; WeightsError."""
    if weights.sha256 and remote.sha256 and remote.sha256 not in weights.sha256:
        raise WeightsError(_other(weights, remote.sha256, f"the hub's {remote.repo}/{remote.file}"))


def refuse_wrong(partial: Path, remote: Remote, weights: Weights) -> None:
    """Raise WeightsError, and take the file away, when what came is not what was promised."""
    known = weights.sha256 or ((remote.sha256,) if remote.sha256 else ())
    with partial.open("rb") as stream:
        came = hashlib.file_digest(stream, "sha256").hexdigest()
    if known and came not in known:
        partial.unlink()
        raise WeightsError(_other(weights, came, "what came") + "; it was not kept, pull again")


def _other(weights: Weights, found: str, whose: str) -> str:
    known = weights.sha256[0] if weights.sha256 else "the one the hub promises"
    return f"{weights.name}: {whose} has the sha256 {found[:12]}…, and known is {known[:12]}…"


@contextmanager
def _in_a_sentence(weights: Weights, file: str) -> Iterator[None]:
    """The hub client raises its own, its HTTP library's and the system's errors."""
    try:
        yield
    except Exception as error:
        raise WeightsError(_sentence(weights, file, error)) from error


def _sentence(weights: Weights, file: str, error: Exception) -> str:
    kinds = {cls.__name__ for cls in type(error).__mro__}
    names: dict[str, Any] = {"repo": weights.repo, "file": file, "revision": weights.revision}
    for kind, reason in _REASONS.items():
        if kind in kinds:
            return f"{weights.name}: {weights.repo} {reason.format(**names)}"
    why = str(error).strip().partition("\n")[0] or type(error).__name__
    return (
        f"{weights.name}: the hub did not deliver {weights.repo} ({why[:200]}); what came is kept, "
        "so pull again goes on from there"
    )
