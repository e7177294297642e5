"""Scenes whose kept texts resemble a text: mistyped, cut, quoted inside other words, or transliterated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from storage import texts
from storage.alignment import Alignment, align
from storage.archive import Archive
from storage.spelling import skeleton

_WINDOW, _STEP = 80, 50  # words that are looked at together; a rendering is rarely longer than their overlap
_MOST_WINDOWS = 160  # enough for the 35,000 bytes of the longest message
_MOST_PASSAGES = 40
_SURE = 0.9  # with a text so likely, nothing is looked for in its parts
_FEW_WORDS = 2
_BETWEEN = regex.compile(r"[.!?…:;\n]+")
_APART = regex.compile(
    r"«([^«»]{1,500})»|“([^“”]{1,500})”|„([^„“]{1,500})“|\"([^\"]{1,500})\""
    r"|(?:…|\.\.\.)\s*[\p{L}\p{M}]+"
    r"|(?:\p{Extended_Pictographic}[\p{M}\p{Sk}\u200d]*){2,}"
)
_CANDIDATES = 40  # texts that are aligned with a window, all windows together 10 times as many at most


@dataclass(frozen=True, slots=True)
class Near:
    """A scene with a text that resembles the one asked about.

    Attributes:
        scene_id: ``StoredScene.id``.
        text: The rendering.
        alignment: What they share.
    """

    scene_id: int
    text: str
    alignment: Alignment

    @property
    def probability(self) -> float:
        """How likely it is that the text asked about came from this scene, 0 to 1."""
        return probability(self.alignment)


def probability(found: Alignment) -> float:
    """Logistic regression on what two texts share; ``tests/bench/fit_reading.py`` fits it."""
    more, less = max(found.explained, found.covered), min(found.explained, found.covered)
    return 1 / (1 + math.exp(-(-27.6 + 18.9 * more + 7.7 * less + 2.8 * math.log1p(found.letters))))


def near(archive: Archive, owner: int, text: str, k: int = 5) -> list[Near]:
    """Look for scenes by what is left of a text.

    Args:
        archive: Where to look.
        owner: Whose scenes.
        text: Any text; of a very long one the first 8,000 words.
        k: Most scenes to give.

    Returns:
        Scenes, likeliest first, each once.

    Raises:
        ArchiveError: The archive can't be read.
    """
    best: dict[int, Near] = {}
    for windows in (list(_windows(skeleton(text))), [skeleton(passage) for passage in passages(text)]):
        for found in _found(archive, owner, windows):
            known = best.get(found.scene_id)
            if known is None or found.probability > known.probability:
                best[found.scene_id] = found
        if any(found.probability >= _SURE for found in best.values()):
            break
    return sorted(best.values(), key=lambda each: (-each.probability, each.scene_id))[:k]


def _found(archive: Archive, owner: int, windows: Sequence[Sequence[str]]) -> Iterator[Near]:
    limit = max(_CANDIDATES // 4, 10 * _CANDIDATES // max(10, len(windows)))
    for window in windows:
        with archive.reading() as db:
            candidates = texts.like(db, owner, window, limit)
        for scene_id, kept in candidates:
            yield Near(scene_id, kept, align(window, skeleton(kept)))


def passages(text: str) -> list[str]:
    """What stands apart in a text, and may be all that is left of another.

    Args:
        text: Any text.

    Returns:
        Quotations, several emoji together, an ellipsis with its word, and what lies between other signs if it
        is several words: at most 40, without any that is the whole text.
    """
    whole = text.strip()
    apart = [match.group(match.lastindex or 0) for match in _APART.finditer(whole)]
    between = [each for each in _BETWEEN.split(whole) if len(each.split()) > _FEW_WORDS]
    found = dict.fromkeys(each.strip() for each in (*apart, *between))
    return [each for each in found if each and each != whole][:_MOST_PASSAGES]


def _windows(words: Sequence[str]) -> Iterator[Sequence[str]]:
    for number, at in enumerate(range(0, max(1, len(words) - (_WINDOW - _STEP)), _STEP)):
        if number == _MOST_WINDOWS:
            return
        yield words[at : at + _WINDOW]
