"""Kept texts by what they say: the very same text, and texts of which something is left.

Each rendering has a key (``storage.spelling.key``), and its skeleton stands in an FTS5 index of trigrams.
The index finds candidates, :mod:`storage.alignment` looks closely.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from storage.spelling import key, skeleton

_TRIGRAMS = 64  # of a window, rarest first: more find no more
_POSTINGS = 200_000  # entries of the index that one query may read: a tenth of a second
_BATCH = 500  # SQLite bounds the number of question marks
_OWN = """
    SELECT 1 FROM rendering_trigrams t CROSS JOIN renderings r ON r.id = t.rowid
    CROSS JOIN scenes s ON s.id = r.scene_id
    WHERE rendering_trigrams MATCH ? AND s.owner = ? LIMIT 1
"""
_EMOJI = 3  # times an emoji is written: alone it would be in no trigram


def add(db: Database, rendering_id: int, text: str) -> None:
    """Index a rendering, in a writing transaction."""
    digest = key(text)
    if digest is not None:
        db.execute("INSERT INTO rendering_keys (rendering_id, key) VALUES (?, ?)", [rendering_id, digest])
    words = skeleton(text)
    if words:
        db.execute(
            "INSERT INTO rendering_trigrams (rowid, skeleton) VALUES (?, ?)", [rendering_id, written(words)]
        )


def same(db: Database, owner: int, text: str) -> list[int]:
    """Scenes of which this very text was written, but for case, spaces, punctuation and ``ё``.

    Args:
        db: The database.
        owner: Whose scenes.
        text: What to look for.

    Returns:
        Ids of scenes, each once, the one whose text is the latest first.
    """
    digest = key(text)
    rows = db.execute(
        """
        SELECT s.id FROM rendering_keys k JOIN renderings r ON r.id = k.rendering_id
        JOIN scenes s ON s.id = r.scene_id
        WHERE k.key = ? AND s.owner = ? GROUP BY s.id ORDER BY max(r.id) DESC
        """,
        [digest, owner],
    )
    return [scene_id for (scene_id,) in rows.fetchall()]


def like(db: Database, owner: int, words: Sequence[str], limit: int) -> list[tuple[int, str]]:
    """Texts that share rare trigrams with some words.

    Args:
        db: The database.
        owner: Whose texts.
        words: A window of a skeleton.
        limit: Most texts to give.

    Returns:
        Id of the scene and the text, best first by BM25: an order to look in, and no score, because it
        counts everybody's texts.
    """
    chosen = _rarest(db, owner, sorted(_trigrams(written(words))))
    if not chosen:
        return []
    expression = " OR ".join(f'"{trigram}"' for trigram in chosen)
    rows = db.execute(
        """
        SELECT r.scene_id, r.text FROM rendering_trigrams t CROSS JOIN renderings r ON r.id = t.rowid
        CROSS JOIN scenes s ON s.id = r.scene_id
        WHERE rendering_trigrams MATCH ? AND s.owner = ? ORDER BY t.rank LIMIT ?
        """,
        [expression, owner, limit],
    )
    return [(scene_id, text) for scene_id, text in rows.fetchall()]


def _rarest(db: Database, owner: int, trigrams: Sequence[str]) -> list[str]:
    """Those that occur in the owner's texts, as many of the rarest as one query may read.

    How rare they are is counted over everybody's texts, which bounds what is read. What only others have is
    left out, or their texts would take the places of the owner's own.
    """
    known: list[tuple[int, str]] = []
    for at in range(0, len(trigrams), _BATCH):
        batch = trigrams[at : at + _BATCH]
        marks = ", ".join("?" * len(batch))
        # What fts5vocab calls doc is how many texts have the term.
        known += db.execute(
            f"SELECT doc, term FROM rendering_trigram_counts WHERE term IN ({marks})", list(batch)
        ).fetchall()
    chosen: list[str] = []
    read = 0
    for count, trigram in sorted(known):
        read += count
        # The rarest of all is looked for, however common it is.
        if len(chosen) == _TRIGRAMS or read > max(count, _POSTINGS):
            break
        if db.execute(_OWN, [f'"{trigram}"', owner]).fetchall():
            chosen.append(trigram)
    return chosen


def written(words: Sequence[str]) -> str:
    """A skeleton as it stands in the index."""
    return f" {' '.join(word if word.isalnum() else word * _EMOJI for word in words)} "


def _trigrams(text: str) -> set[str]:
    return {text[at : at + 3] for at in range(len(text) - 2)}
