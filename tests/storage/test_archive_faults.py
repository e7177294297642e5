"""What can be wrong with a file or a disk, and what the archive says about it."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from making import rendering, scene, vector
from sqlite_utils import Database

from scene.errors import ArchiveError
from storage.archive import Archive
from storage.recall import Query, recall

REPO = Path(__file__).parents[2]
ASH = scene("пепел", "вспышка")
LONG = rendering("слово " * 500)


def key_of(action: Callable[[], object]) -> str:
    with pytest.raises(ArchiveError) as caught:
        action()
    return caught.value.key


def filled(path: Path, count: int = 1) -> Path:
    """An archive with this many scenes, closed."""
    with Archive.open(path) as archive:
        for step in range(count):
            text = rendering(f"Текст номер {step}. " * 20)
            archive.keep_rendering(0, scene("шаг", str(step)), text, vector(1, step), "test")
    return path


def test_paths_that_can_be_no_archive(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert key_of(lambda: Archive.open(tmp_path)) == "archive-is-folder"
    assert key_of(lambda: Archive.open(file / "archive.db")) == "archive-no-folder"
    assert key_of(lambda: Archive.open(tmp_path / ("x" * 300))) == "archive-no-folder"


@pytest.mark.parametrize("name", ["архив ⚡.db", "a?mode=memory#%41.db", "a'b\"c.db"])
def test_a_path_is_taken_literally(tmp_path: Path, name: str) -> None:
    filled(tmp_path / name)
    assert (tmp_path / name).is_file()


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    filled(Path("archive.db"))
    assert (tmp_path / "archive.db").is_file()


@pytest.mark.parametrize(
    "content", [b"hello", bytes(range(256)), random.Random(1).randbytes(20_000), "текст\n".encode() * 900]
)
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(content)
    assert key_of(lambda: Archive.open(path)) == "archive-not-a-database"
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "places.db"
    with Database(path, execute_plugins=False) as db:
        db.execute("CREATE TABLE places (name TEXT)")
    before = path.read_bytes()
    assert key_of(lambda: Archive.open(path)) == "archive-foreign"
    assert path.read_bytes() == before


def test_an_archive_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path / "archive.db")
    with Database(path, execute_plugins=False) as db:
        applied = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)"
        db.execute(applied, ["hyperbridge", "of_a_later_version", "2099-01-01"])
    assert key_of(lambda: Archive.open(path)) == "archive-newer"


@pytest.mark.parametrize("garbage", [b"\0", b"\xff", b"\x5a"])
@pytest.mark.parametrize("size", [512, 4096])
def test_no_damaged_page_brings_anything_but_a_clear_fault(tmp_path: Path, garbage: bytes, size: int) -> None:
    whole = filled(tmp_path / "archive.db", 40).read_bytes()
    told = set()
    for start in range(4096, len(whole), 4096):
        damaged = tmp_path / f"{start}.db"
        damaged.write_bytes(whole[:start] + garbage * size + whole[start + size :])
        try:
            with Archive.open(damaged) as archive:
                archive.figures.stats(0)
                list(archive.export(0))
                recall(archive, 0, Query("шаг 7 текст", signature=vector(1, 2), embedder="test"))
                archive.keep_rendering(0, ASH, rendering())
                archive.forget(0, 3)
        except ArchiveError as error:
            told.add(error.key)
        damaged.unlink()
    assert "archive-damaged" in told
    assert told <= {"archive-damaged", "archive-failed"}


def test_a_file_cut_short_is_damaged(tmp_path: Path) -> None:
    path = filled(tmp_path / "archive.db", 40)
    path.write_bytes(path.read_bytes()[: 4096 * 9 + 100])

    def use() -> None:
        with Archive.open(path) as archive:
            list(archive.export(0))

    assert key_of(use) == "archive-damaged"


def test_a_database_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.database.BUSY_SECONDS", 0.2)
    path = filled(tmp_path / "archive.db")
    with Archive.open(path) as archive, Database(path, execute_plugins=False) as other:
        other.execute("BEGIN IMMEDIATE")
        assert key_of(lambda: archive.keep(0, ASH)) == "archive-busy"
        assert archive.count(0) == 1  # readers don't wait
        with Archive.open(path) as late:
            assert late.count(0) == 1
        other.rollback()
        assert archive.keep(0, ASH).number == 2


def test_an_archive_in_a_read_only_folder_can_be_read(
    tmp_path: Path, make_read_only: Callable[[Path], None]
) -> None:
    folder = tmp_path / "shelf"
    filled(folder / "archive.db", 3)
    make_read_only(folder)
    with Archive.open(folder / "archive.db") as archive:
        assert archive.count(0) == 3
        assert len(list(archive.export(0))) == 3
        assert recall(archive, 0, Query("шаг", signature=vector(1, 2), embedder="test"))
        assert key_of(lambda: archive.keep(0, ASH)) == "archive-read-only"
        assert key_of(lambda: archive.forget(0, 1)) == "archive-read-only"
        assert archive.count(0) == 3
    assert key_of(lambda: Archive.open(folder / "other.db")) == "archive-cannot-open"
    assert key_of(lambda: Archive.open(folder / "sub" / "other.db")) == "archive-no-folder"


def test_newest_scenes_are_not_passed_over_in_a_read_only_folder(
    tmp_path: Path, make_read_only: Callable[[Path], None]
) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir()
    path = tmp_path / "archive.db"
    with Archive.open(path) as archive:
        archive.keep(0, ASH)
        for name in ("archive.db", "archive.db-wal"):  # as a backup taken while the bot runs
            shutil.copy(tmp_path / name, folder / name)
    make_read_only(folder)
    assert key_of(lambda: Archive.open(folder / "archive.db")) == "archive-unmerged"


def fill_up(archive: Archive) -> int:
    """Keep scenes until the disk is full; how many were acknowledged."""
    for kept in range(10_000):
        try:
            archive.keep_rendering(0, scene("много", str(kept)), LONG)
        except ArchiveError as error:
            return kept if error.key == "archive-disk-full" else pytest.fail(error.key)
    return pytest.fail("the disk never got full")


def assert_whole(archive: Archive, kept: int) -> None:
    assert archive.count(0) == archive.figures.stats(0).renderings == kept
    with archive.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    path = small_disk / "archive.db"
    with Archive.open(path) as archive:
        kept = fill_up(archive)
        assert kept
        assert_whole(archive, kept)
        assert key_of(lambda: archive.keep_rendering(0, ASH, LONG)) == "archive-disk-full"
        ballast.unlink()
        archive.keep(0, ASH)
    with Archive.open(path) as archive:
        assert archive.count(0) == kept + 1


def test_opening_on_a_full_disk(small_disk: Path) -> None:
    path = filled(small_disk / "archive.db", 3)
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while ballast.write(bytes(4096)):
            pass
    assert key_of(lambda: Archive.open(small_disk / "other.db")) == "archive-disk-full"
    assert key_of(lambda: Archive.open(path)) == "archive-disk-full"
    (small_disk / "ballast").unlink()
    with Archive.open(path) as archive:
        assert archive.count(0) == 3


def test_a_database_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        with archive.reading() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages + 24}")
        kept = fill_up(archive)
        assert kept
        assert_whole(archive, kept)


def test_broken_unicode_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        assert key_of(lambda: archive.keep(0, scene("сне\ud800г"))) == "archive-bad-text"
        assert key_of(lambda: archive.keep_rendering(0, ASH, rendering("\udcff"))) == "archive-bad-text"
        assert archive.count(0) == 0


def test_every_fault_has_its_sentence_in_both_languages() -> None:
    source = "".join(path.read_text() for path in (REPO / "storage").glob("*.py"))
    keys = set(re.findall(r'"(archive-[a-z-]+)"', source))
    for lang in ("en", "ru"):
        lines = (REPO / "bot" / "locales" / lang / "storage.ftl").read_text().splitlines()
        assert {line.split(" = ")[0] for line in lines if " = " in line} == keys
