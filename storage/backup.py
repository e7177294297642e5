"""Copies of the archive while it is in use, and putting one back."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]

from scene.errors import ArchiveError
from storage.database import BUSY_SECONDS, faults, open_database

_PAGES = 2048  # copied at a time, so that others can write in between
_BESIDE = ("-wal", "-shm")


def backup(archive: Path, to: Path) -> int:
    """Copy an archive, whole and of one moment, while others read and write it.

    Args:
        archive: The archive's file.
        to: The copy; one that is there is replaced once the new one is whole. Only its owner may read it.

    Returns:
        Its size in bytes.

    Raises:
        ArchiveError: ``backup-failed``, or a fault of the archive.
    """
    _must_be_there(archive)
    try:
        handle, name = tempfile.mkstemp(dir=to.absolute().parent, prefix=f".{to.name}.")
        os.close(handle)
        try:
            with faults(archive):
                _copy(archive, Path(name))
            with open(name, "rb") as copied:
                os.fsync(copied.fileno())
            os.replace(name, to)
        except BaseException:
            _remove(Path(name))
            raise
        return to.stat().st_size
    except OSError as error:
        raise ArchiveError("backup-failed", path=str(to), reason=error.strerror or "") from error


def restore(copy: Path, archive: Path) -> Path | None:
    """Put a copy in an archive's place; nothing must be using the archive.

    Args:
        copy: What ``backup`` wrote; it stays as it is.
        archive: The archive's file.

    Returns:
        Where the archive that was there is now; None when there was none.

    Raises:
        ArchiveError: ``restore-damaged``, ``restore-in-use``, ``backup-failed``, or why the copy is no
            archive that this version understands; the archive is as it was.
    """
    _must_be_there(copy)
    if not copy.stat().st_size:  # which SQLite would take for a new database
        raise ArchiveError("restore-damaged", path=str(copy))
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=archive.absolute().parent, prefix=f".{archive.name}.")
        os.close(handle)
        new = Path(name)
        try:
            with faults(copy):
                _copy(copy, new)
                _check(new, copy)
            old = _put_away(archive)
            os.replace(new, archive)
        except BaseException:
            _remove(new)
            raise
        return old
    except OSError as error:
        raise ArchiveError("backup-failed", path=str(archive), reason=error.strerror or "") from error


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        raise ArchiveError("backup-no-file", path=str(path))


def _copy(source: Path, to: Path) -> None:
    """SQLite's online backup, https://www.sqlite.org/backup.html: all pages, as of one moment."""
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as there,
        closing(sqlite3.connect(to)) as here,
    ):
        there.backup(here, pages=_PAGES)
        here.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, with nothing beside it


def _check(new: Path, copy: Path) -> None:
    """Bring a copy up to date, which says whether it is an archive at all, and look at every page of it."""
    with closing(open_database(new)) as db:
        whole = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if not whole or db.execute("PRAGMA foreign_key_check").fetchall():
            raise ArchiveError("restore-damaged", path=str(copy))
    with closing(sqlite3.connect(new)) as db:
        db.execute("PRAGMA journal_mode = WAL").fetchall()  # as open_database leaves a new one
    for each in _BESIDE:
        new.with_name(f"{new.name}{each}").unlink(missing_ok=True)


def _put_away(archive: Path) -> Path | None:
    """Rename what is in the place, with nothing of it left in a log beside it."""
    if not archive.exists():
        return None
    old = archive.with_name(f"{archive.name}.{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        with closing(sqlite3.connect(archive, timeout=0)) as db:
            # Merges the log into the file, and is refused while anybody else has it open.
            (mode,) = db.execute("PRAGMA journal_mode = DELETE").fetchone()
            used = mode != "delete"
    except sqlite3.OperationalError:
        used = True
    except sqlite3.DatabaseError:  # what is damaged is put away as it is
        used = False
    if used:
        raise ArchiveError("restore-in-use", path=str(archive))
    os.replace(archive, old)
    for each in _BESIDE:
        beside = archive.with_name(f"{archive.name}{each}")
        if beside.exists():
            os.replace(beside, old.with_name(f"{old.name}{each}"))
    return old


def _remove(path: Path) -> None:
    for each in ("", *_BESIDE, "-journal"):
        path.with_name(f"{path.name}{each}").unlink(missing_ok=True)
