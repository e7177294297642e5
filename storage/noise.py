"""Measurements of noise: the functions here are steps of transactions.

A measurement belongs to the scene whose text was measured, and goes when that is forgotten. What it found is
one JSON object, which only who measures understands.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from scene.atoms import Lang
from storage import records
from storage.connection import Connection
from storage.database import damage
from storage.records import StoredScene


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured of a scene's text.

    Attributes:
        form: Id of the form that was asked for.
        persona: Id of the persona that spoke; empty for none.
        lang: Language of the text.
        found: What was found, as ``json.dumps`` takes it.
        created_at: When it was measured.
    """

    form: str
    persona: str
    lang: Lang
    found: dict[str, Any]
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class StoredMeasurement:
    """A measurement in the archive.

    Attributes:
        id: Its number, which is never given again.
        stored: The scene.
        measurement: The measurement.
    """

    id: int
    stored: StoredScene
    measurement: Measurement


def add(db: Database, stored: StoredScene, measured: Measurement) -> int:
    """Add a measurement of a scene that is there; its id."""
    added = db.execute(
        "INSERT INTO noise_runs (scene_id, form, persona, lang, found, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            stored.id,
            measured.form,
            measured.persona,
            measured.lang,
            json.dumps(measured.found, ensure_ascii=False),
            measured.created_at.isoformat(),
        ],
    ).lastrowid
    assert added is not None  # a row was inserted
    return int(added)


def of(db: Database, stored: StoredScene) -> list[Measurement]:
    """All measurements of a scene, oldest first."""
    return [each.measurement for each in _select(db, stored.owner, "s.id = ? ORDER BY n.id", [stored.id])]


def _select(db: Database, owner: int, where: str, parameters: Sequence[int]) -> list[StoredMeasurement]:
    sql = f"SELECT n.* FROM noise_runs n JOIN scenes s ON s.id = n.scene_id WHERE s.owner = ? AND {where}"
    rows = list(db.query(sql, [owner, *parameters]))
    ids = list({row["scene_id"] for row in rows})
    marks = ", ".join("?" * len(ids))
    found = records.select(db, f"SELECT * FROM scenes WHERE id IN ({marks})", ids)
    scenes = {stored.id: stored for stored in found}
    with damage():
        return [
            StoredMeasurement(
                row["id"],
                scenes[row["scene_id"]],
                Measurement(
                    row["form"],
                    row["persona"],
                    Lang(row["lang"]),
                    json.loads(row["found"]),
                    datetime.fromisoformat(row["created_at"]),
                ),
            )
            for row in rows
        ]


class Measurements:
    """The measurements of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, stored: StoredScene, measured: Measurement) -> int:
        """Add a measurement of noise to what a kept scene has.

        Args:
            stored: The scene.
            measured: What was measured of its text.

        Returns:
            The measurement's id.

        Raises:
            ArchiveError: ``archive-scene-gone`` if the scene was forgotten meanwhile.
        """
        with self._connection.writing() as db:
            records.must_be_there(db, stored)
            return add(db, stored, measured)

    def of(self, stored: StoredScene) -> list[Measurement]:
        """All measurements of a scene's texts, oldest first."""
        with self._connection.reading() as db:
            return of(db, stored)

    def one(self, owner: int, number: int) -> StoredMeasurement | None:
        """The owner's measurement with this id; None where there is none, or it is another owner's."""
        with self._connection.reading() as db:
            found = _select(db, owner, "n.id = ?", [number])
        return found[0] if found else None

    def last(self, owner: int, n: int) -> list[StoredMeasurement]:
        """The owner's last measurements, newest first; at most ``n``."""
        with self._connection.reading() as db:
            return _select(db, owner, "true ORDER BY n.id DESC LIMIT ?", [n])
