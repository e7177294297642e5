"""What the archive holds, and how it lies in the tables: each function here is one step of a transaction
that somebody else in ``storage`` has opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from scene import mark
from scene.atoms import Atom, Kind, Lang, Phase, Scene
from scene.choice import By, Reason
from scene.errors import ArchiveError, SceneError
from storage import signatures, texts
from storage.database import damage
from storage.words import folded

_RENDERING = (
    "form, persona, r.lang, text, model, seed, resonance, coverage, candidates, seconds, r.created_at, "
    "chosen_by, reason"
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Rendering:
    """One text for one scene in one form.

    Attributes:
        form: Id of the form, for example ``poem``.
        persona: Id of the persona that voiced it.
        lang: Language of the text.
        text: The text, without its mark.
        model: Id of the model that wrote it.
        seed: The seed it was sampled with.
        resonance: How likely the text says its scene, by their signatures; None if not measured.
        coverage: Share of the scene's atoms found in the text, 0 to 1; None if not measured.
        candidates: How many texts it was chosen from.
        seconds: Time it took to write.
        created_at: When it was written.
        chosen_by: Who or what chose the form; None for a text older than that question.
        reason: Why, if that is known.
    """

    form: str
    persona: str
    lang: Lang
    text: str
    model: str
    seed: int
    resonance: float | None
    coverage: float | None
    candidates: int
    seconds: float
    created_at: datetime = field(default_factory=_now)
    chosen_by: By | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class StoredScene:
    """A scene in the archive.

    Attributes:
        id: Row in the archive; never shown to a person.
        owner: Whose it is.
        number: Its number among the owner's scenes, from 1; never given again once forgotten.
        scene: The scene itself, as it was first sent.
        created_at: When it was first kept.
    """

    id: int
    owner: int
    number: int
    scene: Scene
    created_at: datetime

    @property
    def code(self) -> str:
        """The scene's name for people: ``SCN-42``."""
        return f"SCN-{self.number}"


def number(db: Database, sql: str, parameters: Sequence[int | str]) -> int:
    """The one number that a query gives."""
    [(value,)] = db.execute(sql, parameters).fetchall()
    return int(value)


def _identity(scene: Scene) -> bytes:
    # Of the texts alone: a better lemmatizer must not turn a known scene into a new one.
    chain = json.dumps([atom.text for atom in scene.atoms])
    return hashlib.sha256(chain.encode()).digest()


def keep(
    db: Database,
    owner: int,
    scene: Scene,
    signature: NDArray[np.float32] | None,
    embedder: str,
    created_at: datetime | None = None,
) -> StoredScene:
    """Keep a scene, unless its chain of atoms is known, and its signature.

    Args:
        db: The database, in a writing transaction.
        owner: Whose scene it is.
        scene: The scene.
        signature: Its L2-normalised vector, shape (dimension,), if there is one.
        embedder: Name of the embedder that made the signature.
        created_at: When the scene was first kept, if not now.

    Returns:
        The scene as it is in the archive.
    """
    known = select(db, "SELECT * FROM scenes WHERE owner = ? AND identity = ?", [owner, _identity(scene)])
    stored = known[0] if known else _insert_scene(db, owner, scene, created_at or _now())
    if signature is not None:
        signatures.keep(db, owner, stored.id, embedder, signature)
    return stored


