"""Links by which one owner lets others copy a scene.

A link is a random token. The archive keeps only its SHA-256: the token has too many bits to be guessed
from it, and whoever reads the file can open no link.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from scene.errors import ArchiveError
from storage import exchange, records, signatures
from storage.connection import Connection
from storage.exchange import Entry, Restored
from storage.nearest import Nearest
from storage.records import StoredScene

_TOKEN_BYTES = 24  # 192 bits, 32 characters; Telegram takes 64 of A-Z a-z 0-9 _ - after ?start=


@dataclass(frozen=True, slots=True)
class Share:
    """A scene that may be copied by others.

    Attributes:
        stored: The scene.
        links: How many links to it are open.
        since: When the oldest of them was made.
    """

    stored: StoredScene
    links: int
    since: datetime


class Shares:
    """The links of every owner.

    Args:
        connection: To the archive's file.
        nearest: What searches the signatures, to which a copy adds.
    """

    def __init__(self, connection: Connection, nearest: Nearest) -> None:
        self._connection = connection
        self._nearest = nearest

    def open(self, owner: int, number: int) -> str:
        """Make a link by which others may copy a scene, with all texts that it has by then.

        Args:
            owner: Whose scene.
            number: The ``42`` of ``SCN-42``.

        Returns:
            The link's token, which is not kept and can't be shown again.

        Raises:
            SceneError: ``scene-unknown-code`` if this owner has no such scene.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = datetime.now(UTC).isoformat()
        with self._connection.writing() as db:
            stored = records.by_number(db, owner, number)
            db.execute("INSERT INTO shares VALUES (?, ?, ?)", [_hash(token), stored.id, now])
        return token

    def of(self, owner: int) -> list[Share]:
        """The owner's scenes that have open links, by number."""
        mine = "SELECT * FROM scenes WHERE owner = ? AND id IN (SELECT scene_id FROM shares)"
        found = []
        with self._connection.reading() as db:
            for stored in records.select(db, mine, [owner]):
                links, since = db.execute(
                    "SELECT count(*), min(created_at) FROM shares WHERE scene_id = ?", [stored.id]
                ).fetchone()
                found.append(Share(stored, links, datetime.fromisoformat(since)))
        return found

    def close(self, owner: int, number: int) -> int:
        """Close all links to a scene. Copies that were taken stay.

        Args:
            owner: Whose scene.
            number: The ``42`` of ``SCN-42``.

        Returns:
            How many links there were.

        Raises:
            SceneError: ``scene-unknown-code`` if this owner has no such scene.
        """
        with self._connection.writing() as db:
            stored = records.by_number(db, owner, number)
            closed: int = db.execute("DELETE FROM shares WHERE scene_id = ?", [stored.id]).rowcount
        return closed

    def take(self, owner: int, token: str) -> Restored:
        """Copy a scene by a link to it, with its texts and vectors, under a number of one's own.

        When a text was written and why it has its form stays behind: both tell of the other chat's dialogue.

        Args:
            owner: Who will have the copy.
            token: What ``open`` gave to the other owner; any text is safe.

        Returns:
            What was new to this owner.

        Raises:
            ArchiveError: ``share-unknown``, whatever the reason: the token is none, its link was closed, or
                the scene was forgotten.
        """
        query = "SELECT * FROM scenes WHERE id = (SELECT scene_id FROM shares WHERE token_hash = ?)"
        with self._nearest.writing(owner) as db:
            found = records.select(db, query, [_hash(token)])
            if not found:
                raise ArchiveError("share-unknown")
            (shared,) = found
            now = datetime.now(UTC)
            texts = [
                replace(rendering, created_at=now, chosen_by=None, reason=None)
                for rendering in records.renderings(db, shared)
            ]
            taken = exchange.restore(db, owner, Entry(shared.scene, renderings=texts))
            for embedder, vector in signatures.vectors_of(db, shared.id):
                records.keep(db, owner, shared.scene, vector, embedder)
        return taken


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
