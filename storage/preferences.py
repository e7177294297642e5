"""What a chat has set for itself: each function here is one step of a transaction of ``storage.archive``."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlite_utils import Database

Name: TypeAlias = Literal["persona", "mark", "form", "lang"]
"""What can be set: the columns of ``preferences``."""


def get(db: Database, owner: int, name: Name) -> str | None:
    """What an owner has set; None or an empty text when it was left as it is by itself."""
    rows = db.execute(f"SELECT {name} FROM preferences WHERE owner = ?", [owner]).fetchall()
    return rows[0][0] if rows else None


def put(db: Database, owner: int, name: Name, value: str | None) -> None:
    """Set one thing and leave the others."""
    db.execute("INSERT OR IGNORE INTO preferences (owner, persona) VALUES (?, '')", [owner])
    db.execute(f"UPDATE preferences SET {name} = ? WHERE owner = ?", [value, owner])
