"""What is forgotten is in no byte of the archive's files."""

from __future__ import annotations

import random
import re
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from making import rendering, scene, vector
from numpy.typing import NDArray
from sqlite_utils import Database

from scene.errors import ArchiveError
from storage.archive import Archive
from storage.database import open_database
from storage.exchange import Entry
from storage.recall import Query, recall

LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"
ASH = scene("пепел", "вспышка")


class Secrets:
    """An archive in which every word occurs once, so that each tells whose it was."""

    def __init__(self, archive: Archive, seed: int) -> None:
        self.archive = archive
        self._chance = random.Random(seed)
        self.words: dict[int, list[str]] = {}
        self.vectors: dict[int, NDArray[np.float32]] = {}

    def keep(self, count: int) -> None:
        """Keep so many scenes with texts of all lengths."""
        drawn = [self._draw() for _ in range(count)]
        entries = [
            Entry(scene(*words), renderings=[rendering(text) for text in texts], signature=v, embedder="test")
            for words, texts, v in drawn
        ]
        for (words, texts, v), restored in zip(drawn, self.archive.restore(0, entries), strict=True):
            self.words[restored.stored.number] = [*words, *(word for text in texts for word in text.split())]
            self.vectors[restored.stored.number] = v

    def _draw(self) -> tuple[list[str], list[str], NDArray[np.float32]]:
        longest = self._chance.choice([20, 20, 300])
        texts = [self._text(self._chance.randint(3, longest)) for _ in range(self._chance.randint(0, 3))]
        values = np.random.default_rng(self._chance.getrandbits(32)).standard_normal(96)
        return self._text(3).split(), texts, vector(*values)

    def _text(self, count: int) -> str:
        return " ".join(
            "".join(self._chance.choices(LETTERS, k=self._chance.randint(7, 12))) for _ in range(count)
        )

    def forget(self, count: int) -> list[int]:
        """Forget so many scenes drawn at random; their numbers."""
        there = [stored.number for stored in self.archive.scenes(0, 10_000)]
        gone = self._chance.sample(there, count)
        assert sorted(self.archive.forget(0, *gone)) == sorted(gone)
        return gone

    def traces(self, gone: list[int]) -> list[str]:
        """Ends of forgotten words, and vectors, that are still somewhere in the files.

        An index stores only what a word doesn't share with the one before it, hence ends.
        """
        raw = b"".join(path.read_bytes() for path in self.archive.path.parent.iterdir())
        there = set()
        for run in re.finditer(rb"(?:[\xd0\xd1][\x80-\xbf]){7,}", raw):
            letters = run.group().decode()
            there |= {letters[i : i + 7] for i in range(len(letters) - 6)}
        live = {word[-7:] for number in self.words.keys() - set(gone) for word in self.words[number]}
        # Or this would find nothing, whatever there was; a word may lie on two pages, half and half.
        assert len(live & there) > 0.99 * len(live)
        words = {word[-7:] for number in gone for word in self.words[number]}
        vectors = [f"vector {number}" for number in gone if self.vectors[number][40:44].tobytes() in raw]
        return sorted(words & there) + vectors


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.open(tmp_path / "archive.db")


# With these seeds, plain DELETE with secure_delete leaves copies in the unused middle of pages.
@pytest.mark.parametrize("seed", [3, 5])
def test_nothing_is_left_however_pages_were_moved_about(archive: Archive, seed: int) -> None:
    with archive:
        secrets = Secrets(archive, seed)
        for _ in range(3):
            secrets.keep(200)
        gone = secrets.forget(60)
        assert secrets.traces(gone) == []
        secrets.keep(50)
        gone += secrets.forget(1)
        assert secrets.traces(gone) == []
        with archive.reading() as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_no_index_remembers_a_forgotten_word(archive: Archive) -> None:
    with archive:
        secrets = Secrets(archive, 2)
        secrets.keep(80)
        gone = secrets.forget(20)
        with archive.reading() as db:
            for index in ("scene_words", "rendering_words"):
                db.execute(f"CREATE VIRTUAL TABLE temp.v USING fts5vocab (main, {index}, row)")
                terms = {term for (term,) in db.execute("SELECT term FROM temp.v").fetchall()}
                assert terms
                assert not terms & {word for number in gone for word in secrets.words[number]}
                db.execute("DROP TABLE temp.v")
        for number in gone:
            assert recall(archive, 0, Query(secrets.words[number][0])) == []


