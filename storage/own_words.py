"""Words that people taught: each function here is one step of a transaction of ``storage.archive``."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database

from scene.errors import ArchiveError
from scene.own import folded

MOST = 500
"""Words an owner may teach."""


def every(db: Database, owner: int) -> dict[str, str]:
    """An owner's words with the times at which they were taught (ISO 8601), in the order of the alphabet."""
    rows = db.execute("SELECT word, created_at FROM own_words WHERE owner = ? ORDER BY word", [owner])
    return dict(rows.fetchall())


def teach(db: Database, owner: int, word: str, created_at: datetime | None = None) -> bool:
    """Add a word; whether it is new.

    Raises:
        ArchiveError: ``archive-words-full``.
    """
    known = every(db, owner)
    if any(folded(other) == folded(word) for other in known):
        return False
    if len(known) >= MOST:
        raise ArchiveError("archive-words-full", word=word, limit=MOST)
    taught_at = (created_at or datetime.now(UTC)).isoformat()
    db.execute("INSERT INTO own_words VALUES (?, ?, ?)", [owner, word, taught_at])
    return True


def unteach(db: Database, owner: int, word: str) -> bool:
    """Remove a word; whether it was there."""
    spelled = [other for other in every(db, owner) if folded(other) == folded(word)]
    for other in spelled:
        db.execute("DELETE FROM own_words WHERE owner = ? AND word = ?", [owner, other])
    return bool(spelled)
