"""Measurements of noise belong to scenes: they are kept, exported and forgotten with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scene.atoms import Lang
from scene.errors import ArchiveError
from scene.parse import parse
from storage import exchange
from storage.archive import Archive
from storage.exchange import Entry
from storage.noise import Measurement

MEASURED = Measurement("poem", "poet", Lang.RU, {"model": "m", "text": "Пепел остыл.", "levels": [1.5, None]})


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        yield archive


def test_measurements_are_found_again_by_their_owner_only(archive: Archive) -> None:
    stored, other = archive.keep(7, parse("снегволк")), archive.keep(7, parse("пепелвспышка"))
    first = archive.measurements.add(stored, MEASURED)
    second = archive.measurements.add(other, MEASURED)
    kept = archive.measurements.one(7, first)
    assert kept is not None
    assert (kept.id, kept.stored, kept.measurement) == (first, stored, MEASURED)
    assert archive.measurements.one(8, first) is None
    assert archive.measurements.one(7, second + 1) is None
    assert [each.id for each in archive.measurements.last(7, 5)] == [second, first]
    assert [each.id for each in archive.measurements.last(7, 1)] == [second]
    assert archive.measurements.last(8, 5) == []
    assert archive.measurements.of(stored) == [MEASURED]


def test_who_forgets_a_scene_forgets_what_was_measured(archive: Archive) -> None:
    stored = archive.keep(7, parse("снегволк"))
    gone = archive.measurements.add(stored, MEASURED)
    assert "остыл".encode() in archive.path.with_name("archive.db-wal").read_bytes()
    archive.forget(7, 1)
    assert archive.measurements.one(7, gone) is None
    assert not any("остыл".encode() in path.read_bytes() for path in archive.path.parent.iterdir())
    with pytest.raises(ArchiveError) as caught:
        archive.measurements.add(stored, MEASURED)
    assert caught.value.key == "archive-scene-gone"
    again = archive.measurements.add(archive.keep(7, parse("снегволк")), MEASURED)
    assert again > gone


def test_an_export_takes_measurements_along_and_nothing_comes_twice(archive: Archive) -> None:
    archive.measurements.add(archive.keep(7, parse("снегволк")), MEASURED)
    lines = [json.dumps(line) for line in archive.export(7)]
    for _ in range(2):
        entries = [exchange.read(line, frozenset()) for line in lines]
        archive.restore(8, [entry for entry in entries if isinstance(entry, Entry)])
    assert [each.measurement for each in archive.measurements.last(8, 5)] == [MEASURED]


@pytest.mark.parametrize(
    "wrong",
    [7, [7], [{}], [{"found": []}], [{"found": {}, "form": "opera"}], [{"found": {"text": "\ud800"}}]],
)
def test_a_line_with_a_measurement_that_is_none_is_told(wrong: Any) -> None:
    with pytest.raises(ArchiveError) as caught:
        exchange.read(json.dumps({"source": "снегволк", "noise": wrong}), frozenset())
    assert caught.value.key == "archive-line-wrong"
