"""What speaks for and against a reading of a fused word, one small function a kind of evidence.

Each piece of evidence has a name and a value; a reading's score is the sum of value times weight (a
semi-Markov conditional random field: Sarawagi and Cohen, "Semi-Markov Conditional Random Fields for
Information Extraction", NIPS 2004). The weights are in ``data/weights.toml``; fitting them and explaining a
reading use the very functions that the lattice scores with.
"""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

Evidence = dict[str, float]

OWN_SCORE = 30.0  # a person's own word wins over anything that the lists say
LETTERS = 8  # longer words count as this long
_SIZES = (6, 9, 12, 16)  # letters of a run: short runs are mostly one word, long ones never
_COMMON = 5.0  # zipf above which words are mostly grammar, and names of things few
_LIKELIER = 4.0  # decades by which a word's parts may be likelier or unlikelier than the word


class Trait(IntFlag):
    """What a dictionary says about a word in any of its readings."""

    NOMINATIVE = 1
    GENITIVE = 1 << 1
    DATIVE = 1 << 2
    ACCUSATIVE = 1 << 3
    INSTRUMENTAL = 1 << 4
    LOCATIVE = 1 << 5
    NOUN = 1 << 6
    ADJECTIVE = 1 << 7
    VERB = 1 << 8
    IMPERATIVE = 1 << 9
    NAME = 1 << 10
    FUNCTION = 1 << 11
    OTHER = 1 << 12
    SINGULAR = 1 << 13
    PLURAL = 1 << 14
    # A preposition's government: the case bits, shifted.
    GOVERNS_GENITIVE = 1 << 17
    GOVERNS_DATIVE = 1 << 18
    GOVERNS_ACCUSATIVE = 1 << 19
    GOVERNS_INSTRUMENTAL = 1 << 20
    GOVERNS_LOCATIVE = 1 << 21
    DICTIONARY = 1 << 22
    COMBINING = 1 << 23
    INFLECTED = 1 << 24
    ODD = 1 << 25


CASES = 0b111111
GOVERNMENT_SHIFT = 16
_NUMBERS = int(Trait.SINGULAR | Trait.PLURAL)
_GOVERNS = CASES << GOVERNMENT_SHIFT
# A word counts as the first of these that it can be: a scene names things.
_CLASSES = (
    ("noun-nominative", Trait.NOUN | Trait.NOMINATIVE),
    ("noun-genitive", Trait.NOUN | Trait.GENITIVE),
    ("noun-accusative", Trait.NOUN | Trait.ACCUSATIVE),
    ("noun-oblique", Trait.NOUN),
    ("adjective", Trait.ADJECTIVE),
    ("verb", Trait.VERB),
    ("imperative", Trait.IMPERATIVE),
    ("name", Trait.NAME),
    ("function-word", Trait.FUNCTION),
    ("other-class", Trait.OTHER),
)


def of_words(
    zipf: NDArray[np.float32],
    split: NDArray[np.float32],
    length: NDArray[np.uint8],
    traits: NDArray[np.uint32],
) -> dict[str, NDArray[np.float32]]:
    """Evidence of known words, a column a kind, so that a whole dictionary is scored at once.

    Args:
        zipf: log10 of a word's frequency a billion words.
        split: By how many decades the best two or more words in it are likelier than the word itself;
            above zero, the "word" may be a chain that somebody typed without spaces (``seasalt``).
        length: Letters.
        traits: ``Trait`` bits.
    """

    def has(trait: int) -> NDArray[np.bool_]:
        return np.asarray((traits & np.uint32(trait)) == trait)

    listed = has(Trait.DICTIONARY)
    chain = np.clip(split, -_LIKELIER, _LIKELIER)
    columns: dict[str, NDArray[np.generic]] = {
        "known": np.ones_like(zipf),
        "zipf": zipf,
        "zipf-of-common": np.maximum(zipf - _COMMON, 0),
        "dictionary": listed,
        "dictionary-zipf": listed * zipf,
        "chain-in-dictionary": listed * np.maximum(chain, 0),
        "word-in-dictionary": listed * np.minimum(chain, 0),
        "chain": ~listed * np.maximum(chain, 0),
        "word": ~listed * np.minimum(chain, 0),
        "odd-letter": has(Trait.ODD),
        "combining-form": has(Trait.COMBINING),
        "inflected": has(Trait.INFLECTED),
    }
    for letters in range(1, LETTERS + 1):
        columns[f"letters-{letters}"] = np.minimum(length, LETTERS) == letters
    left = np.ones(len(zipf), dtype=np.bool_)
    for name, trait in _CLASSES:
        columns[name] = left & has(trait)
        left &= ~has(trait)
    return {name: column.astype(np.float32) for name, column in columns.items()}


def of_fusion(zipf: NDArray[np.float32], traits: NDArray[np.uint32]) -> dict[str, NDArray[np.float32]]:
    """Evidence against taking known words apart in two (``heart`` + ``beat``), for all at once."""
    listed = ((traits & np.uint32(Trait.DICTIONARY)) > 0).astype(np.float32)
    return {
        "fused-in-dictionary": listed,
        "fused-in-dictionary-zipf": listed * zipf,
        "fused": 1 - listed,
        "fused-zipf": (1 - listed) * zipf,
    }


def of_whole(zipf: float, traits: int) -> Evidence:
    """Evidence that a run is one known word and no chain."""
    listed = "-in-dictionary" if traits & Trait.DICTIONARY else ""
    return {f"whole{listed}": 1.0, f"whole{listed}-zipf": zipf}


