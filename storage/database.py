"""One SQLite file: opened, brought up to date, and its faults told so that a person can act on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

# sqlite-utils prefers pysqlite3 where it is installed; its errors are not those of the standard module.
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]

from scene.errors import ArchiveError
from storage.schema import migrations

BUSY_SECONDS = 5.0
"""How long to wait for another process that is writing."""

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    # An acknowledged scene survives a power cut: every commit reaches the disk (fullfsync: on macOS too).
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    # What is forgotten is overwritten with zeroes, not just unlinked.
    "PRAGMA secure_delete = ON",
    # Notice a damaged page when it is read, not after using it.
    "PRAGMA cell_size_check = ON",
    # 32 MiB, so that the inner pages of a million rows stay: 2 MiB, the default, is less than they are.
    "PRAGMA cache_size = -32768",
)

_KEYS = {
    sqlite3.SQLITE_BUSY: "archive-busy",
    sqlite3.SQLITE_LOCKED: "archive-busy",
    sqlite3.SQLITE_PROTOCOL: "archive-busy",
    sqlite3.SQLITE_READONLY: "archive-read-only",
    sqlite3.SQLITE_CORRUPT: "archive-damaged",
    sqlite3.SQLITE_FULL: "archive-disk-full",
    sqlite3.SQLITE_CANTOPEN: "archive-cannot-open",
    sqlite3.SQLITE_NOTADB: "archive-not-a-database",
}
_NEARLY_FULL = 64 * 1024  # bytes; SQLite's shared-memory file grows by 32 KiB at a time


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside the block into :class:`ArchiveError`.

    Args:
        path: The database file, named in the message.

    Raises:
        ArchiveError: With a key for each kind of fault. Mistakes of the program itself (a broken
            constraint, a closed connection) pass through as they are.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise ArchiveError("archive-bad-text") from error
    except UnicodeDecodeError as error:  # an SQLite message that quotes a damaged schema
        raise ArchiveError("archive-damaged", path=str(path), reason=error.reason) from error
    except MemoryError as error:  # also what a damaged length on a page leads to
        raise ArchiveError("archive-failed", path=str(path), reason="out of memory") from error
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            _key(error, path), path=str(path), reason=str(error), seconds=BUSY_SECONDS
        ) from error


@contextmanager
def damage() -> Iterator[None]:
    """Report values that no archive would hold the way SQLite reports a broken page.

    SQLite has no checksums: a block that the disk lost reads as zeroes, in well-formed rows.

    Raises:
        sqlite3.DatabaseError: Something inside the block was no value of its kind.
    """
    try:
        yield
    except ValueError as error:
        raise sqlite3.DatabaseError(f"a row makes no sense: {error}") from error


def _primary_code(error: sqlite3.DatabaseError) -> int | None:
    # An error without a code is not SQLite's own: a text column that isn't UTF-8, or damage().
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _key(error: sqlite3.DatabaseError, path: Path) -> str:
    code = _primary_code(error)
    if code is None:
        return "archive-damaged"
    if code == sqlite3.SQLITE_IOERR and _disk_is_full(path):
        # SQLite says "disk full" for its data pages, but "I/O error" for its shared-memory file.
        return "archive-disk-full"
    return _KEYS.get(code, "archive-failed")


def _disk_is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NEARLY_FULL
    except OSError:
        return False


@contextmanager
def transaction(db: Database, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE") -> Iterator[None]:
    """Do all of the block or none of it.

    Args:
        db: The database.
        kind: ``IMMEDIATE`` takes the right to write at once, so that what is read inside stays true until
            it is written; ``DEFERRED`` reads one snapshot.
    """
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


def open_database(path: Path) -> Database:
    """Open an archive's file, creating it and its folder if they are missing.

    A file in a read-only place is opened for reading; writing to it then fails with
    ``archive-read-only``.

    Args:
        path: The database file.

    Returns:
        The database, with its schema up to date, usable from any thread (one at a time).

    Raises:
        ArchiveError: The file can't be opened, or isn't an archive that this version understands.
    """
    try:
        if path.is_dir():
            raise ArchiveError("archive-is-folder", path=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError("archive-no-folder", path=str(path), reason=error.strerror or "") from error
    with faults(path):
        try:
            return _connect(path, "mode=rwc")
        except sqlite3.OperationalError as error:
            # Which of the two depends on what is read-only: the file system, or a folder by its rights.
            read_only = _primary_code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not read_only or not path.is_file():
                raise
        # SQLite reads a WAL database only with a file beside it, which a read-only folder can't hold.
        # Without a WAL there is nothing to share with a writer, so it may be read as it lies; with one,
        # that would silently leave out the newest scenes.
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise ArchiveError("archive-unmerged", path=str(path))
        return _connect(path, "immutable=1")


def _connect(path: Path, how: str) -> Database:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # only transaction() opens transactions
        check_same_thread=False,
    )
    try:
        db = Database(connection, execute_plugins=False)
        for pragma in _PRAGMAS:
            db.execute(pragma)
        _bring_up_to_date(db, path)
    except BaseException:
        connection.close()
        raise
    return db


def _bring_up_to_date(db: Database, path: Path) -> None:
    with transaction(db, "DEFERRED"):
        applied = {migration.name for migration in migrations.applied(db)}
        if not applied and db.table_names():
            raise ArchiveError("archive-foreign", path=str(path))
        pending = migrations.pending(db)
    if applied - _all_migrations():
        raise ArchiveError("archive-newer", path=str(path))
    if not pending:
        return
    db.execute("PRAGMA journal_mode = WAL")  # kept in the file, so once is enough
    with transaction(db):
        migrations.apply(db)  # looks again at what is pending: another process may have been faster


def _all_migrations() -> set[str]:
    with Database(memory=True, execute_plugins=False) as empty:
        return {migration.name for migration in migrations.pending(empty)}
