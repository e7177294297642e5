"""Scenes that have no signature by an embedder, and giving them one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from storage import records, signatures
from storage.connection import Connection
from storage.database import transaction
from storage.nearest import Nearest
from storage.records import StoredScene


class Signing:
    """Which scenes are signed, of every owner.

    Args:
        connection: To the archive's file.
        nearest: What searches the signatures.
    """

    def __init__(self, connection: Connection, nearest: Nearest) -> None:
        self._connection = connection
        self._nearest = nearest

    def unsigned(self, owner: int | None, embedder: str) -> int:
        """How many scenes can't be found by resonance, because they have no signature by an embedder.

        Args:
            owner: Whose scenes; None for everybody's.
            embedder: Name of the embedder.
        """
        with self._connection.reading() as db:
            return signatures.unsigned(db, owner, embedder)

    def next_unsigned(self, embedder: str, after: int, limit: int) -> list[StoredScene]:
        """Scenes of any owner that have no signature by an embedder.

        Args:
            embedder: Name of the embedder.
            after: ``StoredScene.id`` of the last scene that was given, 0 at first.
            limit: Most scenes to give.

        Returns:
            The scenes, by id.
        """
        with self._connection.reading() as db, transaction(db, "DEFERRED"):
            ids = signatures.next_unsigned(db, embedder, after, limit)
            marks = ", ".join("?" * len(ids))
            found = records.select(db, f"SELECT * FROM scenes WHERE id IN ({marks})", ids)
        return sorted(found, key=lambda stored: stored.id)

    def sign(self, signed: Sequence[tuple[StoredScene, NDArray[np.float32]]], embedder: str) -> int:
        """Keep signatures of kept scenes: all or none.

        Args:
            signed: Scenes, of any owners, each with its L2-normalised vector, shape (dimension,).
            embedder: Name of the embedder that made them.

        Returns:
            How many were kept; a scene that was forgotten meanwhile needs none.
        """
        kept = 0
        with self._nearest.writing(*{stored.owner for stored, _ in signed}) as db:
            for stored, vector in signed:
                if records.number(db, "SELECT count(*) FROM scenes WHERE id = ?", [stored.id]):
                    kept += signatures.keep(db, stored.owner, stored.id, embedder, vector)
        return kept

    def renew_indexes(self, embedder: str) -> None:
        """Bring the indexes of all large owners up to date, so that nobody waits for it when recalling.

        Args:
            embedder: Name of the embedder whose signatures are to be indexed.
        """
        with self._connection.reading() as db:
            spaces = signatures.spaces(db, embedder)
        for space in spaces:
            self._nearest.renew(space)
