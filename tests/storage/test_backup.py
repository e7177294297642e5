"""Copies of an archive in use, and what is put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from scene.errors import ArchiveError
from storage.archive import Archive
from storage.backup import backup, restore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive with one word, and a copy of it that was made while it was open."""
    path = tmp_path / "archive.db"
    with Archive.open(path) as archive:
        archive.own_words.teach(0, "снежнобог")
        backup(path, tmp_path / "copy.db")
        archive.own_words.teach(0, "морегул")
    return path


def test_a_copy_is_whole_and_private_and_can_be_put_back(path: Path) -> None:
    copy = path.with_name("copy.db")
    assert copy.stat().st_mode & 0o077 == 0
    old = restore(copy, path)
    assert old is not None
    with Archive.open(path) as archive, Archive.open(old) as before:
        assert archive.own_words.of(0) == {"снежнобог"}
        assert before.own_words.of(0) == {"снежнобог", "морегул"}
        with archive.reading() as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert restore(copy, path.with_name("another.db")) is None


def test_nothing_is_put_in_the_place_of_an_archive_in_use(path: Path) -> None:
    with Archive.open(path) as archive:
        archive.count(0)
        with pytest.raises(ArchiveError, match="restore-in-use"):
            restore(path.with_name("copy.db"), path)
    with Archive.open(path) as archive:
        assert archive.own_words.of(0) == {"снежнобог", "морегул"}


@pytest.mark.parametrize("kind", ["empty", "zeroes", "half", "noise", "another", "bent"])
def test_a_damaged_or_foreign_copy_leaves_the_archive_alone(path: Path, kind: str) -> None:
    whole = path.with_name("copy.db").read_bytes()
    hostile = path.with_name("hostile.db")
    contents = {
        "empty": b"",
        "zeroes": b"SQLite format 3\0" + bytes(5000),
        "half": whole[: len(whole) // 2],
        "noise": b"x" * 9999,
        "another": None,
        "bent": whole[:12288] + bytes(4096) + whole[16384:],
    }
    content = contents[kind]
    if content is None:
        from sqlite_utils import Database

        with Database(hostile, execute_plugins=False) as db:
            db["scenes"].insert({"id": 1})
    else:
        hostile.write_bytes(content)
    with pytest.raises(ArchiveError):
        restore(hostile, path)
    with Archive.open(path) as archive:
        assert archive.own_words.of(0) == {"снежнобог", "морегул"}
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []


def test_a_missing_archive_or_place_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="backup-no-file"):
        backup(tmp_path / "none.db", tmp_path / "copy.db")
    with pytest.raises(ArchiveError, match="backup-failed"):
        backup(path, tmp_path / "no" / "folder" / "copy.db")
