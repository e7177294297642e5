"""Which message of a chat was answered by which, for messages that are edited afterwards."""

from __future__ import annotations

from sqlite_utils import Database

_REMEMBERED = (
    4096  # messages back: in a private chat that is more than the two days in which Telegram lets edit
)


def put(db: Database, owner: int, message: int, answer: int) -> None:
    """Note an answer, in place of an earlier one; what lies far back is dropped."""
    db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", [owner, message, answer])
    db.execute("DELETE FROM answers WHERE owner = ? AND message < ?", [owner, message - _REMEMBERED])


def get(db: Database, owner: int, message: int) -> int | None:
    """The answer to a message, if there is one."""
    rows = db.execute(
        "SELECT answer FROM answers WHERE owner = ? AND message = ?", [owner, message]
    ).fetchall()
    return int(rows[0][0]) if rows else None
