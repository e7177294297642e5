"""Finding scenes again: by code, by words, by resonance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scene.atoms import Scene
from scene.calibration import Pair, is_calibrated, probability
from storage.archive import Archive
from storage.records import StoredScene
from storage.words import folded, words

How = Literal["code", "words", "resonance"]

_CANDIDATES = 200  # best matches of each full-text index that are looked at closely
_MOST_TERMS = 256  # of a long query; SQLite bounds the size of an expression
_OWN_WORDS = 0.95  # a scene's own words say more about it than the words of its texts,
_TEXT_WORDS = 0.85  # and neither is quite the scene itself, which scores 1
_RARITY = 0.1  # part of a words score that comes from how rare the words are
_FAR = 0.05  # a scene less likely than this is not offered: almost all strangers are

# Of two scenes with one score, the one found in the surer way comes first.
_SUREST_FIRST: dict[How, int] = {"code": 0, "words": 1, "resonance": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is looked for.

    Attributes:
        text: What the person asked, without its code if it had one; may be empty.
        number: The ``42`` of ``SCN-42``, if the question had a code.
        scene: The text read as a scene, if it can be: its atoms and lemmas are looked for instead of the
            text's plain words.
        signature: L2-normalised vector of the text, shape (dimension,), if resonance is wanted.
        embedder: Name of the embedder that made the signature.
    """

    text: str
    number: int | None = None
    scene: Scene | None = None
    signature: NDArray[np.float32] | None = None
    embedder: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A scene that was found.

    Attributes:
        stored: The scene.
        score: From 0 to 1; 1 is the very scene that was asked for.
        how: The way of finding that gave this score.
    """

    stored: StoredScene
    score: float
    how: How


def recall(archive: Archive, owner: int, query: Query, k: int = 5) -> list[Hit]:
    """Find the owner's scenes that best answer a query.

    Every way of finding is tried, and a scene found in several ways keeps its best score. A code
    and an exact mnemonic score 1; words score the share of the query that was found, rare words counting a
    little more; resonance scores how likely the kept scene is the one asked for (`scene.calibration`), and
    what is far is not found. By an embedder that is not calibrated it scores the cosine, and what points the
    other way is not found.

    Args:
        archive: Where to look.
        owner: Whose scenes.
        query: What to look for; any text is safe.
        k: Most hits to give.

    Returns:
        Hits, best first, each scene once.

    Raises:
        ArchiveError: The archive can't be read.
    """
    best: dict[int, tuple[float, How]] = {}
    for scene_id, score, how in _found(archive, owner, query, k):
        if score > 0 and (scene_id not in best or score > best[scene_id][0]):
            best[scene_id] = (score, how)
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], _SUREST_FIRST[item[1][1]], item[0]))[:k]
    # Another process may have forgotten one since it was found.
    stored = {scene.id: scene for scene in archive.by_ids(owner, [scene_id for scene_id, _ in ranked])}
    return [Hit(stored[scene_id], *found) for scene_id, found in ranked if scene_id in stored]


def _found(archive: Archive, owner: int, query: Query, k: int) -> Iterator[tuple[int, float, How]]:
    """Everything found, the surer ways first; a scene may come several times."""
    if query.number is not None and (stored := archive.scene(owner, query.number)):
        yield stored.id, 1.0, "code"
    # A lone surrogate (invalid UTF-8 on stdin) can't even be looked for.
    text = query.text.strip().encode(errors="replace").decode()
    for mnemonic in {text, query.scene.mnemonic if query.scene else ""} - {""}:
        if stored := archive.by_mnemonic(owner, mnemonic):
            yield stored.id, 1.0, "words"
    if terms := _terms(query):
        for scene_id, score in _by_words(archive, owner, terms):
            yield scene_id, score, "words"
    if query.signature is not None:
        pair = Pair.SCENES if query.scene else Pair.TEXT
        far, among = (_FAR if is_calibrated(query.embedder) else 0.0), archive.count(owner)
        for scene_id, cosine in archive.nearest.find(owner, query.embedder, query.signature, k):
            score = probability(cosine, pair, query.embedder, among)
            if score > far:
                yield scene_id, score, "resonance"


def _terms(query: Query) -> list[frozenset[str]]:
    """What to look for, each term in all its spellings: an atom's word and its lemma."""
    if query.scene:
        spellings = [words(folded(f"{atom.text} {atom.lemma}")) for atom in query.scene.atoms]
    else:
        spellings = [[word] for word in words(folded(query.text))]
    return list(dict.fromkeys(frozenset(term) for term in spellings if term))[:_MOST_TERMS]


def _by_words(archive: Archive, owner: int, terms: list[frozenset[str]]) -> Iterator[tuple[int, float]]:
    # Inside double quotes FTS5 has no operators, and a word holds no quote.
    expression = " OR ".join(f'"{word}"' for word in sorted(frozenset().union(*terms)))
    with archive.reading() as db:
        # CROSS JOIN keeps SQLite from asking the index once for each of the owner's scenes.
        by_own_words = db.execute(
            """
            SELECT s.id, words
            FROM scene_words CROSS JOIN scenes s ON s.id = scene_words.rowid
            WHERE scene_words MATCH ? AND s.owner = ? ORDER BY bm25(scene_words) LIMIT ?
            """,
            [expression, owner, _CANDIDATES],
        ).fetchall()
        by_text_words = db.execute(
            """
            SELECT s.id, words
            FROM rendering_words CROSS JOIN renderings r ON r.id = rendering_words.rowid
            CROSS JOIN scenes s ON s.id = r.scene_id
            WHERE rendering_words MATCH ? AND s.owner = ? ORDER BY bm25(rendering_words) LIMIT ?
            """,
            [expression, owner, _CANDIDATES],
        ).fetchall()
    for rows, weight in ((by_own_words, _OWN_WORDS), (by_text_words, _TEXT_WORDS)):
        found = [(scene_id, frozenset(words(indexed))) for scene_id, indexed in rows]
        # How rare a word is among the owner's own scenes: bm25 counts everybody's, and its figure would tell
        # which words other owners use.
        rarity = {term: 1 / max(sum(not term.isdisjoint(has) for _, has in found), 1) for term in terms}
        for scene_id, has in found:
            present = [term for term in terms if not term.isdisjoint(has)]
            rare = sum(rarity[term] for term in present) / max(len(present), 1)
            yield scene_id, weight * len(present) / len(terms) * (1 - _RARITY + _RARITY * rare)
