"""Archives of older versions and newer ones, and clocks that go backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from making import rendering, scene
from older import OLDER, older_archive
from sqlite_utils import Database

from scene.errors import ArchiveError
from storage.archive import Archive
from storage.exchange import Entry
from storage.recall import Query, recall


@pytest.mark.parametrize("until", OLDER)
def test_an_archive_of_every_older_version_keeps_all_it_had(tmp_path: Path, until: str) -> None:
    path = tmp_path / "archive.db"
    older_archive(path, until)
    for _ in range(2):  # brought up to date, and opened again
        with Archive.open(path) as archive:
            assert [(s.number, s.scene.mnemonic) for s in archive.scenes(0)] == [(3, "огонь"), (2, "снег")]
            texts = [(number, kept.text) for number, kept in archive.renderings.last(0, 5)]
            assert texts == [(3, "Текст 3."), (2, "Текст 2.")]
            assert archive.figures.stats(0).signatures == {"test": 2}
            assert recall(archive, 0, Query("огонь"))[0].stored.number == 3
    with Archive.open(path) as archive:
        assert archive.keep(0, scene("волк")).number == 4
        assert archive.shares.take(1, archive.shares.open(0, 2)).renderings == 1
        assert archive.own_words.teach(0, "снежнобог")
        assert archive.forget(0, 2, 3) == [2, 3]


def test_an_archive_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Archive.open(path) as archive:
        archive.keep(0, scene("снег"))
    with Database(path, execute_plugins=False) as db:
        applied = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)"
        db.execute(applied, ["hyperbridge", "create_dreams", "2099-01-01"])
        db.conn.commit()
    before = path.read_bytes()
    with pytest.raises(ArchiveError) as caught:
        Archive.open(path)
    assert caught.value.key == "archive-newer"
    assert path.read_bytes() == before


def test_a_clock_that_goes_back_puts_nothing_out_of_order(tmp_path: Path) -> None:
    years = [2030, 1999, 2026, 1970]
    times = [datetime(year, 1, 1, tzinfo=UTC) for year in years]
    with Archive.open(tmp_path / "a.db") as archive:
        for step, time in enumerate(times):
            text = replace(rendering(f"Текст {step}."), created_at=time)
            archive.restore(0, [Entry(scene("шаг", str(step)), created_at=time, renderings=[text])])
        stored = archive.scenes(0)[-1]
        for step, time in enumerate(times):
            archive.renderings.add(stored, replace(rendering(f"Снова {step}."), created_at=time))
        assert [each.number for each in archive.scenes(0)] == [4, 3, 2, 1]
        assert [kept.text for _, kept in archive.renderings.last(0, 4)] == [
            f"Снова {step}." for step in (3, 2, 1, 0)
        ]
        assert [kept.text for kept in archive.renderings.of(stored)] == ["Текст 0."] + [
            f"Снова {step}." for step in range(4)
        ]
        lines = list(archive.export(0))
        assert [line["code"] for line in lines] == ["SCN-1", "SCN-2", "SCN-3", "SCN-4"]
        assert [line["created_at"][:4] for line in lines] == list(map(str, years))
        archive.forget(0, 4)
        assert archive.keep(0, scene("после")).number == 5
