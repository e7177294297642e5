"""Dialogues of two scenes: the functions here are steps of transactions.

A dialogue belongs to both of its scenes, and goes when either is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from scene import dialogue
from scene.atoms import Lang
from storage import records, said
from storage.connection import Connection
from storage.database import damage
from storage.records import StoredScene


@dataclass(frozen=True, slots=True)
class Voice:
    """Who spoke for a scene.

    Attributes:
        persona: The persona's id, with the mask that it wore.
        mask: Id of the mask that it put on by itself, or empty.
    """

    persona: str
    mask: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What two scenes said.

    Attributes:
        voices: Who spoke for the first and for the second.
        replicas: In turn, the first scene's first.
        lang: Language of the text.
        model: Id of the model that wrote it.
        seed: The seed it was sampled with.
        created_at: When it was written.
    """

    voices: tuple[Voice, Voice]
    replicas: tuple[str, ...]
    lang: Lang
    model: str
    seed: int
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def text(self) -> str:
        """The dialogue without its marks."""
        return dialogue.script(self.replicas)


@dataclass(frozen=True, slots=True)
class StoredDialogue:
    """A dialogue in the archive, and its two scenes in the order in which they speak."""

    scenes: tuple[StoredScene, StoredScene]
    dialogue: Dialogue


def add(db: Database, scenes: tuple[StoredScene, StoredScene], spoken: Dialogue) -> None:
    """Add a dialogue; both scenes must be there."""
    (first, second), voices = scenes, spoken.voices
    dialogue_id = db.execute(
        "INSERT INTO dialogues (first_id, second_id, first_persona, first_mask, second_persona, second_mask, "
        "lang, model, seed, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            first.id, second.id, voices[0].persona, voices[0].mask, voices[1].persona, voices[1].mask,
            spoken.lang, spoken.model, spoken.seed, spoken.created_at.isoformat(),
        ],
    ).lastrowid  # fmt: skip
    for position, text in enumerate(spoken.replicas):
        db.execute("INSERT INTO replicas VALUES (?, ?, ?)", [dialogue_id, position, text])
    assert dialogue_id is not None  # the row has just been written
    said.index(db, dialogue_id, (first.id, second.id), spoken.replicas)


def of(db: Database, stored: StoredScene) -> list[StoredDialogue]:
    """All dialogues that a scene has part in, oldest first."""
    return _select(db, stored.owner, "d.first_id = ? OR d.second_id = ?", [stored.id, stored.id])


def _select(db: Database, owner: int, where: str, parameters: Sequence[int]) -> list[StoredDialogue]:
    rows = list(
        db.query(
            f"SELECT d.* FROM dialogues d JOIN scenes s ON s.id = d.first_id "
            f"WHERE s.owner = ? AND ({where}) ORDER BY d.id",
            [owner, *parameters],
        )
    )
    ids = {row[name] for row in rows for name in ("first_id", "second_id")}
    marks = ", ".join("?" * len(ids))
    found = records.select(db, f"SELECT * FROM scenes WHERE id IN ({marks})", list(ids))
    scenes = {stored.id: stored for stored in found}
    return [
        StoredDialogue((scenes[row["first_id"]], scenes[row["second_id"]]), _dialogue(db, row))
        for row in rows
    ]


def _dialogue(db: Database, row: dict[str, Any]) -> Dialogue:
    texts = db.execute("SELECT text FROM replicas WHERE dialogue_id = ? ORDER BY position", [row["id"]])
    with damage():
        return Dialogue(
            (
                Voice(row["first_persona"], row["first_mask"]),
                Voice(row["second_persona"], row["second_mask"]),
            ),
            tuple(text for (text,) in texts.fetchall()),
            Lang(row["lang"]),
            row["model"],
            row["seed"],
            datetime.fromisoformat(row["created_at"]),
        )


class Dialogues:
    """The dialogues of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, scenes: tuple[StoredScene, StoredScene], spoken: Dialogue) -> None:
        """Add a dialogue to what two kept scenes of one owner have.

        Args:
            scenes: Who speaks, the first one first.
            spoken: What they said.

        Raises:
            ArchiveError: ``archive-scene-gone`` if one of them was forgotten meanwhile.
        """
        with self._connection.writing() as db:
            for stored in scenes:
                records.must_be_there(db, replace(stored, owner=scenes[0].owner))
            add(db, scenes, spoken)

    def of(self, stored: StoredScene) -> list[StoredDialogue]:
        """All dialogues that a scene has part in, oldest first."""
        with self._connection.reading() as db:
            return of(db, stored)

    def last(self, owner: int) -> StoredDialogue | None:
        """The owner's last dialogue, if there was one."""
        newest = "SELECT max(d.id) FROM dialogues d JOIN scenes s ON s.id = d.first_id WHERE s.owner = ?"
        with self._connection.reading() as db:
            found = _select(db, owner, f"d.id = ({newest})", [owner])
        return found[0] if found else None
