"""Zones, as they were last kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from sqlite_utils import Database

from scene.atoms import Lang
from scene.signature import Vector
from scene.zone_names import Candidate, Name
from storage.connection import Connection
from storage.database import damage, transaction

_CANDIDATES = 300  # atoms of a zone that may name it, the most frequent


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """A neighbourhood.

    Attributes:
        number: Its number among the owner's zones, from 1; never given again.
        name: What it is called; None until it is named, and again after one of its scenes was forgotten.
        centre: Mean of its scenes' signatures, shape (d,); None when it must be found again.
        reach: Mean resonance with its scenes that a new one must come up to.
        created_at: When it was first found.
    """

    number: int
    name: Name | None = None
    centre: Vector | None = None
    reach: float = 1.0
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scene is.

    Attributes:
        zone: Its zone's number; None for a lone scene.
        x: Its place on the map, to the right.
        y: Its place on the map, upwards.
        clustered: Zones were looked for with it; False for one that was put in afterwards.
    """

    zone: int | None
    x: float
    y: float
    clustered: bool


@dataclass(frozen=True, slots=True)
class Zoning:
    """All zones of an owner by one embedder.

    Attributes:
        zones: The zones, by number.
        places: The scenes, by ``StoredScene.id``.
        last_number: The last number given to a zone.
        clustered: How many scenes there were when zones were last looked for.
        laid: How many there were when the map was last laid out.
    """

    zones: dict[int, Zone] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    last_number: int = 0
    clustered: int = 0
    laid: int = 0

    def members(self, number: int) -> list[int]:
        """Ids of a zone's scenes, oldest first."""
        return sorted(scene_id for scene_id, place in self.places.items() if place.zone == number)


class Zones:
    """The zones of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, owner: int, embedder: str) -> Zoning:
        """The owner's zones, as they were last kept.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder by whose signatures they were found.
        """
        key = [owner, embedder]
        with self._connection.reading() as db, transaction(db, "DEFERRED"):
            counts = db.execute(
                "SELECT last_number, clustered, laid FROM zonings WHERE owner = ? AND embedder = ?", key
            ).fetchall()
            rows = db.execute(
                "SELECT number, name_ru, name_en, rests_on, centre, reach, created_at FROM zones "
                "WHERE owner = ? AND embedder = ? ORDER BY number",
                key,
            ).fetchall()
            places = db.execute(
                "SELECT scene_id, zone, x, y, p.clustered FROM zone_places p "
                "JOIN scenes s ON s.id = scene_id WHERE s.owner = ? AND embedder = ? ORDER BY scene_id",
                key,
            ).fetchall()
            last_number, clustered, laid = counts[0] if counts else (0, 0, 0)
            return Zoning(
                {row[0]: _zone(row) for row in rows},
                {scene_id: Place(zone, x, y, bool(by)) for scene_id, zone, x, y, by in places},
                last_number,
                clustered,
                laid,
            )

    def keep(self, owner: int, embedder: str, zoning: Zoning) -> None:
        """Keep the owner's zones in place of those that were there.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder by whose signatures they were found.
            zoning: All of them. Scenes that were forgotten meanwhile are passed over.

        Raises:
            ArchiveError: They could not be kept; the archive is as it was.
        """
        with self._connection.writing() as db:
            _save(db, owner, embedder, zoning)

    def common_atoms(self, owner: int, scene_ids: Sequence[int]) -> list[Candidate]:
        """What some of the owner's scenes are made of.

        Args:
            owner: Whose scenes.
            scene_ids: ``StoredScene.id`` values; those of other owners are passed over.

        Returns:
            The atoms that most of them have, 300 at most.
        """
        with self._connection.reading() as db:
            rows = db.execute(
                """
                SELECT lemma, a.lang, count(DISTINCT s.id) AS often
                FROM scenes s JOIN atoms a ON a.scene_id = s.id
                WHERE s.owner = ? AND s.id IN (SELECT value FROM json_each(?))
                GROUP BY lemma, a.lang ORDER BY often DESC, lemma LIMIT ?
                """,
                [owner, json.dumps(list(scene_ids)), _CANDIDATES],
            ).fetchall()
            with damage():
                return [Candidate(lemma, Lang(lang), often) for lemma, lang, often in rows]


def _zone(row: Sequence[object]) -> Zone:
    number, ru, en, rests_on, centre, reach, created_at = row
    with damage():
        assert isinstance(number, int)
        assert isinstance(centre, bytes)
        assert isinstance(reach, float)
        return Zone(
            number,
            Name(str(ru), str(en), tuple(json.loads(str(rests_on)))) if ru else None,
            np.frombuffer(centre, dtype="<f4") if centre else None,
            reach,
            datetime.fromisoformat(str(created_at)),
        )


def _save(db: Database, owner: int, embedder: str, zoning: Zoning) -> None:
    there = {row[0] for row in db.execute("SELECT id FROM scenes WHERE owner = ?", [owner]).fetchall()}
    # Of a scene that was forgotten meanwhile, neither a name nor a centre may keep anything.
    touched = {place.zone for scene_id, place in zoning.places.items() if scene_id not in there}
    db.execute("DELETE FROM zones WHERE owner = ? AND embedder = ?", [owner, embedder])
    for zone in zoning.zones.values():
        known = zone.number not in touched
        name = zone.name if known and zone.name else Name("", "", ())
        centre = zone.centre.astype("<f4").tobytes() if known and zone.centre is not None else b""
        db.execute(
            "INSERT INTO zones VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(owner, embedder, zone.number, name.ru, name.en),
                *(json.dumps(name.rests_on, ensure_ascii=False), centre, zone.reach),
                zone.created_at.isoformat(),
            ],
        )
    # One statement for many rows, for which sqlite-utils has no call that takes no transaction of its own.
    db.conn.executemany(
        "INSERT OR REPLACE INTO zone_places VALUES (?, ?, ?, ?, ?, ?)",
        [
            (scene_id, embedder, place.zone, place.clustered, place.x, place.y)
            for scene_id, place in zoning.places.items()
            if scene_id in there
        ],
    )
    db.execute(
        "INSERT OR REPLACE INTO zonings VALUES (?, ?, ?, ?, ?)",
        [owner, embedder, zoning.last_number, zoning.clustered, zoning.laid],
    )
