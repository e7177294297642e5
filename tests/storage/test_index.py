"""The index of a large archive: what it finds, and what can happen to its file."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import indexed
import numpy as np
import pytest
from indexed import EMBEDDER, grow, vectors
from making import scene
from numpy.typing import NDArray
from sqlite_utils import Database

from scene.errors import ArchiveError
from storage import index, nearest
from storage.archive import Archive
from storage.schema import migrations

HERE = Path(__file__).parent
COUNT = 450


@pytest.fixture(autouse=True)
def lowered() -> Iterator[None]:
    before = nearest.EXACT_UP_TO, index.BLOCK
    indexed.lower_thresholds()
    yield
    nearest.EXACT_UP_TO, index.BLOCK = before


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of COUNT scenes with its index, closed."""
    path = tmp_path_factory.mktemp("shelf") / "archive.db"
    before = nearest.EXACT_UP_TO, index.BLOCK
    indexed.lower_thresholds()
    with Archive.open(path) as archive:
        grow(archive, 0, COUNT)
        assert_right(archive, COUNT)
    nearest.EXACT_UP_TO, index.BLOCK = before
    assert side(path).is_file()
    return path


@pytest.fixture
def path(shelf: Path, tmp_path: Path) -> Path:
    shutil.copytree(shelf.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / shelf.name


def side(path: Path) -> Path:
    return path.with_name(f"{path.name}-index")


def numbers(archive: Archive, query: NDArray[np.float32], k: int = 10, owner: int = 0) -> list[int]:
    found = archive.nearest.find(owner, EMBEDDER, query, k)
    stored = {each.id: each.number for each in archive.by_ids(owner, [scene_id for scene_id, _ in found])}
    return [stored[scene_id] for scene_id, _ in found]


def assert_right(archive: Archive, count: int, owner: int = 0, gone: frozenset[int] = frozenset()) -> None:
    """All of the first scenes but those that are gone are found, and in the right order."""
    rows = vectors(count, owner)
    left = np.array([step for step in range(count) if step + 1 not in gone])
    hits = 0
    for step in left[::23].tolist():
        found = numbers(archive, rows[step], owner=owner)
        assert found[0] == step + 1
        assert not gone & set(found)
        exact = left[np.argsort(-(rows[left] @ rows[step]))[:10]] + 1
        hits += len(set(found) & set(exact.tolist()))
    assert hits >= 0.97 * 10 * len(left[::23])


def kept_numbers(path: Path) -> list[int]:
    """Numbers of the signatures of which the file holds codes."""
    with Database(side(path), execute_plugins=False) as db:
        blobs = [blob for (blob,) in db.execute("SELECT numbers FROM blocks").fetchall()]
    return np.concatenate([np.frombuffer(blob, np.int64).reshape(-1, 2)[:, 0] for blob in blobs]).tolist()


def test_what_is_found_is_exact_and_new_scenes_are_found_at_once(path: Path) -> None:
    query = vectors(COUNT)[3]
    with Archive.open(path) as archive:
        cosines = vectors(COUNT) @ query
        found = archive.nearest.find(0, EMBEDDER, query, 10)
        assert [cosine for _, cosine in found] == pytest.approx(np.sort(cosines)[::-1][:10], abs=1e-6)
        for count in (1, 2, 149):
            grow(archive, COUNT, count)
            assert_right(archive, COUNT + count)
        assert len(archive.nearest.find(0, EMBEDDER, query, 10_000)) == COUNT + 149
    assert len(kept_numbers(path)) > COUNT


def test_a_small_archive_has_no_index(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        grow(archive, 0, 200)
        assert_right(archive, 200)
    assert not side(tmp_path / "archive.db").exists()


def test_short_signatures_are_searched_exactly(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        for step in range(210):
            angle = np.array([np.cos(step / 100), np.sin(step / 100)], np.float32)
            archive.keep(0, scene("шаг", str(step)), angle, EMBEDDER)
        assert numbers(archive, np.array([1, 0], np.float32), 3) == [1, 2, 3]


def test_owners_have_indexes_of_their_own(path: Path) -> None:
    with Archive.open(path) as archive:
        grow(archive, 0, 300, owner=5)
        grow(archive, 0, 50, owner=6)
        for owner, count in ((0, COUNT), (5, 300), (6, 50)):
            assert_right(archive, count, owner)
        mine = {stored.id for stored in archive.scenes(5, 1000)}
        assert {scene_id for scene_id, _ in archive.nearest.find(5, EMBEDDER, vectors(1)[0], 300)} == mine
    with Archive.open(path) as archive:
        assert_right(archive, 300, 5)
        assert archive.nearest.find(7, EMBEDDER, vectors(1)[0], 5) == []


def test_a_lost_index_is_made_again(path: Path) -> None:
    side(path).unlink()
    with Archive.open(path) as archive:
        assert_right(archive, COUNT)
    assert side(path).is_file()


def test_an_older_index_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    older = shutil.copy(side(path), tmp_path / "older")
    with Archive.open(path) as archive:
        grow(archive, COUNT, 250)
        archive.forget(0, 5)
        archive.forget(0, COUNT + 5)
    shutil.copy(older, side(path))
    with Archive.open(path) as archive:
        assert_right(archive, COUNT + 250, gone=frozenset({5, COUNT + 5}))
    assert 5 not in kept_numbers(path)


def test_an_index_of_another_history_is_not_believed(path: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path / "copy.db")
    with Archive.open(path) as archive:
        grow(archive, COUNT, 250)
    newer = shutil.copy(side(path), tmp_path / "newer")
    shutil.copy(copy, path)
    with Archive.open(path) as archive:  # the same numbers come to mean other signatures
        rows = vectors(COUNT + 600)
        for step in range(COUNT, COUNT + 250):
            archive.keep(0, scene("иначе", str(step)), rows[step + 300], EMBEDDER)
    shutil.copy(newer, side(path))
    with Archive.open(path) as archive:
        for step in range(COUNT, COUNT + 250, 40):
            assert numbers(archive, rows[step + 300], 1) == [step + 1]
        assert [numbers(archive, rows[step], 1) for step in (0, 200, 449)] == [[1], [201], [450]]


def spoil_head(data: bytes) -> bytes:
    return b"nonsense" * 100 + data[800:]


def spoil_half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def spoil_end(data: bytes) -> bytes:
    return data[:-3000] + bytes(3000)


def spoil_everywhere(data: bytes) -> bytes:
    chance, spoilt = random.Random(3), bytearray(data)
    for _ in range(200):
        spoilt[chance.randrange(200, len(spoilt))] ^= 0xFF
    return bytes(spoilt)


@pytest.mark.parametrize(
    "spoil", [spoil_head, spoil_half, spoil_end, spoil_everywhere, lambda _: b"", lambda _: b"text\n" * 999]
)
def test_a_damaged_index_is_made_again(path: Path, spoil: Callable[[bytes], bytes]) -> None:
    side(path).write_bytes(spoil(side(path).read_bytes()))
    with Archive.open(path) as archive:
        assert_right(archive, COUNT)
        archive.forget(0, 7)
        assert_right(archive, COUNT, gone=frozenset({7}))
    with Archive.open(path) as archive:
        assert_right(archive, COUNT, gone=frozenset({7}))


def test_forgetting_with_a_damaged_index_throws_it_away(path: Path) -> None:
    side(path).write_bytes(spoil_half(side(path).read_bytes()))
    with Archive.open(path) as archive:
        assert archive.forget(0, 7)
    assert not side(path).exists()


def test_nothing_of_a_forgotten_scene_stays_in_the_file(path: Path) -> None:
    with Archive.open(path) as archive:
        with archive.reading() as db:
            [(number,)] = db.execute(
                "SELECT signatures.id FROM signatures JOIN scenes ON scenes.id = scene_id WHERE number = 9"
            ).fetchall()
        with Database(side(path), execute_plugins=False) as db:
            rows = db.execute("SELECT numbers, coarse, fine FROM blocks WHERE first <= 9").fetchall()
        held = [np.frombuffer(blob, np.int64).reshape(-1, 2)[:, 0].tolist() for blob, _, _ in rows]
        block = next(at for at, ids in enumerate(held) if number in ids)
        place, many = held[block].index(number), len(held[block])
        codes = [blob[place * len(blob) // many : (place + 1) * len(blob) // many] for blob in rows[block]]
        assert all(code in side(path).read_bytes() for code in codes)
        assert archive.forget(0, 9)
        assert not any(code in side(path).read_bytes() for code in codes[1:])
        assert number not in kept_numbers(path)
        assert_right(archive, COUNT, gone=frozenset({9}))
    assert not list(path.parent.glob("*-journal"))


def test_what_can_not_be_removed_from_the_file_is_not_forgotten(path: Path) -> None:
    side(path).unlink()
    side(path).mkdir()
    with Archive.open(path) as archive:
        with pytest.raises(ArchiveError) as caught:
            archive.forget(0, 9)
        assert caught.value.key == "archive-index-stuck"
        assert archive.scene(0, 9) is not None
        assert_right(archive, COUNT)


def test_many_forgotten_scenes_crowd_nobody_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.index._MOST_GONE", 60)
    query = vectors(1)[0]
    with Archive.open(path) as archive, Archive.open(path) as other:
        assert_right(archive, COUNT)
        for number in numbers(other, query, 120):
            other.forget(0, number)
        left = {stored.number for stored in other.scenes(0, 1000)}
        found = numbers(archive, query, 20)
        assert len(found) == 20
        assert set(found) <= left
        cosines = vectors(COUNT) @ query
        exact = sorted(left, key=lambda number: -cosines[number - 1])[:20]
        assert len(set(found) & set(exact)) >= 19


def test_a_changed_signature_is_found_as_it_is_now(path: Path) -> None:
    rows = vectors(COUNT + 1)
    with Archive.open(path) as archive:
        assert numbers(archive, rows[4], 1) == [5]
        archive.keep(0, scene("шаг", "4"), rows[COUNT], EMBEDDER)
        assert numbers(archive, rows[COUNT], 1) == [5]
        assert 5 not in numbers(archive, rows[4], 1)


def test_an_archive_in_a_read_only_folder_is_searched(
    path: Path, tmp_path: Path, make_read_only: Callable[[Path], None]
) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir()
    with Archive.open(path) as archive, archive.reading() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    shutil.copy(path, folder / "archive.db")
    make_read_only(folder)
    with Archive.open(folder / "archive.db") as archive:
        assert_right(archive, COUNT)
    assert not side(folder / "archive.db").exists()


def start(path: Path, first: int, count: int, owner: int = 0) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "indexed.py"), str(path), str(owner), str(first), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_see_what_the_other_keeps_and_forgets(path: Path) -> None:
    with Archive.open(path) as archive:
        assert_right(archive, COUNT)
        process = start(path, COUNT, 350)
        process.communicate("go\n", timeout=120)
        assert process.returncode == 0
        assert_right(archive, COUNT + 350)
        # Now the file has blocks that this process has not written: another one is added all the same.
        grow(archive, COUNT + 350, 150)
        assert_right(archive, COUNT + 500)
        with Archive.open(path) as other:
            other.forget(0, COUNT + 2)
        assert_right(archive, COUNT + 500, gone=frozenset({COUNT + 2}))
    ids = kept_numbers(path)
    assert len(ids) == len(set(ids)) > COUNT + 350


def test_writers_at_the_same_time_make_one_index(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Archive.open(path):
        pass
    writers = [start(path, first, 400) for first in (0, 0)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    with Archive.open(path) as archive:
        assert_right(archive, 400)
    ids = kept_numbers(path)
    assert len(ids) == len(set(ids))


def test_killing_a_writer_leaves_an_index_that_tells_the_truth(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    chance = random.Random(5)
    safe = 0
    for _ in range(5):
        process = start(path, safe, 2_000)
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0.3, 0.9))
        process.kill()
        told = process.communicate(timeout=60)[0].split()
        safe = max([safe, *map(int, told)])
        with Archive.open(path) as archive:
            assert archive.count(0) >= safe
            if safe:
                assert_right(archive, archive.count(0))
    assert safe > 200


def test_an_older_archive_gets_numbers_for_its_signatures(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    rows = vectors(3)
    with Database(path, execute_plugins=False) as db:
        migrations.apply(db, stop_before="number_signatures")
        db.execute("INSERT INTO owners VALUES (0, 3)")
        for step, row in enumerate(rows):
            db.execute(
                "INSERT INTO scenes VALUES (?, 0, ?, ?, 'шаг', 'шаг', 'ru', 'bodily', '2026-01-01T00:00:00')",
                [step + 1, step + 1, bytes([step])],
            )
            db.execute("INSERT INTO atoms VALUES (?, 0, 'шаг', 'шаг', 'ru', 'action')", [step + 1])
            db.execute(
                "INSERT INTO signatures VALUES (?, ?, 64, 'float32', ?)", [step + 1, EMBEDDER, row.tobytes()]
            )
        db.conn.commit()
    with Archive.open(path) as archive:
        assert numbers(archive, rows[1], 1) == [2]
        assert archive.signing.unsigned(0, EMBEDDER) == 0
        archive.forget(0, 2)
        assert archive.figures.stats(0).signatures == {EMBEDDER: 2}
