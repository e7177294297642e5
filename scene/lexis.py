"""What a language knows about its words, ready for the lattice: one packed file a language.

``python -m scene.build_lexis`` makes the files; a language without one is built from ``wordfreq`` when it is
first asked for, which takes seconds.
"""

from __future__ import annotations

import functools
import tomllib
from array import array
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scene import evidence
from scene.evidence import Evidence
from scene.facts import (
    ASIDE,
    DATA,
    END,
    LETTER_STEP,
    LONGEST,
    PMI_LEAST,
    PMI_STEP,
    SPLIT_STEP,
    START,
    ZIPF_STEP,
    Facts,
    read,
)

_SLICE = 32_768


class Lexis:
    """A language's facts, weighed.

    Attributes:
        trie: The words.
        score: Each word's score, by id.
        fused: What taking the word apart in two costs, by id.
        traits: Each word's ``Trait`` bits, by id.
        grammar: Neighbours' traits say something in this language.
        pairs: PMI, in steps, of the pairs seen side by side, by key.
        pair_score: Score of a PMI, by steps.
        code: A letter's place in the alphabet.
        letters: Score of a third letter after two, flat.
        size: Letters in the alphabet.
    """

    def __init__(self, facts: Facts, weights: Evidence) -> None:
        self._facts = facts
        self.weights = {**weights, "own": evidence.OWN_SCORE}
        self.trie = facts.trie
        self.score = self._weigh(self._words)
        self.fused = self._weigh(self._fusions)
        self.traits = array("I", facts.traits.tobytes())
        self.grammar = bool((facts.traits & evidence.CASES).any())
        self.pairs = dict(zip(facts.pairs.tolist(), facts.pmi.tolist(), strict=True))
        self.pair_score = [self.weigh(evidence.of_bigram(PMI_LEAST + s * PMI_STEP)) for s in range(256)]
        self.size = len(facts.alphabet)
        self.code = {letter: place for place, letter in enumerate(facts.alphabet)}
        heard = weights.get("letter-model", 0.0) * -LETTER_STEP
        self.letters = array("f", (facts.letters.astype(np.float32) * np.float32(heard)).tobytes())
        self.shape = functools.lru_cache(8192)(self._shape)
        self.border = functools.lru_cache(1024)(self._border)
        self.neighbours = functools.lru_cache(65536)(self._neighbours)
        self.unknown = functools.lru_cache(512)(self._unknown)

    def weigh(self, found: Evidence) -> float:
        """The score of some evidence."""
        weights = self.weights
        return sum(weights.get(name, 0.0) * value for name, value in found.items())

    def shares(self, found: Evidence) -> Evidence:
        """What each piece of evidence adds to a score."""
        return {name: self.weights.get(name, 0.0) * value for name, value in found.items()}

    def word(self, number: int) -> Evidence:
        """Evidence of a known word.

        Args:
            number: Its id.
        """
        columns = self._words(slice(number, number + 1))
        return {name: float(column[0]) for name, column in columns.items() if column[0]}

    def fusion(self, number: int) -> Evidence:
        """Evidence against taking a known word apart."""
        columns = self._fusions(slice(number, number + 1))
        return {name: float(column[0]) for name, column in columns.items() if column[0]}

    def whole(self, number: int) -> Evidence:
        """Evidence that a known word that fills a run is that word."""
        return evidence.of_whole(float(self._facts.zipf[number]) * ZIPF_STEP, self.traits[number])

    def letter_model(self, word: str) -> float:
        """log10 of the probability that the language spells a word so."""
        other = self.code[ASIDE]
        codes = [self.code[START]] * 2 + [self.code.get(c, other) for c in word] + [self.code[END]]
        size, table = self.size, self._facts.letters
        return -LETTER_STEP * sum(
            int(table[(first * size + second) * size + third])
            for first, second, third in zip(codes, codes[1:], codes[2:], strict=False)
        )

    def codes(self, text: str) -> list[int]:
        """A text's letters as places in the alphabet, between its marks of start and end."""
        code, other = self.code, self.code[ASIDE]
        return [code[START]] * 2 + [code.get(c, other) for c in text] + [code[END]]

    def _weigh(self, columns: Callable[[slice], dict[str, NDArray[np.float32]]]) -> array[float]:
        total = array("f")
        # A slice at a time: all columns of all words at once would take a hundred megabytes.
        for begin in range(0, len(self._facts.length), _SLICE):
            part = columns(slice(begin, begin + _SLICE))
            weighed = sum(column * np.float32(self.weights.get(name, 0.0)) for name, column in part.items())
            total.frombytes(np.asarray(weighed, dtype=np.float32).tobytes())
        return total

    def _words(self, only: slice) -> dict[str, NDArray[np.float32]]:
        facts = self._facts
        zipf = facts.zipf[only] * np.float32(ZIPF_STEP)
        split = facts.split[only] * np.float32(SPLIT_STEP)
        return evidence.of_words(zipf, split, facts.length[only], facts.traits[only])

    def _fusions(self, only: slice) -> dict[str, NDArray[np.float32]]:
        return evidence.of_fusion(self._facts.zipf[only] * np.float32(ZIPF_STEP), self._facts.traits[only])

    def _shape(self, shape: str, known: bool, uncut: bool, alone: bool) -> float:
        return self.weigh(evidence.of_shape(shape, known, uncut, alone))

    def _border(self, around: str, camel: bool, size: int) -> float:
        return self.weigh(evidence.of_border(around, camel, size))

    def _neighbours(self, left: int, right: int) -> float:
        return self.weigh(evidence.of_neighbours(left, right))

    def _unknown(self, size: int) -> list[float]:
        """Score of an unknown word by its length in a run of ``size`` letters; no word has length 0."""
        lengths = range(1, LONGEST + 1)
        return [0.0] + [
            self.weigh(evidence.of_unknown(letters, letters == size, size)) for letters in lengths
        ]


@functools.cache
def load(lang: str) -> Lexis:
    """A language's lexis, read or built once.

    Args:
        lang: A language of ``wordfreq``.
    """
    return Lexis(facts(lang), weights(lang))


def weights(lang: str) -> Evidence:
    """The weights of a language; English ones for a language that has none of its own."""
    table = tomllib.loads((DATA / "weights.toml").read_text(encoding="utf-8"))
    found: dict[str, float] = table.get(lang, table["en"])
    return found


def facts(lang: str) -> Facts:
    """A language's facts, from its packed file or, without one, from ``wordfreq``."""
    packed = DATA / f"{lang}.npz"
    if not packed.is_file():
        from scene import build_lexis  # costs an import of every source, for languages without a file only

        return build_lexis.facts(lang)
    return read(packed)
