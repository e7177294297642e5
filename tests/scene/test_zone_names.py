"""Names of zones."""

from __future__ import annotations

import numpy as np

from models.embedder import Embedder
from scene import signature, zone_names
from scene.atoms import Lang
from scene.zone_names import Candidate, Name

MEANING = 0.62


def name_of(embedder: Embedder, *atoms: str) -> Name:
    candidates = []
    for atom in atoms:
        cyrillic = "а" <= atom[0] <= "я"
        lang = Lang.RU if cyrillic else Lang.EN if atom.isascii() else Lang.EMOJI
        candidates.append(Candidate(atom, lang, 2))
    vectors = embedder.chain([signature.gloss(each.lemma, each.lang) for each in candidates])
    return zone_names.name(candidates, vectors, vectors.mean(axis=0), np.zeros(512, np.float32), MEANING)


def test_a_name_speaks_the_persons_language(embedder: Embedder) -> None:
    name = name_of(embedder, "море", "волна", "берег", "sea", "wave", "🌊")
    assert name.ru.startswith("🌊 ")
    assert set(name.ru.removeprefix("🌊 ").split(" · ")) <= {"море", "волна", "берег"}
    assert set(name.en.removeprefix("🌊 ").split(" · ")) <= {"sea", "wave"}
    assert set(name.rests_on) <= {"море", "волна", "берег", "sea", "wave", "🌊"}


def test_emoji_alone_are_called_by_their_names(embedder: Embedder) -> None:
    name = name_of(embedder, "🔥", "🌊")
    assert ("огонь" in name.ru, "fire" in name.en) == (True, True)


def test_words_of_the_other_language_are_better_than_none(embedder: Embedder) -> None:
    name = name_of(embedder, "number", "limit")
    assert name.ru == name.en
    assert set(name.ru.split(" · ")) <= {"number", "limit"}


def test_a_name_says_nothing_twice(embedder: Embedder) -> None:
    assert name_of(embedder, "fire", "flame", "flames").en.count("·") == 0
