"""What an owner has, in numbers: those of the tables, and those that mean something to the owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import regex

from storage.connection import Connection
from storage.database import damage, transaction
from storage.records import number

_MINE = "(SELECT id FROM scenes WHERE owner = ?)"
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*")


@dataclass(frozen=True, slots=True)
class Stats:
    """What one owner has in the archive.

    Attributes:
        scenes: Number of scenes.
        atoms: Number of their atoms.
        renderings: Number of texts, all versions.
        signatures: Number of vectors by embedder.
        words: Number of own words.
        bytes: Size of the database file, all owners together.
    """

    scenes: int
    atoms: int
    renderings: int
    signatures: dict[str, int]
    words: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Tally:
    """An owner's numbers.

    Attributes:
        scenes: Scenes that are kept.
        texts: Their texts, all versions.
        words: Words in these texts.
        dialogues: Dialogues of two scenes.
        own_words: Words that were taught.
        seconds: What writing the texts took.
        since: When the oldest scene was kept; None without scenes.
    """

    scenes: int
    texts: int
    words: int
    dialogues: int
    own_words: int
    seconds: float
    since: datetime | None


class Figures:
    """The figures of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stats(self, owner: int) -> Stats:
        """Count what the owner has.

        Args:
            owner: Whose scenes.

        Returns:
            The counts, all of one moment.
        """
        with self._connection.reading() as db, transaction(db, "DEFERRED"):
            by_embedder = db.execute(
                "SELECT embedder, count(*) FROM signatures WHERE owner = ? GROUP BY embedder", [owner]
            )
            return Stats(
                scenes=number(db, "SELECT count(*) FROM scenes WHERE owner = ?", [owner]),
                atoms=number(db, f"SELECT count(*) FROM atoms WHERE scene_id IN {_MINE}", [owner]),
                renderings=number(db, f"SELECT count(*) FROM renderings WHERE scene_id IN {_MINE}", [owner]),
                signatures=dict(by_embedder.fetchall()),
                words=number(db, "SELECT count(*) FROM own_words WHERE owner = ?", [owner]),
                bytes=number(db, "PRAGMA page_count", []) * number(db, "PRAGMA page_size", []),
            )

    def tally(self, owner: int) -> Tally:
        """What the owner's archive has come to.

        Args:
            owner: Whose archive.

        Returns:
            The numbers, all of one moment.
        """
        with self._connection.reading() as db, transaction(db, "DEFERRED"):
            [(scenes, since)] = db.execute(
                "SELECT count(*), min(created_at) FROM scenes WHERE owner = ?", [owner]
            ).fetchall()
            [(texts, seconds)] = db.execute(
                f"SELECT count(*), total(seconds) FROM renderings WHERE scene_id IN {_MINE}", [owner]
            ).fetchall()
            words = sum(
                len(_WORD.findall(text))
                for (text,) in db.execute(f"SELECT text FROM renderings WHERE scene_id IN {_MINE}", [owner])
            )
            with damage():
                return Tally(
                    scenes=scenes,
                    texts=texts,
                    words=words,
                    dialogues=number(
                        db, f"SELECT count(*) FROM dialogues WHERE first_id IN {_MINE}", [owner]
                    ),
                    own_words=number(db, "SELECT count(*) FROM own_words WHERE owner = ?", [owner]),
                    seconds=float(seconds),
                    since=datetime.fromisoformat(since) if since else None,
                )
