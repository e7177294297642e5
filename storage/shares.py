"""Links by which one owner lets others copy a scene: each function here is one step of a transaction of
``storage.archive``.

A link is a random token. The archive keeps only its SHA-256: the token has too many bits to be guessed
from it, and whoever reads the file can open no link.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlite_utils import Database

from scene.errors import ArchiveError
from storage import exchange, records, signatures
from storage.exchange import Entry, Restored
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


def share(db: Database, stored: StoredScene) -> str:
    """Make a new link to a scene; its token can't be shown again."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now = datetime.now(UTC).isoformat()
    db.execute("INSERT INTO shares VALUES (?, ?, ?)", [_hash(token), stored.id, now])
    return token


def shares(db: Database, owner: int) -> list[Share]:
    """An owner's scenes with open links, by number."""
    mine = "SELECT * FROM scenes WHERE owner = ? AND id IN (SELECT scene_id FROM shares)"
    found = []
    for stored in records.select(db, mine, [owner]):
        links, since = db.execute(
            "SELECT count(*), min(created_at) FROM shares WHERE scene_id = ?", [stored.id]
        ).fetchone()
        found.append(Share(stored, links, datetime.fromisoformat(since)))
    return found


def unshare(db: Database, stored: StoredScene) -> int:
    """Close all links to a scene; how many there were."""
    closed: int = db.execute("DELETE FROM shares WHERE scene_id = ?", [stored.id]).rowcount
    return closed


def take(db: Database, owner: int, token: str) -> Restored:
    """Copy a shared scene and its texts to another owner, as it is now.

    When a text was written and why it has its form stays behind: both tell of the other chat's dialogue.

    Raises:
        ArchiveError: ``share-unknown``, whatever the reason: the token is none, its link was closed, or the
            scene was forgotten.
    """
    query = "SELECT * FROM scenes WHERE id = (SELECT scene_id FROM shares WHERE token_hash = ?)"
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
