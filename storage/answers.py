"""Which message of a chat was answered by which, for messages that are edited afterwards."""

from __future__ import annotations

from storage.connection import Connection

_REMEMBERED = (
    4096  # messages back: in a private chat that is more than the two days in which Telegram lets edit
)


class Answers:
    """The answers in every chat.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, owner: int, message: int, answer: int) -> None:
        """Note that a message was answered, in place of an earlier answer; what lies far back is dropped.

        Args:
            owner: Whose chat.
            message: The number of the message in the chat.
            answer: The number of the answer.
        """
        with self._connection.writing() as db:
            db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", [owner, message, answer])
            db.execute("DELETE FROM answers WHERE owner = ? AND message < ?", [owner, message - _REMEMBERED])

    def get(self, owner: int, message: int) -> int | None:
        """The answer that a message has, if it is remembered: the newest thousands are."""
        with self._connection.reading() as db:
            rows = db.execute(
                "SELECT answer FROM answers WHERE owner = ? AND message = ?", [owner, message]
            ).fetchall()
        return int(rows[0][0]) if rows else None