def of_unknown(letters: int, whole: bool, size: int) -> Evidence:
    """Evidence of a word that no list has; ``letter-model``, its letters' log-probability, comes on top.

    Args:
        letters: Its length.
        whole: Nothing else is in the run.
        size: Letters of the run.
    """
    found = {
        "unknown": 1.0,
        "unknown-letters": float(letters),
        f"unknown-letters-{min(letters, LETTERS)}": 1.0,
        f"unknown-in-{_bucket(size)}": 1.0,
    }
    if whole:
        found["unknown-whole"] = 1.0
    return found


def of_shape(shape: str, known: bool, uncut: bool, alone: bool) -> Evidence:
    """Evidence of a word's capitals and digits.

    Args:
        shape: A letter a character: ``l`` lower case, ``U`` upper case, ``d`` digit.
        known: A list has the word.
        uncut: No capital stands right before or after it.
        alone: It is the whole run.
    """
    size = len(shape)
    if "d" in shape:
        if shape == "d" * size:
            return {"digits": 1.0, "digit": float(size == 1)}
        return {
            "digit-letter": float("dl" in shape or "dU" in shape),
            "letter-digit": float("ld" in shape or "Ud" in shape),
            "digits-and-letters": float(not known),
            "digits-and-letters-known": float(known),
            "digits-and-letters-size": float(size),
        }
    found: Evidence = {}
    if size > 1 and shape == "U" * size:
        found["capitals"] = 1.0
        if not known:
            found |= {"capitals-unknown": 1.0, "capitals-unknown-letters": float(size)}
        if uncut:
            found["capitals-uncut"] = 1.0
        if alone:
            found |= {"capitals-alone": 1.0, "capitals-alone-letters": float(size)}
    elif size > 1 and shape == "U" + "l" * (size - 1):
        found["title"] = 1.0
        if not known:
            found["title-unknown"] = 1.0
    elif "U" in shape[1:]:
        found = {
            "capital-inside": 1.0,
            "hump-inside": float(shape.count("lU")),
            "abbreviation-inside": float("UUl" in shape),
        }
    return found


def of_border(around: str, camel: bool, size: int) -> Evidence:
    """Evidence of a border between two words.

    Args:
        around: Shapes of the two characters before it and the two after it (blank past the ends).
        camel: The run has a capital after a small letter somewhere, so that its writer marks borders.
        size: Letters of the run.
    """
    before, after = around[1], around[2]
    name = f"border-{before}{after}"
    if name == "border-ll":
        name += "-camel" if camel else ""
    elif name == "border-Ul":
        name += "-capitals" if around[0] == "U" else ""
    elif name == "border-UU":
        name += "-title" if around[3] == "l" else ""
    found = {"border": 1.0, name: 1.0}
    if not camel:
        found[f"border-in-{_bucket(size)}"] = 1.0
    return found


def of_neighbours(left: int, right: int) -> Evidence:
    """Evidence of grammar between two known words, by their traits.

    Args:
        left: ``Trait`` bits of the first word; 0 before the first word of a run.
        right: And of the second; 0 after the last word of a run.
    """
    governed = (left & _GOVERNS) >> GOVERNMENT_SHIFT
    if governed:
        if not right:
            return {"governs-nothing": 1.0}
        return {"governed": 1.0} if governed & right else {"not-governed": 1.0}
    if left & Trait.ADJECTIVE and right & Trait.NOUN:
        agree = left & right & CASES and left & right & _NUMBERS
        return {"agreement": 1.0} if agree else {"no-agreement": 1.0}
    if right & Trait.NOUN and not left & Trait.VERB:
        if right & Trait.NOMINATIVE:
            return {"noun-noun": 1.0} if left & Trait.NOUN else {}
        if right & Trait.GENITIVE and left & Trait.NOUN:
            return {"noun-of-noun": 1.0}
        return {"noun-stray-case": 1.0}
    return {}


def of_bigram(pmi: float) -> Evidence:
    """Evidence of two words that are often seen side by side; ``pmi`` in decades."""
    return {"bigram": 1.0, "bigram-pmi": pmi}


def _bucket(size: int) -> str:
    return next((f"{limit}-letters" for limit in _SIZES if size <= limit), "long")


# What a person is told instead of evidence's names: the topic with the longest beginning in common.
_TOPICS = {
    "frequency": "known zipf dictionary",
    "whole": "whole unknown-whole",
    "chain": "chain word fused",
    "length": "letters- odd-letter",
    "unknown": "unknown letter-model",
    "borders": "border",
    "capitals": "capital title hump abbreviation border-U border-lU border-ll-camel",
    "digits": "digit letter-digit border-d border-ld border-Ud",
    "collocation": "bigram",
    "grammar": "governed governs not-governed agreement no-agreement noun-noun noun-of-noun noun-stray-case",
    "form": "noun adjective verb imperative name function-word other-class inflected",
    "combining": "combining-form",
    "own": "own",
}
_BEGINNINGS = {beginning: topic for topic, names in _TOPICS.items() for beginning in names.split()}
TOPICS = tuple(_TOPICS)


def topic(name: str) -> str:
    """What a piece of evidence is about, one of ``TOPICS``.

    Args:
        name: The evidence's name.
    """
    return _BEGINNINGS[max(filter(name.startswith, _BEGINNINGS), key=len)]
