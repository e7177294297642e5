"""Words out of a fused word (``шагвтемноту`` → шаг, в, темноту), and why these.

The text is cut where no word can go on (separators, another script); what is left is read as a lattice
(``scene.lattice``) in the languages that are written in its script.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from scene import lexis
from scene.evidence import Evidence
from scene.lattice import Cuts, Lattice
from scene.lexis import Lexis

LANGUAGES = ("ru", "en")
# Scripts as Unicode's character names begin; other languages of wordfreq are written in Latin letters.
_SCRIPTS = {
    "Cyrillic": "ru uk bg mk",
    "Arabic": "ar fa ur",
    "Bengali": "bn",
    "Cjk": "zh ja",
    "Devanagari": "hi",
    "Greek": "el",
    "Hangul": "ko",
    "Hebrew": "he",
    "Tamil": "ta",
}
_SCRIPT_OF = {lang: script for script, langs in _SCRIPTS.items() for lang in langs.split()}

# A letter with what hangs on it: accents, and apostrophes inside words (don’t).
_LETTER = regex.compile(r"[\p{L}\p{N}][\p{M}’']*+")
# What one lattice reads: letters of one script with the digits among them; another script or digits alone.
_RUNS = regex.compile(
    r"""
      (?:\p{N}[\p{N}\p{M}’']*+)?+ \p{Cyrillic} [\p{Cyrillic}\p{N}\p{M}’']*+
    | (?:\p{N}[\p{N}\p{M}’']*+)?+ \p{Latin} [\p{Latin}\p{N}\p{M}’']*+
    | \p{N}[\p{N}\p{M}’']*+
    | [\p{L}--[\p{Cyrillic}\p{Latin}]] [[\p{L}\p{M}’']--[\p{Cyrillic}\p{Latin}]]*+
    """,
    regex.VERBOSE | regex.V1,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a fused word.

    Attributes:
        words: The words in order, spelled as in the text.
        score: The higher, the likelier; two readings of one text compare as log-odds.
        decided: What weighed most against the next best reading (for the best one) or against the best
            (for the others): names of evidence with their share of the difference, the greatest first.
    """

    words: tuple[str, ...]
    score: float
    decided: tuple[tuple[str, float], ...]


def segment(
    text: str, *, own: frozenset[str] = frozenset(), languages: Sequence[str] = LANGUAGES
) -> list[str]:
    """Split a word without spaces into its words.

    Args:
        text: Letters and digits; anything else separates words.
        own: A person's own words, preferred to any other reading.
        languages: Languages of ``wordfreq`` to read in, each where its script is.

    Returns:
        The words in order, spelled as in ``text``.
    """
    own = frozenset(spell(_LETTER.findall(word)) for word in own)
    words: list[str] = []
    for letters in runs(text):
        lattices = _lattices(letters, own, languages) if len(letters) > 1 else ()
        read = [lattice.best() for _, lattice in lattices]
        words += _cut(letters, max(read)[1] if read else (len(letters),))
    return words


def readings(
    text: str, k: int = 5, *, own: frozenset[str] = frozenset(), languages: Sequence[str] = LANGUAGES
) -> list[Reading]:
    """The likeliest ways to read a word without spaces, and what decided between them.

    Args:
        text: As for ``segment``.
        k: How many readings at most.
        own: As for ``segment``.
        languages: As for ``segment``.

    Returns:
        Readings, the best first. The margin is the difference of the first two scores.
    """
    own = frozenset(spell(_LETTER.findall(word)) for word in own)
    found: list[tuple[float, list[str], Evidence]] = [(0.0, [], {})]
    for letters in runs(text):
        here: list[tuple[float, list[str], Evidence]] = []
        for known, lattice in _lattices(letters, own, languages) if len(letters) > 1 else ():
            for score, ends in itertools.islice(lattice.ranked(), k):
                here.append((score, _cut(letters, ends), known.shares(lattice.evidence(ends))))
        here = here or [(0.0, _cut(letters, (len(letters),)), {})]
        joined = [
            (score + more, words + further, _add(shares, others))
            for score, words, shares in found
            for more, further, others in here
        ]
        found = sorted(joined, key=lambda reading: -reading[0])[:k]
    return [
        Reading(tuple(words), score, _decided(shares, found[min(1, len(found) - 1) if rank == 0 else 0][2]))
        for rank, (score, words, shares) in enumerate(found)
    ]


def runs(text: str) -> Iterator[Sequence[str]]:
    """Parts of the text that one lattice reads: their characters, each with what hangs on it."""
    for run in _RUNS.findall(text):
        letters = run if run.isalnum() else _LETTER.findall(run)
        if letters:
            yield letters


def _lattices(
    letters: Sequence[str], own: frozenset[str], languages: Sequence[str]
) -> Iterator[tuple[Lexis, Lattice]]:
    """A lattice for every language that is written like the run; none for a run of digits."""
    script = _script(letters)
    spelled, shape = spell(letters), shape_of(letters)
    for language in languages:
        if script and _SCRIPT_OF.get(language, "Latin") == script:
            known = lexis.load(language)
            yield known, Lattice(known, spelled, shape, own)


def _script(letters: Sequence[str]) -> str | None:
    first = next((letter[0] for letter in letters if letter[0].isalpha()), None)
    return unicodedata.name(first, "").split(" ")[0].capitalize() if first else None


def spell(letters: Sequence[str]) -> str:
    """A run as the lexis spells it, a character a letter: lower case, no ё, nothing that hangs on letters."""
    if isinstance(letters, str) and len(lower := letters.lower()) == len(letters):
        return lower.replace("ё", "е")
    bare = (unicodedata.normalize("NFC", letter)[0].lower()[0] for letter in letters)
    return "".join(bare).replace("ё", "е")


def shape_of(letters: Sequence[str]) -> str:
    """A run's shape, a letter a character: ``l`` lower case, ``U`` upper case, ``d`` digit."""
    if isinstance(letters, str) and letters.islower() and letters.isalpha():
        return "l" * len(letters)
    return "".join("d" if not each[0].isalpha() else "U" if each[0].isupper() else "l" for each in letters)


def _cut(letters: Sequence[str], ends: Cuts) -> list[str]:
    return ["".join(letters[begin:end]) for begin, end in itertools.pairwise((0, *ends))]


def _add(some: Evidence, others: Evidence) -> Evidence:
    return {name: some.get(name, 0.0) + others.get(name, 0.0) for name in some.keys() | others.keys()}


def _decided(shares: Evidence, rival: Evidence) -> tuple[tuple[str, float], ...]:
    ahead = {name: shares.get(name, 0.0) - rival.get(name, 0.0) for name in shares.keys() | rival.keys()}
    return tuple(sorted((share for share in ahead.items() if share[1]), key=lambda share: -abs(share[1])))
