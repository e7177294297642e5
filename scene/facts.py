"""The facts about a language's words, and the packed file that keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import marisa_trie
import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).with_name("data")
LONGEST = 24  # letters; longer "words" are chains themselves
PAIR_SHIFT = 21  # a pair of words' key: first id, shifted, plus second id
# Facts are kept in bytes; a step is finer than anything that the weights could tell apart.
ZIPF_STEP = 1 / 25
SPLIT_STEP = 1 / 20
PMI_STEP = 1 / 40
PMI_LEAST = -1.0
LETTER_STEP = 1 / 40

ASIDE = "\x00"  # what stands in the letter model for every letter outside the alphabet
START, END = "^", "$"


@dataclass(frozen=True, slots=True)
class Facts:
    """A language's words as arrays, by the id that the trie gives a word.

    Attributes:
        trie: The words, in lower case, ``ё`` as ``е``, without apostrophes.
        zipf: log10 of frequency a billion words, in ``ZIPF_STEP``.
        split: How much likelier the word's own parts are, in decades, in ``SPLIT_STEP``.
        length: Letters.
        traits: ``Trait`` bits.
        pairs: Keys of the pairs that are often seen side by side, ascending.
        pmi: Their pointwise mutual information above ``PMI_LEAST``, in ``PMI_STEP``.
        alphabet: Letters of the letter model; start, end and "another" come first.
        letters: Minus log10 p(third letter | first two) in ``LETTER_STEP``, flat.
    """

    trie: marisa_trie.Trie
    zipf: NDArray[np.uint8]
    split: NDArray[np.int8]
    length: NDArray[np.uint8]
    traits: NDArray[np.uint32]
    pairs: NDArray[np.int64]
    pmi: NDArray[np.uint8]
    alphabet: str
    letters: NDArray[np.uint8]


def read(path: Path) -> Facts:
    """Facts from their packed file."""
    with path.open("rb") as stream, np.load(stream) as held:
        return Facts(
            trie=unpacked(held["trie"]),
            zipf=held["zipf"],
            split=held["split"],
            length=held["length"],
            traits=held["traits"],
            pairs=np.cumsum(held["pairs"]),
            pmi=held["pmi"],
            alphabet=held["alphabet"].tobytes().decode("utf-8"),
            letters=held["letters"],
        )


def unpacked(packed: NDArray[np.uint8]) -> marisa_trie.Trie:
    """A trie from its bytes, as a packed file holds them."""
    trie = marisa_trie.Trie()
    trie.frombytes(packed.tobytes())
    return trie


def write(facts: Facts, path: Path) -> None:
    """Pack facts into a file."""
    np.savez_compressed(
        path,
        trie=np.frombuffer(facts.trie.tobytes(), dtype=np.uint8),
        zipf=facts.zipf,
        split=facts.split,
        length=facts.length,
        traits=facts.traits,
        # Differences of ascending keys pack better than the keys.
        pairs=np.diff(facts.pairs, prepend=0),
        pmi=facts.pmi,
        alphabet=np.frombuffer(facts.alphabet.encode("utf-8"), dtype=np.uint8),
        letters=facts.letters,
    )