def test_everything_of_one_owner_goes_and_nothing_of_another(archive: Archive) -> None:
    with archive:
        for owner in (7, -8):
            archive.keep_rendering(owner, ASH, rendering(f"Текст владельца {owner}."), vector(1, 2), "test")
            archive.keep(owner, scene("снег", str(owner)))
            archive.own_words.teach(owner, "снежнобог")
            archive.preferences.set_persona(owner, "poet")
            archive.shares.open(owner, 1)
        before = list(archive.export(-8))
        assert archive.forget_everything(7) == 2
        assert list(archive.export(7)) == []
        assert (archive.preferences.persona(7), archive.own_words.of(7), archive.shares.of(7)) == (
            "",
            frozenset(),
            [],
        )
        assert list(archive.export(-8)) == before
        assert (archive.preferences.persona(-8), len(archive.shares.of(-8))) == ("poet", 1)
        assert archive.keep(7, ASH).number == 3  # an old code never comes to mean another scene
        assert archive.forget_everything(99) == 0


def test_what_is_left_after_everybody_is_forgotten(archive: Archive) -> None:
    with archive:
        archive.keep_rendering(7, ASH, rendering(), vector(1, 2), "test")
        archive.own_words.teach(7, "снежнобог")
        archive.preferences.set_persona(7, "poet")
        archive.shares.open(7, 1)
        archive.forget_everything(7)
        with archive.reading() as db:
            tables = [
                name
                for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
                if not name.startswith(("sqlite_", "_sqlite_"))
                and not name.endswith(("_data", "_idx", "_config", "_docsize"))
            ]
            full = {name for name in tables if db.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchall()}
    assert full == {"owners"}


def test_forgetting_several_tells_which_were_there(archive: Archive) -> None:
    with archive:
        for step in range(3):
            archive.keep(0, scene("шаг", str(step)))
        assert archive.forget(0, 9, 3, 1, 3) == [3, 1]
        assert archive.forget(0, 3) == []
        assert [stored.number for stored in archive.scenes(0)] == [2]


def test_a_reader_keeps_traces_from_being_wiped_until_the_next_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.BUSY_SECONDS", 0.2)
    with archive:
        secrets = Secrets(archive, 3)
        secrets.keep(20)
        with closing(open_database(archive.path)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM scenes").fetchall()
            with pytest.raises(ArchiveError) as caught:
                secrets.forget(3)
            assert caught.value.key == "forget-unwiped"
            assert archive.count(0) == 17
            other.rollback()
        gone = sorted(secrets.words.keys() - {stored.number for stored in archive.scenes(0, 20)})
        assert len(gone) == 3
        with Archive.open(archive.path):
            assert secrets.traces(gone) == []


def test_what_a_killed_process_left_is_wiped_when_the_archive_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Archive.open(path) as archive:
        secrets = Secrets(archive, 1)
        secrets.keep(200)
    with Database(path, execute_plugins=False) as db:  # as far as the process came
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM scenes WHERE number <= 10")
        db.execute("INSERT INTO unwiped DEFAULT VALUES")
        db.conn.commit()
        assert secrets.traces(list(range(1, 11)))
    with Archive.open(path) as secrets.archive:
        assert secrets.traces(list(range(1, 11))) == []
        with secrets.archive.reading() as db:
            assert db.execute("SELECT count(*) FROM unwiped").fetchall() == [(0,)]
