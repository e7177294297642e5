"""Who was let in by an invitation, of which only a hash is kept, as of a share (``storage.shares``)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from storage.connection import Connection

_TOKEN_BYTES = 24  # 192 bits, 32 characters; Telegram takes 64 of A-Z a-z 0-9 _ - after ?start=


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who came by an invitation.

    Attributes:
        person: Their Telegram id.
        name: What they were called when they came.
        invite: Number of the invitation.
        since: When they came.
    """

    person: int
    name: str
    invite: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation that is still open.

    Attributes:
        number: Its number, by which it is revoked.
        uses_left: How many people it still lets in.
        since: When it was made.
    """

    number: int
    uses_left: int
    since: datetime


class People(Connection):
    """The guests and the invitations. Safe to call from several threads.

    Args:
        path: The archive's file; a connection of its own to it is opened.

    Raises:
        ArchiveError: The file can't be opened. Any call may raise it for a fault of the file or the disk.
    """

    def invite(self, made_by: int, uses: int) -> tuple[int, str]:
        """Make an invitation.

        Args:
            made_by: Who makes it.
            uses: How many people it lets in.

        Returns:
            Its number, and its token, which can't be shown again.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self.writing() as db:
            number = db.execute(
                "INSERT INTO invites (token_hash, uses_left, made_by, created_at) VALUES (?, ?, ?, ?)",
                [_hash(token), uses, made_by, datetime.now(UTC).isoformat()],
            ).lastrowid
        assert number is not None  # a row was inserted
        return number, token

    def let_in(self, token: str, person: int, name: str) -> bool:
        """Let somebody in by an invitation.

        Args:
            token: What ``invite`` gave; any text is safe.
            person: Who comes.
            name: What they are called.

        Returns:
            Whether they are in; an invitation is used up only by somebody who was not.
        """
        with self.writing() as db:
            if db.execute("SELECT 1 FROM people WHERE person = ?", [person]).fetchall():
                return True
            rows = db.execute(
                "UPDATE invites SET uses_left = uses_left - 1 WHERE token_hash = ? AND uses_left > 0 "
                "RETURNING id",
                [_hash(token)],
            ).fetchall()
            for (number,) in rows:
                now = datetime.now(UTC).isoformat()
                db.execute("INSERT INTO people VALUES (?, ?, ?, ?)", [person, name[:64], number, now])
        return bool(rows)

    def close_invite(self, number: int) -> bool:
        """Let nobody else in by an invitation; whether it was open. Who came by it stays."""
        with self.writing() as db:
            query = "UPDATE invites SET uses_left = 0 WHERE id = ? AND uses_left > 0"
            return bool(db.execute(query, [number]).rowcount)

    def send_off(self, person: int) -> bool:
        """Let a guest in no more; whether there was one."""
        with self.writing() as db:
            return bool(db.execute("DELETE FROM people WHERE person = ?", [person]).rowcount)

    def guests(self) -> list[Guest]:
        """Everybody who came by an invitation, the first one first."""
        with self.writing() as db:
            rows = db.execute("SELECT person, name, invite_id, since FROM people ORDER BY since").fetchall()
        return [Guest(person, name, invite, datetime.fromisoformat(at)) for person, name, invite, at in rows]

    def invites(self) -> list[Invite]:
        """The open invitations, the oldest first."""
        with self.writing() as db:
            query = "SELECT id, uses_left, created_at FROM invites WHERE uses_left > 0 ORDER BY id"
            rows = db.execute(query).fetchall()
        return [Invite(number, uses, datetime.fromisoformat(at)) for number, uses, at in rows]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