def _insert_scene(db: Database, owner: int, scene: Scene, created_at: datetime) -> StoredScene:
    db.execute(
        "INSERT INTO owners VALUES (?, 1) ON CONFLICT (owner) DO UPDATE SET last_number = last_number + 1",
        [owner],
    )
    last = number(db, "SELECT last_number FROM owners WHERE owner = ?", [owner])
    row = [owner, last, _identity(scene), scene.source, scene.mnemonic, scene.lang, scene.kind]
    scene_id = db.execute(
        """
        INSERT INTO scenes (owner, number, identity, source, mnemonic, lang, kind, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [*row, created_at.isoformat()],
    ).lastrowid
    assert scene_id is not None
    for position, atom in enumerate(scene.atoms):
        db.execute(
            "INSERT INTO atoms VALUES (?, ?, ?, ?, ?, ?)",
            [scene_id, position, atom.text, atom.lemma, atom.lang, atom.phase],
        )
    indexed = [scene.mnemonic, *(word for atom in scene.atoms for word in (atom.text, atom.lemma))]
    db.execute(
        "INSERT INTO scene_words (rowid, words) VALUES (?, ?)",
        [scene_id, folded(" ".join(dict.fromkeys(indexed)))],
    )
    return StoredScene(scene_id, owner, last, scene, created_at)


def add_rendering(db: Database, stored: StoredScene, rendering: Rendering) -> int:
    """Add a text to a scene's versions; the id of its row."""
    rendering_id = db.execute(
        """
        INSERT INTO renderings (scene_id, form, persona, lang, text, model, seed, resonance, coverage,
                                candidates, seconds, created_at, chosen_by, reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            stored.id,
            rendering.form,
            rendering.persona,
            rendering.lang,
            rendering.text,
            rendering.model,
            rendering.seed,
            # A NumPy scalar would be stored as its bytes.
            None if rendering.resonance is None else float(rendering.resonance),
            None if rendering.coverage is None else float(rendering.coverage),
            rendering.candidates,
            float(rendering.seconds),
            rendering.created_at.isoformat(),
            rendering.chosen_by,
            rendering.reason.dump() if rendering.reason else None,
        ],
    ).lastrowid
    db.execute(
        "INSERT INTO rendering_words (rowid, words) VALUES (?, ?)", [rendering_id, folded(rendering.text)]
    )
    assert rendering_id is not None
    texts.add(db, rendering_id, rendering.text)
    return rendering_id


def select(db: Database, chosen: str, parameters: Sequence[int | str | bytes]) -> list[StoredScene]:
    """Scenes with their atoms.

    Args:
        db: The database.
        chosen: A query for rows of ``scenes``.
        parameters: Values for its question marks.

    Returns:
        The scenes, by number.
    """
    rows = db.query(
        f"""
        SELECT s.id, s.owner, s.number, s.source, s.mnemonic, s.lang, s.kind, s.created_at,
               a.text, a.lemma, a.lang AS atom_lang, a.phase
        FROM ({chosen}) s JOIN atoms a ON a.scene_id = s.id
        ORDER BY s.number, s.id, a.position
        """,
        parameters,
    )
    return [_stored(list(group)) for _, group in groupby(rows, key=itemgetter("id"))]


def _stored(rows: list[dict[str, Any]]) -> StoredScene:
    """A scene from its rows, one for each atom."""
    first = rows[0]
    with damage():
        atoms = tuple(
            Atom(row["text"], row["lemma"], Lang(row["atom_lang"]), Phase(row["phase"])) for row in rows
        )
        scene = Scene(first["source"], atoms, Lang(first["lang"]), Kind(first["kind"]), first["mnemonic"])
        created_at = datetime.fromisoformat(first["created_at"])
    return StoredScene(first["id"], first["owner"], first["number"], scene, created_at)


def must_be_there(db: Database, stored: StoredScene) -> None:
    """See that a scene still is its owner's, before something is added to it.

    Raises:
        ArchiveError: ``archive-scene-gone``.
    """
    if not number(db, "SELECT count(*) FROM scenes WHERE id = ? AND owner = ?", [stored.id, stored.owner]):
        raise ArchiveError("archive-scene-gone", code=stored.code)


def by_number(db: Database, owner: int, asked: int) -> StoredScene:
    """The owner's scene with a number.

    Raises:
        SceneError: ``scene-unknown-code`` if this owner has no such scene.
    """
    found = select(db, "SELECT * FROM scenes WHERE owner = ? AND number = ?", [owner, asked])
    if not found:
        raise SceneError("scene-unknown-code", code=mark.code(asked))
    return found[0]


def renderings(db: Database, stored: StoredScene) -> list[Rendering]:
    """All versions of a scene's text, oldest first."""
    rows = db.query(
        f"""
        SELECT {_RENDERING} FROM renderings r JOIN scenes s ON s.id = r.scene_id
        WHERE s.id = ? AND s.owner = ? ORDER BY r.id
        """,
        [stored.id, stored.owner],
    )
    return list(map(_rendering, rows))


def rendering(db: Database, rendering_id: int) -> Rendering:
    """The text in a row of ``renderings``, which is there."""
    (row,) = db.query(f"SELECT {_RENDERING} FROM renderings r WHERE r.id = ?", [rendering_id])
    return _rendering(row)


def last_renderings(db: Database, owner: int, count: int) -> list[tuple[int, Rendering]]:
    """An owner's last texts, newest first, each with its scene's number."""
    rows = db.query(
        f"""
        SELECT s.number, {_RENDERING} FROM renderings r JOIN scenes s ON s.id = r.scene_id
        WHERE s.owner = ? ORDER BY r.id DESC LIMIT ?
        """,
        [owner, count],
    )
    return [(row.pop("number"), _rendering(row)) for row in rows]


def _rendering(row: dict[str, Any]) -> Rendering:
    with damage():
        return Rendering(
            **row
            | {
                "lang": Lang(row["lang"]),
                "created_at": datetime.fromisoformat(row["created_at"]),
                "chosen_by": By(row["chosen_by"]) if row["chosen_by"] else None,
                "reason": Reason.load(row["reason"]) if row["reason"] else None,
            }
        )
