"""What a zone is called: by those of its atoms that lie nearest to its centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scene import emoji
from scene.atoms import Lang
from scene.signature import Vector

_WORDS = 2  # in a name, beside an emoji
_FREQUENT = 0.25  # power of an atom's frequency that weighs beside its nearness
_OTHER_LANGUAGES = {Lang.RU: Lang.EN, Lang.EN: Lang.RU}

SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Candidate:
    """An atom of a zone.

    Attributes:
        lemma: Its lemma; for an emoji, the emoji.
        lang: Its language.
        count: In how many of the zone's scenes it stands.
    """

    lemma: str
    lang: Lang
    count: int


@dataclass(frozen=True, slots=True)
class Name:
    """A zone's name in both languages.

    Attributes:
        ru: For who speaks Russian: ``🌊 море · берег``.
        en: For everybody else.
        rests_on: Lemmas that it is made of: while the zone has them all, it keeps its name.
    """

    ru: str
    en: str
    rests_on: tuple[str, ...]

    def of(self, lang: Lang) -> str:
        """The name in a language."""
        return self.ru if lang is Lang.RU else self.en


def name(
    candidates: Sequence[Candidate], vectors: Vector, centre: Vector, common: Vector, meaning: float
) -> Name:
    """Name a zone.

    Args:
        candidates: Its atoms, the most frequent first, one at least.
        vectors: Their meanings, unit vectors, shape (n, d).
        centre: Mean meaning of the zone's scenes, shape (d,).
        common: Mean meaning of all scenes, shape (d,): a zone is called by what sets it apart.
        meaning: Cosine from which two atoms mean the same; a name says nothing twice.
    """
    direction = centre - common
    if np.linalg.norm(direction) < 1e-3:  # there is nothing but this zone
        direction, common = centre, np.zeros_like(common)
    apart = vectors - common
    lengths = np.linalg.norm(apart, axis=1) * np.linalg.norm(direction)
    nearness = np.clip(apart @ direction / np.maximum(lengths, 1e-9), 1e-3, None)
    scores = nearness * np.array([each.count for each in candidates]) ** _FREQUENT
    ranked = [int(i) for i in np.argsort(-scores, kind="stable")]
    names, rests_on = {}, []
    for lang in (Lang.RU, Lang.EN):
        names[lang], used = _name_in(lang, candidates, vectors, ranked, meaning)
        rests_on += [candidates[i].lemma for i in used]
    return Name(names[Lang.RU], names[Lang.EN], tuple(dict.fromkeys(rests_on)))


def _name_in(
    lang: Lang, candidates: Sequence[Candidate], vectors: Vector, ranked: Sequence[int], meaning: float
) -> tuple[str, list[int]]:
    own = _unlike([i for i in ranked if candidates[i].lang is lang], vectors, meaning)[:_WORDS]
    emoji_first = [i for i in ranked if candidates[i].lang is Lang.EMOJI][:1]
    words = [candidates[i].lemma for i in own]
    used = [*emoji_first, *own]
    if not words:
        # Emoji have names in every language; words of the other one are better than none.
        pictures = _unlike([i for i in ranked if candidates[i].lang is Lang.EMOJI], vectors, meaning)[:_WORDS]
        foreign = _unlike(
            [i for i in ranked if candidates[i].lang is _OTHER_LANGUAGES[lang]], vectors, meaning
        )
        words = [emoji.name(candidates[i].lemma, lang) for i in pictures]
        if not words:
            words = [candidates[i].lemma for i in foreign[:_WORDS]]
        used = [*emoji_first, *(pictures or foreign[:_WORDS])]
    head = "".join(f"{candidates[i].lemma} " for i in emoji_first)
    return head + SEPARATOR.join(dict.fromkeys(words)), used


def _unlike(ranked: Sequence[int], vectors: Vector, meaning: float) -> list[int]:
    """Those that mean nothing that one before them means."""
    kept: list[int] = []
    for i in ranked:
        if all(float(vectors[i] @ vectors[j]) < meaning for j in kept):
            kept.append(i)
    return kept
