"""Tempo: how long a scene's lines or sentences breathe, set by its movement before any form (seed 7.3.1).

Every atom has a beat, 1 being an even one. Its phase says how it breathes, and the step that leads to it in
the space of meanings how it comes in: a leap cuts the line short, a small step lets it flow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex

from scene import words
from scene.atoms import Lang, Phase, Scene
from scene.signature import Vector

# Decay sinks slowly, awakening is sudden, action walks, return takes its time.
_BREATH = {Phase.DECAY: 1.15, Phase.AWAKENING: 0.75, Phase.ACTION: 1.0, Phase.RETURN: 1.2}
_LEAP = 0.6  # how much a step longer than the scene's others shortens a beat
_SHORT, _LONG = 0.87, 1.13  # beats below and above these are called so
_FAR = math.log(3)  # a line three times too long or too short keeps nothing of its beat

_RU_VOWEL = regex.compile(r"[аеёиоуыэюя]")
_EN_VOWELS = regex.compile(r"[aeiouy]+")
_EN_MUTE = regex.compile(r"(?<![aeiouyl])e$|(?<=[^aeiouytd])ed$")  # of "stone" and "seemed"
_NAMES = {
    Lang.RU: ("короткая", "ровная", "долгая"),
    Lang.EN: ("short", "even", "long"),
}


@dataclass(frozen=True, slots=True)
class Tempo:
    """Lengths of a text's parts, in relation to one another.

    Attributes:
        beats: One for each part, with a mean of 1.
    """

    beats: tuple[float, ...]

    def over(self, count: int) -> Tempo:
        """The same tempo for more or fewer parts: each takes the beats that fall into it.

        Args:
            count: How many parts, 1 at least.
        """
        edges = np.linspace(0, len(self.beats), count + 1)
        # The beats' running sum is linear inside a beat, so differences of it are exact means.
        total = np.interp(edges, np.arange(len(self.beats) + 1), np.concatenate([[0], np.cumsum(self.beats)]))
        return _even(np.diff(total))

    def closeness(self, parts: Sequence[str]) -> float:
        """How well lines or sentences keep this tempo, 0 to 1.

        One minus the mean distance of each part's length in syllables from what its beat asks, as a ratio:
        three times too long or too short is a distance of 1.
        """
        if not parts:
            return 0.0
        asked = self.over(len(parts)).beats
        far = [abs(math.log(a / b)) / _FAR for a, b in zip(asked, measured(parts).beats, strict=True)]
        return 1.0 - min(1.0, sum(far) / len(far))

    def named(self, lang: Lang) -> list[str]:
        """Each beat in a word: short, even or long."""
        short, even, long = _NAMES[Lang.RU if lang is Lang.RU else Lang.EN]
        return [short if beat < _SHORT else long if beat > _LONG else even for beat in self.beats]


def of_scene(scene: Scene, vectors: Vector) -> Tempo:
    """The tempo that a scene's movement sets.

    Args:
        scene: Its atoms' phases count.
        vectors: One L2-normalised row an atom, shape (n, d).

    Returns:
        A beat for each atom.
    """
    leaps = [1.0 - float(a @ b) for a, b in itertools.pairwise(vectors)]
    usual = sum(leaps) / len(leaps) if leaps else 0.0
    steps = [0.0, *(leap - usual for leap in leaps)]
    beats = [
        _BREATH[atom.phase] * math.exp(-_LEAP * step) for atom, step in zip(scene.atoms, steps, strict=True)
    ]
    return _even(np.array(beats))


def measured(parts: Sequence[str]) -> Tempo:
    """The tempo that lines or sentences have, by their syllables."""
    return _even(np.array([max(1, syllables(part)) for part in parts], dtype=float))


def syllables(text: str) -> int:
    """Syllables of a text: vowels in Russian, groups of vowels without a mute e in English."""
    return sum(_syllables(word) for word in words.words_of(text))


def _syllables(word: str) -> int:
    if words.language_of(word) is Lang.RU:
        return len(_RU_VOWEL.findall(word))
    return max(1, len(_EN_VOWELS.findall(_EN_MUTE.sub("", word))))


def _even(lengths: np.ndarray) -> Tempo:
    return Tempo(tuple(float(length) for length in lengths / lengths.mean()))
