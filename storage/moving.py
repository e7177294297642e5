"""Chats that have another id by now: all that is an owner's goes along, once.

A Telegram group that becomes a supergroup gets a new id. What was kept for the old one is the same people's,
and so is whatever they made under the new one before the archive followed.
"""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from storage.connection import Connection
from storage.index_file import IndexFile


class Moves(Connection):
    """The moves that there were. Safe to call from several threads.

    Args:
        path: The archive's file; a connection of its own to it is opened.

    Raises:
        ArchiveError: The file can't be opened. Any call may raise it for a fault of the file or the disk.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self.reading() as db:
            self._known = dict(db.execute("SELECT old, owner FROM moves").fetchall())

    def to(self, chat: int) -> int | None:
        """The id that a chat has by now; None for one that has not moved."""
        return self._known.get(chat)

    def move(self, old: int, new: int) -> bool:
        """Give all that is one chat's to the id that it has by now.

        Args:
            old: The id that it had.
            new: The id that it has.

        Returns:
            Whether it was moved: a second time, or from a chat that has moved elsewhere, or to one that
            another has moved to, nothing is.
        """
        with self.writing() as db:
            taken = db.execute("SELECT 1 FROM moves WHERE old IN (?, ?) OR owner = ?", [old, new, new])
            if old == new or taken.fetchall():
                return False
            _number_on(db, old, new)
            _give(db, old, new)
            db.execute("INSERT INTO moves (old, owner) VALUES (?, ?)", [old, new])
            IndexFile(self.path).give(old, new)
        self._known[old] = new
        return True


def _number_on(db: Database, old: int, new: int) -> None:
    """Let what was made under the new id follow what was made under the old one.

    A chain of atoms that both have stays the old one's scene, and gets what the new one's has.
    """
    ((last,),) = db.execute(
        "SELECT coalesce(max(last_number), 0) FROM owners WHERE owner = ?", [old]
    ).fetchall()
    # A map of one half of the scenes is none.
    db.execute("DELETE FROM zone_places WHERE scene_id IN (SELECT id FROM scenes WHERE owner = ?)", [new])
    for table in ("zonings", "zones"):
        db.execute(f"DELETE FROM {table} WHERE owner = ?", [new])
    twins = db.execute(
        "SELECT n.id, o.id FROM scenes n JOIN scenes o ON o.identity = n.identity "
        "WHERE n.owner = ? AND o.owner = ?",
        [new, old],
    )
    belonging = db.execute(
        """
        SELECT m.name, k."from" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) k
        WHERE m.type = 'table' AND k."table" = 'scenes'
        """
    ).fetchall()
    for newer, older in twins.fetchall():
        for table, column in belonging:
            db.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE "{column}" = ?', [older, newer])
        db.execute("DELETE FROM scenes WHERE id = ?", [newer])
    # The greatest number first, so that no two are alike meanwhile.
    made = db.execute("SELECT id, number FROM scenes WHERE owner = ? ORDER BY number DESC", [new])
    for scene_id, number in made.fetchall():
        db.execute("UPDATE scenes SET number = ? WHERE id = ?", [number + last, scene_id])
    db.execute("INSERT OR IGNORE INTO owners (owner, last_number) VALUES (?, 0)", [new])
    db.execute("UPDATE owners SET last_number = last_number + ? WHERE owner = ?", [last, new])


def _give(db: Database, old: int, new: int) -> None:
    """Make everything of an owner's another's; what the other has set stays."""
    # Numbers of messages mean nothing in the other chat.
    db.execute("DELETE FROM answers WHERE owner = ?", [old])
    owned = db.execute(
        """
        SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'owner' AND m.name <> 'owners'
        """
    )
    for (table,) in owned.fetchall():
        db.execute(f'UPDATE OR IGNORE "{table}" SET owner = ? WHERE owner = ?', [new, old])
        db.execute(f'DELETE FROM "{table}" WHERE owner = ?', [old])
    db.execute("DELETE FROM owners WHERE owner = ?", [old])
    db.execute(
        "INSERT INTO usage SELECT day, ?, scenes FROM usage WHERE who = ? "
        "ON CONFLICT DO UPDATE SET scenes = scenes + excluded.scenes",
        [new, old],
    )
    db.execute("DELETE FROM usage WHERE who = ?", [old])
