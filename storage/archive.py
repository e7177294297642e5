"""The archive: scenes, their texts and signatures, and own words, each belonging to one owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from scene.atoms import Scene
from scene.errors import ArchiveError
from storage import exchange, own_words, records
from storage.database import faults, open_database, transaction
from storage.exchange import Entry, Restored
from storage.records import Rendering, Signatures, Stats, StoredScene

COMMAND_LINE = 0
"""Owner of the scenes made on the command line; a Telegram chat's scenes belong to its chat id."""

_EXPORT_PAGE = 200  # scenes read at a time, so that an export holds up no writer
_CACHED_SIGNATURES = 32  # matrices kept in memory, one for each owner and embedder in use


class Archive:
    """Scenes in one SQLite file. Safe to call from several threads; several processes may share the file.

    Every call either happens wholly or leaves the archive as it was, and any call may raise
    :class:`ArchiveError` for a fault of the file or the disk.
    """

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self._db = db
        self._lock = RLock()
        self._signatures: dict[tuple[int, str, int], Signatures] = {}
        self._data_version = -1

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the archive, creating the file and its folder if they are missing.

        Args:
            path: The database file.

        Returns:
            The archive; close it, or use it as a context manager.

        Raises:
            ArchiveError: The file can't be opened, or isn't an archive that this version understands.
        """
        path = Path(path)
        return cls(path, open_database(path))

    def close(self) -> None:
        """Close the file. Nothing waits to be written: every call has already reached the disk."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Hold the connection for queries of one's own.

        Returns:
            The database. Fetch all rows inside the block; filter by owner.

        Raises:
            ArchiveError: A fault of the file or the disk.
        """
        with self._lock, faults(self.path):
            yield self._db

    @contextmanager
    def _writing(self, owner: int) -> Iterator[Database]:
        with self._lock, faults(self.path):
            with transaction(self._db):
                yield self._db
            for key in [key for key in self._signatures if key[0] == owner]:
                del self._signatures[key]

    def keep(
        self, owner: int, scene: Scene, signature: NDArray[np.float32] | None = None, embedder: str = ""
    ) -> StoredScene:
        """Keep a scene; the same chain of atoms is the same scene and keeps its number.

        Args:
            owner: Whose scene it is.
            scene: The scene.
            signature: Its L2-normalised vector, shape (dimension,); None leaves any earlier one alone.
            embedder: Name of the embedder that made the signature.

        Returns:
            The scene as it is in the archive: safely on disk when this returns.

        Raises:
            ArchiveError: It could not be kept; the archive is as it was.
        """
        with self._writing(owner) as db:
            return records.keep(db, owner, scene, signature, embedder)

    def keep_rendering(
        self,
        owner: int,
        scene: Scene,
        rendering: Rendering,
        signature: NDArray[np.float32] | None = None,
        embedder: str = "",
    ) -> StoredScene:
        """Keep a scene together with a text for it: both or neither.

        Args:
            owner: Whose scene it is.
            scene: The scene, new or known.
            rendering: The text to add to its versions.
            signature: The scene's L2-normalised vector, shape (dimension,), if there is one.
            embedder: Name of the embedder that made the signature.

        Returns:
            The scene as it is in the archive.

        Raises:
            ArchiveError: They could not be kept; the archive is as it was.
        """
        with self._writing(owner) as db:
            stored = records.keep(db, owner, scene, signature, embedder)
            records.add_rendering(db, stored, rendering)
            return stored

    def add_rendering(self, stored: StoredScene, rendering: Rendering) -> None:
        """Add a text to a kept scene's versions.

        Args:
            stored: The scene.
            rendering: The text.

        Raises:
            ArchiveError: ``archive-scene-gone`` if the scene was forgotten meanwhile.
        """
        with self._writing(stored.owner) as db:
            if not db.execute(
                "SELECT 1 FROM scenes WHERE id = ? AND owner = ?", [stored.id, stored.owner]
            ).fetchall():
                raise ArchiveError("archive-scene-gone", code=stored.code)
            records.add_rendering(db, stored, rendering)

    def scene(self, owner: int, number: int) -> StoredScene | None:
        """The owner's scene with this number.

        Args:
            owner: Whose scene.
            number: The ``42`` of ``SCN-42``.

        Returns:
            The scene, or None if this owner has no such scene.
        """
        found = self._select("SELECT * FROM scenes WHERE owner = ? AND number = ?", [owner, number])
        return found[0] if found else None

    def by_mnemonic(self, owner: int, mnemonic: str) -> StoredScene | None:
        """The owner's scene with this mnemonic.

        Args:
            owner: Whose scene.
            mnemonic: The fused word, exactly.

        Returns:
            The scene (the oldest, should several share the word), or None.
        """
        found = self._select(
            "SELECT * FROM scenes WHERE owner = ? AND mnemonic = ? ORDER BY number LIMIT 1", [owner, mnemonic]
        )
        return found[0] if found else None

    def by_ids(self, owner: int, ids: Sequence[int]) -> list[StoredScene]:
        """The owner's scenes among these.

        Args:
            owner: Whose scenes.
            ids: ``StoredScene.id`` values; those of other owners are passed over.

        Returns:
            The scenes, oldest first.
        """
        marks = ", ".join("?" * len(ids))
        return self._select(f"SELECT * FROM scenes WHERE owner = ? AND id IN ({marks})", [owner, *ids])

    def scenes(self, owner: int, limit: int = 20, offset: int = 0) -> list[StoredScene]:
        """A page of the owner's scenes, newest first.

        Args:
            owner: Whose scenes.
            limit: Scenes on the page.
            offset: Newer scenes to pass over.

        Returns:
            The scenes.
        """
        page = "SELECT * FROM scenes WHERE owner = ? ORDER BY number DESC LIMIT ? OFFSET ?"
        return self._select(page, [owner, limit, offset])[::-1]

    def _select(self, chosen: str, parameters: Sequence[int | str]) -> list[StoredScene]:
        with self.reading() as db:
            return records.select(db, chosen, parameters)

    def count(self, owner: int) -> int:
        """How many scenes the owner has."""
        with self.reading() as db:
            return records.number(db, "SELECT count(*) FROM scenes WHERE owner = ?", [owner])

    def renderings(self, stored: StoredScene) -> list[Rendering]:
        """All versions of a scene's text, oldest first.

        Args:
            stored: The scene.

        Returns:
            Its renderings; none if the scene was forgotten meanwhile.
        """
        with self.reading() as db:
            return records.renderings(db, stored)

    def last_renderings(self, owner: int, n: int = 1) -> list[tuple[int, Rendering]]:
        """The owner's last texts, whatever their scenes.

        Args:
            owner: Whose texts.
            n: Most texts to give.

        Returns:
            Each text with its scene's number, newest first.
        """
        with self.reading() as db:
            return records.last_renderings(db, owner, n)

    def teach(self, owner: int, word: str, created_at: datetime | None = None) -> bool:
        """Add a word to the owner's own.

        Args:
            owner: Whose word.
            word: As ``scene.own.word`` gives it.
            created_at: When it was first taught, if not now.

        Returns:
            Whether it is new; a word that differs only in ``ё`` is not.

        Raises:
            ArchiveError: ``archive-words-full``, or a fault of the file.
        """
        with self._writing(owner) as db:
            return own_words.teach(db, owner, word, created_at)

    def unteach(self, owner: int, word: str) -> bool:
        """Remove a word from the owner's own.

        Args:
            owner: Whose word.
            word: As ``scene.own.word`` gives it.

        Returns:
            Whether there was such a word.
        """
        with self._writing(owner) as db:
            return own_words.unteach(db, owner, word)

    def own_words(self, owner: int) -> frozenset[str]:
        """The owner's own words, for ``scene.parse``."""
        with self.reading() as db:
            return frozenset(own_words.every(db, owner))

    def persona(self, owner: int) -> str:
        """Id of the persona that speaks in the owner's chat; empty for none."""
        with self.reading() as db:
            rows = db.execute("SELECT persona FROM preferences WHERE owner = ?", [owner]).fetchall()
        return str(rows[0][0]) if rows else ""

    def set_persona(self, owner: int, persona: str) -> None:
        """Say who speaks in the owner's chat from now on.

        Args:
            owner: Whose chat.
            persona: The persona's id; empty for none.
        """
        with self._writing(owner) as db:
            db.execute(
                "INSERT INTO preferences VALUES (?, ?) "
                "ON CONFLICT (owner) DO UPDATE SET persona = excluded.persona",
                [owner, persona],
            )

    def signatures(self, owner: int, embedder: str, dimension: int) -> Signatures:
        """All of the owner's vectors by one embedder, kept in memory until someone writes.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder.
            dimension: Length of its vectors; vectors of another length are passed over.

        Returns:
            The vectors, in no order that means anything.
        """
        with self.reading() as db:
            # Changes when another connection has written, be it in another process; the version is read
            # first, so that a write in between costs a second load and is never missed.
            version = records.number(db, "PRAGMA data_version", [])
            if version != self._data_version:
                self._signatures.clear()
                self._data_version = version
            key = (owner, embedder, dimension)
            if key not in self._signatures:
                if len(self._signatures) == _CACHED_SIGNATURES:
                    del self._signatures[next(iter(self._signatures))]
                self._signatures[key] = records.load_signatures(db, owner, embedder, dimension)
            return self._signatures[key]

    def forget(self, owner: int, number: int) -> bool:
        """Remove a scene, its texts, vectors and index entries; its number is not given again.

        Args:
            owner: Whose scene.
            number: The ``42`` of ``SCN-42``.

        Returns:
            Whether there was such a scene.
        """
        with self._writing(owner) as db:
            gone = db.execute("DELETE FROM scenes WHERE owner = ? AND number = ?", [owner, number]).rowcount
            if gone:
                # A deleted word only gets a tombstone; merging the index into one piece drops the word.
                for index in ("scene_words", "rendering_words", "rendering_trigrams"):
                    db.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
        if gone:
            with self.reading() as db:
                # Older page images in the write-ahead log hold it too.
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return bool(gone)

    def restore(self, owner: int, entries: Sequence[Entry]) -> list[Restored]:
        """Keep scenes and texts from an export: all of them or none, and nothing twice.

        Args:
            owner: Who will have them.
            entries: The scenes; those that are new get the owner's next numbers.

        Returns:
            What was done for each entry, in their order.

        Raises:
            ArchiveError: They could not be kept; the archive is as it was.
        """
        with self._writing(owner) as db:
            return [exchange.restore(db, owner, entry) for entry in entries]

    def export(self, owner: int) -> Iterator[dict[str, Any]]:
        """Everything the owner has but vectors, which can be computed again, and the persona of the moment.

        Args:
            owner: Whose scenes.

        Yields:
            First the own words, one at a time (``word``, ``created_at``); then a scene at a time, oldest
            first, with its atoms and renderings. ``json.dumps`` takes each.
        """
        with self.reading() as db:
            taught = own_words.every(db, owner)
        for word, created_at in taught.items():
            yield {"word": word, "created_at": created_at}
        last = 0
        page = "SELECT * FROM scenes WHERE owner = ? AND number > ? ORDER BY number LIMIT ?"
        while found := self._select(page, [owner, last, _EXPORT_PAGE]):
            for stored in found:
                yield exchange.line_of(stored, self.renderings(stored))
            last = found[-1].number

    def stats(self, owner: int) -> Stats:
        """Count what the owner has.

        Args:
            owner: Whose scenes.

        Returns:
            The counts, all of one moment.
        """
        with self.reading() as db, transaction(db, "DEFERRED"):
            return records.stats(db, owner)
