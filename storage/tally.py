"""What an owner's archive has come to, in numbers that mean something to the owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import regex
from sqlite_utils import Database

from storage.database import damage
from storage.records import number

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*")


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


def tally(db: Database, owner: int) -> Tally:
    """Count what the owner has; one step of a transaction."""
    mine = "(SELECT id FROM scenes WHERE owner = ?)"
    [(scenes, since)] = db.execute(
        "SELECT count(*), min(created_at) FROM scenes WHERE owner = ?", [owner]
    ).fetchall()
    [(texts, seconds)] = db.execute(
        f"SELECT count(*), total(seconds) FROM renderings WHERE scene_id IN {mine}", [owner]
    ).fetchall()
    words = sum(
        len(_WORD.findall(text))
        for (text,) in db.execute(f"SELECT text FROM renderings WHERE scene_id IN {mine}", [owner])
    )
    with damage():
        return Tally(
            scenes=scenes,
            texts=texts,
            words=words,
            dialogues=number(db, f"SELECT count(*) FROM dialogues WHERE first_id IN {mine}", [owner]),
            own_words=number(db, "SELECT count(*) FROM own_words WHERE owner = ?", [owner]),
            seconds=float(seconds),
            since=datetime.fromisoformat(since) if since else None,
        )
