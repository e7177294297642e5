"""Words out of a fused word: a lattice of known words, read along its likeliest path.

The score of a path is the sum of its words' log-probabilities (Norvig, "Natural Language Corpus Data",
in *Beautiful Data*, 2009). Frequencies are those of `wordfreq` (Speer 2022), per script.
"""

from __future__ import annotations

import functools
import math

import regex
import wordfreq

_LONGEST_WORD = 24  # letters; longer dictionary words are chains themselves
_UNKNOWN_LETTER = math.log(1 / 22)  # an unknown word pays this much a letter …
_UNKNOWN_WORD = math.log(1e-7)  # … and this much for being unknown
_SHORT_WORDS = {
    "ru": frozenset("а в и к о с у я".split()),
    "en": frozenset("a i o".split()),
}

_ALPHABETS = {"ru": ("а", "ё"), "en": ("a", "ɏ")}  # first letters; a regex for each word takes seconds

# Runs that can't be one word: another script, digits, and capitals inside a word (ПепелВспышка, USAToday).
_RUNS = regex.compile(
    r"\p{Cyrillic}[\p{Cyrillic}\p{M}’']*|\p{Latin}[\p{Latin}\p{M}’']*|\p{N}+|[\p{L}--\p{Cyrillic}--\p{Latin}][\p{L}\p{M}--\p{Cyrillic}--\p{Latin}]*",
    regex.V1,
)
_HUMPS = regex.compile(r"\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{M}’']+|\p{Lu}+|.", regex.V1)


def segment(text: str) -> list[str]:
    """Split a word without spaces into its words.

    Args:
        text: Letters and digits; anything else separates words.

    Returns:
        The words in order, spelled as in ``text``.
    """
    words: list[str] = []
    for run in _RUNS.findall(text):
        humps = _HUMPS.findall(run)
        # One capital at the start is a sentence's habit, not a hint; МОСКВА is one hump.
        parts = humps if len(humps) > 1 and all(len(hump) > 1 for hump in humps[1:]) else [run]
        for part in parts:
            words += _lattice(part)
    return words


def language(word: str) -> str | None:
    """The dictionary to look a word up in, by its script: ``ru``, ``en`` or None."""
    if regex.match(r"\p{Cyrillic}", word):
        return "ru"
    return "en" if regex.match(r"\p{Latin}", word) else None


@functools.cache
def _log_probabilities(lang: str) -> dict[str, float]:
    table = {}
    first, last = _ALPHABETS[lang]
    for word, frequency in wordfreq.get_frequency_dict(lang, wordlist="best").items():
        if len(word) > _LONGEST_WORD or not word.isalpha() or not first <= word[0] <= last:
            continue
        if len(word) == 1 and word not in _SHORT_WORDS[lang]:
            continue
        table[word] = math.log(frequency)
        if "ё" in word:  # people type е for ё
            table.setdefault(word.replace("ё", "е"), table[word])
    return table


def _lattice(word: str) -> list[str]:
    lang = language(word)
    if lang is None or len(word) == 1:
        return [word]
    known = _log_probabilities(lang)
    low = word.casefold() if len(word.casefold()) == len(word) else word
    size = len(low)
    best = [0.0] + [-math.inf] * size
    start = [0] * (size + 1)
    for end in range(1, size + 1):
        for begin in range(max(0, end - _LONGEST_WORD), end):
            piece = low[begin:end]
            score = known.get(piece)
            if score is None:
                score = _UNKNOWN_WORD + _UNKNOWN_LETTER * len(piece)
            if best[begin] + score > best[end]:
                best[end], start[end] = best[begin] + score, begin
    words: list[str] = []
    end = size
    while end:
        words.append(word[start[end] : end])
        end = start[end]
    words.reverse()
    return words
