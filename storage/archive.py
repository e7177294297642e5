"""The archive: scenes, their texts and signatures, and own words, each belonging to one owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from scene import mark
from scene.atoms import Lang, Scene
from scene.errors import ArchiveError, SceneError
from scene.forms import Form
from scene.mark import Mark, Strength
from scene.zone_names import Candidate
from storage import (
    answers,
    dialogues,
    exchange,
    forgetting,
    job_texts,
    noise,
    own_words,
    preferences,
    records,
    shares,
    signatures,
    tally,
    zones,
)
from storage.database import damage, faults, open_database, transaction
from storage.dialogues import Dialogue, StoredDialogue
from storage.exchange import Entry, Restored
from storage.job_texts import Written
from storage.nearest import Nearest
from storage.noise import Measurement, StoredMeasurement
from storage.records import Rendering, Stats, StoredScene
from storage.shares import Share
from storage.signatures import Signatures, Space
from storage.tally import Tally
from storage.zones import Zoning

COMMAND_LINE = 0
"""Owner of the scenes made on the command line; a Telegram chat's scenes belong to its chat id."""

_EXPORT_PAGE = 200  # scenes read at a time, so that an export holds up no writer


class Archive:
    """Scenes in one SQLite file. Safe to call from several threads; several processes may share the file.

    Every call either happens wholly or leaves the archive as it was, and any call may raise
    :class:`ArchiveError` for a fault of the file or the disk.
    """

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self._db = db
        self._writers = RLock()  # taken before the other, so that readers pass by a writer who waits
        self._lock = RLock()
        self._nearest = Nearest(path, self.reading)

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
        archive = cls(path, open_database(path))
        # A fault that keeps it from being wiped doesn't keep it from being read.
        with suppress(ArchiveError):
            with archive.reading() as db:
                wiped = forgetting.is_wiped(db)
            if not wiped:
                archive._wipe()
        return archive

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
            The database. Fetch all rows inside the block; filter by owner; call nothing there that writes.

        Raises:
            ArchiveError: A fault of the file or the disk.
        """
        with self._lock, faults(self.path):
            yield self._db

    @contextmanager
    def _writing(self, *owners: int) -> Iterator[Database]:
        with self._writers, self._lock, faults(self.path):
            with transaction(self._db):
                yield self._db
            for owner in owners:
                self._nearest.changed(owner)

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

    def add_rendering(
        self, stored: StoredScene, rendering: Rendering, for_job: Written | None = None
    ) -> None:
        """Add a text to a kept scene's versions.

        Args:
            stored: The scene.
            rendering: The text.
            for_job: What lets the job that the text was written for find it again, if it was for one.

        Raises:
            ArchiveError: ``archive-scene-gone`` if the scene was forgotten meanwhile.
        """
        with self._writing(stored.owner) as db:
            if not db.execute(
                "SELECT 1 FROM scenes WHERE id = ? AND owner = ?", [stored.id, stored.owner]
            ).fetchall():
                raise ArchiveError("archive-scene-gone", code=stored.code)
            rendering_id = records.add_rendering(db, stored, rendering)
            if for_job is not None:
                job_texts.add(db, for_job, rendering_id)

    def written_for(self, job_id: int, position: int) -> tuple[StoredScene, Rendering, str] | None:
        """The text that a job had written before it was cut short.

        Args:
            job_id: ``storage.jobs.Job.id``.
            position: The text's place among all that the job has written, from 0.

        Returns:
            The scene, the text, and what was kept beside it; None when none was written yet.
        """
        with self.reading() as db:
            return job_texts.get(db, job_id, position)

    def add_dialogue(self, scenes: tuple[StoredScene, StoredScene], spoken: Dialogue) -> None:
        """Add a dialogue to what two kept scenes of one owner have.

        Args:
            scenes: Who speaks, the first one first.
            spoken: What they said.

        Raises:
            ArchiveError: ``archive-scene-gone`` if one of them was forgotten meanwhile.
        """
        owner = scenes[0].owner
        with self._writing(owner) as db:
            mine = "SELECT * FROM scenes WHERE owner = ? AND id = ?"
            for stored in scenes:
                if not records.select(db, mine, [owner, stored.id]):
                    raise ArchiveError("archive-scene-gone", code=stored.code)
            dialogues.add(db, scenes, spoken)

    def dialogues(self, stored: StoredScene) -> list[StoredDialogue]:
        """All dialogues that a scene has part in, oldest first."""
        with self.reading() as db:
            return dialogues.of(db, stored)

    def last_dialogue(self, owner: int) -> StoredDialogue | None:
        """The owner's last dialogue, if there was one."""
        with self.reading() as db:
            return dialogues.last(db, owner)

    def add_measurement(self, stored: StoredScene, measured: Measurement) -> int:
        """Add a measurement of noise to what a kept scene has.

        Args:
            stored: The scene.
            measured: What was measured of its text.

        Returns:
            The measurement's id.

        Raises:
            ArchiveError: ``archive-scene-gone`` if the scene was forgotten meanwhile.
        """
        with self._writing(stored.owner) as db:
            if not records.select(
                db, "SELECT * FROM scenes WHERE owner = ? AND id = ?", [stored.owner, stored.id]
            ):
                raise ArchiveError("archive-scene-gone", code=stored.code)
            return noise.add(db, stored, measured)

    def measurements(self, stored: StoredScene) -> list[Measurement]:
        """All measurements of a scene's texts, oldest first."""
        with self.reading() as db:
            return noise.of(db, stored)

    def measurement(self, owner: int, number: int) -> StoredMeasurement | None:
        """The owner's measurement with this id; None where there is none, or it is another owner's."""
        with self.reading() as db:
            return noise.one(db, owner, number)

    def last_measurements(self, owner: int, n: int) -> list[StoredMeasurement]:
        """The owner's last measurements, newest first; at most ``n``."""
        with self.reading() as db:
            return noise.last(db, owner, n)

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
            return preferences.get(db, owner, "persona") or ""

    def set_persona(self, owner: int, persona: str) -> None:
        """Say who speaks in the owner's chat from now on.

        Args:
            owner: Whose chat.
            persona: The persona's id; empty for none.
        """
        self._prefer(owner, "persona", persona)

    def strength(self, owner: int) -> Strength | None:
        """How plainly texts in the owner's chat are marked; None when the chat has not said."""
        with self.reading() as db, damage():
            kept = preferences.get(db, owner, "mark")
            return Strength(kept) if kept else None

    def set_strength(self, owner: int, strength: Strength) -> None:
        """Say how plainly texts in the owner's chat are marked from now on.

        Args:
            owner: Whose chat.
            strength: Visible, short or woven.
        """
        self._prefer(owner, "mark", strength)

    def form(self, owner: int) -> Form | None:
        """The form of scenes that name none in the owner's chat; None where each gets one chosen for it."""
        with self.reading() as db, damage():
            kept = preferences.get(db, owner, "form")
            return Form(kept) if kept else None

    def set_form(self, owner: int, form: Form | None) -> None:
        """Say in which form scenes that name none are voiced from now on.

        Args:
            owner: Whose chat.
            form: The form, or None to have one chosen for each scene.
        """
        self._prefer(owner, "form", form)

    def lang(self, owner: int) -> Lang | None:
        """The language in which the owner's chat is spoken to; None for each person's own."""
        with self.reading() as db, damage():
            kept = preferences.get(db, owner, "lang")
            return Lang(kept) if kept else None

    def set_lang(self, owner: int, lang: Lang | None) -> None:
        """Say in which language the owner's chat is spoken to from now on.

        Args:
            owner: Whose chat.
            lang: ``RU`` or ``EN``, or None for each person's own.
        """
        self._prefer(owner, "lang", lang)

    def _prefer(self, owner: int, name: preferences.Name, value: str | None) -> None:
        with self._writing(owner) as db:
            preferences.put(db, owner, name, value)

    def answered(self, owner: int, message: int, answer: int) -> None:
        """Note that a message was answered, so that the answer can be replaced should it be edited.

        Args:
            owner: Whose chat.
            message: The number of the message in the chat.
            answer: The number of the answer.
        """
        with self._writing() as db:
            answers.put(db, owner, message, answer)

    def answer(self, owner: int, message: int) -> int | None:
        """The answer that a message has, if it is remembered: the newest thousands are."""
        with self.reading() as db:
            return answers.get(db, owner, message)

    def signatures(self, owner: int, embedder: str, dimension: int) -> Signatures:
        """All of the owner's vectors by one embedder, kept in memory until someone writes.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder.
            dimension: Length of its vectors; vectors of another length are passed over.

        Returns:
            The vectors, in no order that means anything.
        """
        return self._nearest.all(Space(owner, embedder, dimension))

    def nearest(
        self, owner: int, signature: NDArray[np.float32], embedder: str, k: int
    ) -> list[tuple[int, float]]:
        """The owner's scenes that resonate most with a signature: exact in a small archive, and in a large
        one found by an index of which the cosines are exact all the same.

        Args:
            owner: Whose scenes.
            signature: L2-normalised vector, shape (dimension,).
            embedder: Name of the embedder that made it.
            k: Most scenes to give.

        Returns:
            ``StoredScene.id`` and cosine of each, the nearest first.
        """
        return self._nearest.find(Space(owner, embedder, signature.size), signature, k)

    def unsigned(self, owner: int | None, embedder: str) -> int:
        """How many scenes can't be found by resonance, because they have no signature by an embedder.

        Args:
            owner: Whose scenes; None for everybody's.
            embedder: Name of the embedder.
        """
        with self.reading() as db:
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
        with self.reading() as db, transaction(db, "DEFERRED"):
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
        with self._writing(*{stored.owner for stored, _ in signed}) as db:
            for stored, vector in signed:
                if records.number(db, "SELECT count(*) FROM scenes WHERE id = ?", [stored.id]):
                    kept += signatures.keep(db, stored.owner, stored.id, embedder, vector)
        return kept

    def renew_indexes(self, embedder: str) -> None:
        """Bring the indexes of all large owners up to date, so that nobody waits for it when recalling.

        Args:
            embedder: Name of the embedder whose signatures are to be indexed.
        """
        with self.reading() as db:
            spaces = signatures.spaces(db, embedder)
        for space in spaces:
            self._nearest.renew(space)

    def zoning(self, owner: int, embedder: str) -> Zoning:
        """The owner's zones, as they were last kept.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder by whose signatures they were found.
        """
        with self.reading() as db, transaction(db, "DEFERRED"):
            return zones.load(db, owner, embedder)

    def keep_zoning(self, owner: int, embedder: str, zoning: Zoning) -> None:
        """Keep the owner's zones in place of those that were there.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder by whose signatures they were found.
            zoning: All of them. Scenes that were forgotten meanwhile are passed over.

        Raises:
            ArchiveError: They could not be kept; the archive is as it was.
        """
        with self._writing(owner) as db:
            zones.save(db, owner, embedder, zoning)

    def common_atoms(self, owner: int, scene_ids: Sequence[int]) -> list[Candidate]:
        """What some of the owner's scenes are made of.

        Args:
            owner: Whose scenes.
            scene_ids: ``StoredScene.id`` values; those of other owners are passed over.

        Returns:
            The atoms that most of them have, 300 at most.
        """
        with self.reading() as db:
            return zones.atoms(db, owner, scene_ids)

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
        with self._writing(owner) as db:
            vectors = [row for number in numbers for row in signatures.of_scene(db, owner, number)]
            gone = forgetting.forget(db, owner, numbers)
            self._nearest.forget(owner, vectors)
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
        with self._writing(owner) as db:
            vectors = signatures.of_owner(db, owner)
            gone = forgetting.forget_everything(db, owner)
            self._nearest.forget(owner, vectors)
        self._wipe()
        return gone

    def _wipe(self) -> None:
        try:
            # On a connection of its own, so that readers needn't wait.
            with self._writers, closing(open_database(self.path)) as db, faults(self.path):
                forgetting.wipe(db)
        except ArchiveError as error:
            if error.key == "archive-damaged":  # the worse news
                raise
            reason = error.params.get("reason", error.key)
            raise ArchiveError("forget-unwiped", path=str(self.path), reason=reason) from error

    def share(self, owner: int, number: int) -> str:
        """Make a link by which others may copy a scene, with all texts that it has by then.

        Args:
            owner: Whose scene.
            number: The ``42`` of ``SCN-42``.

        Returns:
            The link's token, which is not kept and can't be shown again.

        Raises:
            SceneError: ``scene-unknown-code`` if this owner has no such scene.
        """
        with self._writing(owner) as db:
            return shares.share(db, self._known(db, owner, number))

    def shares(self, owner: int) -> list[Share]:
        """The owner's scenes that have open links, by number."""
        with self.reading() as db:
            return shares.shares(db, owner)

    def unshare(self, owner: int, number: int) -> int:
        """Close all links to a scene. Copies that were taken stay.

        Args:
            owner: Whose scene.
            number: The ``42`` of ``SCN-42``.

        Returns:
            How many links there were.

        Raises:
            SceneError: ``scene-unknown-code`` if this owner has no such scene.
        """
        with self._writing(owner) as db:
            return shares.unshare(db, self._known(db, owner, number))

    def take(self, owner: int, token: str) -> Restored:
        """Copy a scene by a link to it, with its texts and vectors, under a number of one's own.

        Args:
            owner: Who will have the copy.
            token: What ``share`` gave to the other owner; any text is safe.

        Returns:
            What was new to this owner.

        Raises:
            ArchiveError: ``share-unknown`` if there is no such link, for whatever reason.
        """
        with self._writing(owner) as db:
            return shares.take(db, owner, token)

    @staticmethod
    def _known(db: Database, owner: int, number: int) -> StoredScene:
        found = records.select(db, "SELECT * FROM scenes WHERE owner = ? AND number = ?", [owner, number])
        if not found:
            raise SceneError("scene-unknown-code", code=mark.code(number))
        return found[0]

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
            restored = [exchange.restore(db, owner, entry) for entry in entries]
        spaces = Counter(
            Space(owner, entry.embedder, entry.signature.size)
            for entry in entries
            if entry.signature is not None
        )
        for space, count in spaces.items():
            self._nearest.signed(space, count)
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
                    stored, self.renderings(stored), self.dialogues(stored), self.measurements(stored)
                )
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

    def tally(self, owner: int) -> Tally:
        """What the owner's archive has come to.

        Args:
            owner: Whose archive.

        Returns:
            The numbers, all of one moment.
        """
        with self.reading() as db, transaction(db, "DEFERRED"):
            return tally.tally(db, owner)
