"""A person's own words: what may be one, in which forms it is met, and which word a form belongs to.

``снежнобога`` is plainly ``снежнобог``, though no list has either: Russian words that no dictionary knows are
inflected by pymorphy3, which predicts a paradigm from how known words end (Korobov, "Morphological Analyzer
and Generator for Russian and Ukrainian Languages", AIST 2015). English ones get a plural.
"""

from __future__ import annotations

import functools
import unicodedata
from types import MappingProxyType

import regex

from scene import words
from scene.atoms import Lang
from scene.errors import SceneError

LEAST, MOST = 2, 24
"""Letters of an own word; the lattice knows no longer words."""

_SHORTEST_INFLECTED = 4  # forms of shorter words would be met inside too many others
_WORD = regex.compile(r"(?:\p{Cyrillic}+|\p{Latin}+)(?:['’](?:\p{Cyrillic}+|\p{Latin}+))*")
_SIBILANT = regex.compile(r"(?:s|x|z|ch|sh)$")
_CONSONANT_Y = regex.compile(r"(?<=[^aeiou])y$")


def word(text: str) -> str:
    """A word that may be taught, as it is kept: in lower case and composed.

    Args:
        text: What a person wants to teach.

    Raises:
        SceneError: ``own-word-letters`` when it is not one word of Russian or of English letters,
            ``own-word-length`` when it has too few or too many.
    """
    found = unicodedata.normalize("NFC", text.strip()).lower()
    one_script = not (regex.search(r"\p{Cyrillic}", found) and regex.search(r"\p{Latin}", found))
    if not _WORD.fullmatch(found) or not one_script:
        raise SceneError("own-word-letters", word=found.encode("utf-8", "replace").decode()[:40])
    letters = sum(map(str.isalpha, found))
    if not LEAST <= letters <= MOST:
        raise SceneError("own-word-length", word=found[:40], least=LEAST, most=MOST)
    return found


def folded(word: str) -> str:
    """A word as own words are compared: ``ё`` is ``е``, and one apostrophe is as good as the other."""
    return word.lower().replace("ё", "е").replace("’", "'")


@functools.lru_cache(maxsize=64)  # a person's set lives until they teach again
def forms(own: frozenset[str]) -> MappingProxyType[str, str]:
    """Every form in which own words are met, with the lemma it has.

    Args:
        own: The words, as ``word`` gives them.

    Returns:
        From each folded form to its lemma: the own word itself, unless the dictionary knows the word.
        A form that is another word of the dictionary is left out.
    """
    found: dict[str, str] = {}
    for taught in sorted(own):
        lang = words.language_of(taught) or Lang.EN
        for form in _inflected(taught, lang):
            if not words.is_known(form, lang) or folded(taught) in words.lemmas(form, lang):
                found.setdefault(folded(form), taught)
    for taught in sorted(own):  # what was taught itself wins over a form of something else
        lang = words.language_of(taught) or Lang.EN
        found[folded(taught)] = words.lemma(taught, lang) if words.is_known(taught, lang) else taught
    return MappingProxyType(found)


def _inflected(taught: str, lang: Lang) -> frozenset[str]:
    if len(taught) < _SHORTEST_INFLECTED:
        return frozenset()
    if lang is Lang.RU:
        return words.noun_forms(taught)
    if words.is_known(taught, lang):  # wolves, not wolfs: the word lists have them
        return frozenset()
    return frozenset({f"{taught}es" if _SIBILANT.search(taught) else _CONSONANT_Y.sub("ie", taught) + "s"})
