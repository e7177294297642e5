"""The archive: scenes, their texts and signatures, and own words, each belonging to one owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from scene.atoms import Scene
from scene.errors import ArchiveError
from scene.mark import Mark
from storage import exchange, forgetting, own_words, records, signatures
from storage.answers import Answers
from storage.connection import Connection
from storage.dialogues import Dialogues
from storage.exchange import Entry, Restored
from storage.figures import Figures
from storage.nearest import Nearest
from storage.noise import Measurements
from storage.own_words import OwnWords
from storage.preferences import Preferences
from storage.records import Rendering, StoredScene
from storage.renderings import Renderings
from storage.shares import Shares
from storage.signatures import Space
from storage.signing import Signing
from storage.zones import Zones

COMMAND_LINE = 0
"""Owner of the scenes made on the command line; a Telegram chat's scenes belong to its chat id."""

_EXPORT_PAGE = 200  # scenes read at a time, so that an export holds up no writer


class Archive:
    """Scenes in one SQLite file. Safe to call from several threads; several processes may share the file.

    Every call either happens wholly or leaves the archive as it was, and any call may raise
    :class:`ArchiveError` for a fault of the file or the disk.

    Attributes:
        path: The file.
        reading: Holds the connection for queries of one's own, as ``Connection.reading`` does.
        nearest: Finds scenes by their signatures.
        signing: Which scenes lack signatures.
        renderings: The scenes' texts.
        dialogues: What two scenes said.
        measurements: What was measured of the noise in texts.
        shares: Links by which others copy a scene.
        own_words: What each owner taught.
        preferences: What each owner has set.
        answers: Which message was answered by which.
        zones: The neighbourhoods of the scenes.
        figures: How much of all this there is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = Connection(path)
        self.reading = self._connection.reading
        self.nearest = Nearest(self._connection)
        self.signing = Signing(self._connection, self.nearest)
        self.renderings = Renderings(self._connection)
        self.dialogues = Dialogues(self._connection)
        self.measurements = Measurements(self._connection)
        self.shares = Shares(self._connection, self.nearest)
        self.own_words = OwnWords(self._connection)
        self.preferences = Preferences(self._connection)
        self.answers = Answers(self._connection)
        self.zones = Zones(self._connection)
        self.figures = Figures(self._connection)

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
        archive = cls(path)
        # A fault that keeps it from being wiped doesn't keep it from being read.
        with suppress(ArchiveError):
            with archive.reading() as db:
                wiped = forgetting.is_wiped(db)
            if not wiped:
                archive._wipe()
        return archive

    def close(self) -> None:
        """Close the file. Nothing waits to be written: every call has already reached the disk."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
        with self.nearest.writing(owner) as db:
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
        with self.nearest.writing(owner) as db:
            stored = records.keep(db, owner, scene, signature, embedder)
            records.add_rendering(db, stored, rendering)
            return stored

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

    def by_mark(self, owner: int, mark: Mark) -> StoredScene | None:
        """The owner's scene that a mark leads to.

        Args:
            owner: Whose scene.
            mark: What was read; where it has a mnemonic, its number may be another chat's and says nothing.

        Returns:
            The scene, or None if this owner has no such scene.
        """
        if mark.mnemonic is not None:
            return self.by_mnemonic(owner, mark.mnemonic)
        return self.scene(owner, mark.number) if mark.number is not None else None

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

    def forget(self, owner: int, *numbers: int) -> list[int]:
        """Remove scenes for good, with their texts, vectors, index entries and links.

        Their numbers are not given again. When this returns, nothing of them is left in the archive's files;
        that takes time in proportion to the archive, during which others can read and writers wait.

        Args:
            owner: Whose scenes.
            numbers: The ``42`` of ``SCN-42`` and others.

        Returns:
            The numbers of those that were there.

        Raises:
            ArchiveError: ``forget-unwiped`` when they are forgotten, but traces are left in the files until
                the archive is opened the next time or something else is forgotten.
        """
        with self.nearest.writing(owner) as db:
            vectors = [row for number in numbers for row in signatures.of_scene(db, owner, number)]
            gone = forgetting.forget(db, owner, numbers)
            self.nearest.forget(owner, vectors)
        if gone:
            self._wipe()
        return gone

    def forget_everything(self, owner: int) -> int:
        """Remove all that an owner has for good, as :meth:`forget` does, with own words and settings.

        Args:
            owner: Whose archive.

        Returns:
            How many scenes there were.

        Raises:
            ArchiveError: ``forget-unwiped``, as for :meth:`forget`.
        """
        with self.nearest.writing(owner) as db:
            vectors = signatures.of_owner(db, owner)
            gone = forgetting.forget_everything(db, owner)
            self.nearest.forget(owner, vectors)
        self._wipe()
        return gone

    def _wipe(self) -> None:
        try:
            # On a connection of its own, so that readers needn't wait.
            with self._connection.beside_readers() as db:
                forgetting.wipe(db)
        except ArchiveError as error:
            if error.key == "archive-damaged":  # the worse news
                raise
            reason = error.params.get("reason", error.key)
            raise ArchiveError("forget-unwiped", path=str(self.path), reason=reason) from error

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
        with self.nearest.writing(owner) as db:
            restored = [exchange.restore(db, owner, entry) for entry in entries]
        spaces = Counter(
            Space(owner, entry.embedder, entry.signature.size)
            for entry in entries
            if entry.signature is not None
        )
        for space, count in spaces.items():
            self.nearest.signed(space, count)
        return restored

    def export(self, owner: int) -> Iterator[dict[str, Any]]:
        """Everything the owner has but vectors, which can be computed again, and the persona of the moment.

        Args:
            owner: Whose scenes.

        Yields:
            First the own words, one at a time (``word``, ``created_at``); then a scene at a time, oldest
            first, with its atoms, renderings, measurements of noise, and dialogues with earlier ones.
            ``json.dumps`` takes each.
        """
        with self.reading() as db:
            taught = own_words.every(db, owner)
        for word, created_at in taught.items():
            yield {"word": word, "created_at": created_at}
        last = 0
        page = "SELECT * FROM scenes WHERE owner = ? AND number > ? ORDER BY number LIMIT ?"
        while found := self._select(page, [owner, last, _EXPORT_PAGE]):
            for stored in found:
                yield exchange.line_of(
                    stored,
                    self.renderings.of(stored),
                    self.dialogues.of(stored),
                    self.measurements.of(stored),
                )
            last = found[-1].number
