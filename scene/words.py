"""What is known about a word: its lemmas, whether it exists, whether it carries meaning."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pymorphy3
import regex
import simplemma
import wordfreq

from scene.atoms import Lang

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:[-’'][\p{L}\p{M}]+)*")
# Parts of speech that hold a sentence together but name nothing (OpenCorpora tags).
_RU_FUNCTION_TAGS = frozenset({"PREP", "CONJ", "PRCL", "NPRO", "INTJ"})
# Prepositions that are adverbs of a scene as well: "шаг внутри" is about the inside.
_RU_MEANT = frozenset({"внутри", "внутрь", "вокруг", "вне", "напротив", "мимо", "сквозь", "между"})
_EN_FUNCTION = frozenset(
    "a an the of to in on at by for from with without into onto as and or but nor so if than then that "
    "this these those it its is are was were be been being am do does did has have had will would shall "
    "should can could may might must not no i you he she we they me him her us them my your his our their "
    "who whom whose which what when where why how there here up out off over under again very just only "
    "also too s t".split()
)
_USUAL_ZIPF = 2.5  # about one in three million words
_KNOWN_ZIPF = 1.5  # about one occurrence in 30 million words: below it, typos outnumber words


def words_of(text: str) -> list[str]:
    """The words of a text in order, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def language_of(word: str) -> Lang | None:
    """Language of a word by its script; None for a script we don't read."""
    if regex.search(r"\p{Cyrillic}", word):
        return Lang.RU
    return Lang.EN if regex.search(r"\p{Latin}", word) else None


@functools.cache
def _russian() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer()


def readings(word: str) -> list[Any]:
    """What a Russian word may be, likeliest first: pymorphy3's parses, with OpenCorpora tags."""
    return list(_russian().parse(word))


@functools.lru_cache(maxsize=50_000)
def lemma(word: str, lang: Lang) -> str:
    """The dictionary form that is likeliest for a word.

    A scene names things, so a Russian word that can be a noun in its dictionary form is one
    (``суть`` is not a form of ``быть``), whatever is commoner in running text.

    Args:
        word: One word in lower case.
        lang: ``RU`` or ``EN``; anything else gives the word back.
    """
    if lang is Lang.RU:
        readings = _russian().parse(word)
        if any({"NOUN", "nomn"} in reading.tag and reading.normal_form == word for reading in readings):
            return word
        return str(readings[0].normal_form)
    if lang is Lang.EN:
        return str(simplemma.lemmatize(word, lang="en")).lower()
    return word


@functools.lru_cache(maxsize=50_000)
def lemmas(word: str, lang: Lang) -> frozenset[str]:
    """Every dictionary form that a word may have (``стали``: сталь, стать), with ``ё`` read as ``е``."""
    if lang is Lang.RU:
        forms = {str(parse.normal_form) for parse in _russian().parse(word)}
    else:
        forms = {word, lemma(word, lang)}
    return frozenset(form.replace("ё", "е") for form in forms)


def lemmas_of(word: str) -> frozenset[str]:
    """Every dictionary form that a word of either language may have; none for a script we don't read."""
    lang = language_of(word)
    return lemmas(word, lang) if lang else frozenset()


@functools.lru_cache(maxsize=256)
def lemmas_in(text: str) -> frozenset[str]:
    """Every dictionary form that the words of a text may have."""
    return frozenset(lemma for word in words_of(text) for lemma in lemmas_of(word))


def said(text: str) -> list[str]:
    """What a text says, word by word: the likeliest dictionary form of each."""
    return [lemma(word, language_of(word) or Lang.EN) for word in words_of(text)]


def meant(text: str) -> list[str]:
    """The words of a text that carry meaning, in order."""
    return [
        word for word in words_of(text) if (lang := language_of(word)) and not is_function_word(word, lang)
    ]


def runs(items: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Every run of so many neighbours, in order."""
    return [tuple(items[i : i + size]) for i in range(len(items) - size + 1)]


def noun_forms(word: str) -> frozenset[str]:
    """Every form of a Russian noun; none for a word that can be no noun in its dictionary form.

    Args:
        word: One word in lower case, known or not.
    """
    readings = (r for r in _russian().parse(word) if {"NOUN", "nomn"} in r.tag and r.normal_form == word)
    return frozenset(str(form.word) for reading in readings for form in reading.lexeme)


@functools.lru_cache(maxsize=50_000)
def is_known(word: str, lang: Lang) -> bool:
    """Whether a word exists, in this very inflection."""
    if lang is Lang.RU:
        return all(_russian().word_is_known(part) for part in word.split("-"))
    return all(wordfreq.zipf_frequency(part, "en") >= _KNOWN_ZIPF for part in regex.split("[-’']", word))


@functools.lru_cache(maxsize=50_000)
def is_usual(word: str, lang: Lang) -> bool:
    """Whether people use a word, in this very inflection."""
    return bool(wordfreq.zipf_frequency(word, lang.value) >= _USUAL_ZIPF)


@functools.lru_cache(maxsize=50_000)
def frequency(word: str) -> float:
    """Share of all words of its language that this word is, 0 to 1; 0 for a language we don't read."""
    lang = language_of(word)
    return float(wordfreq.word_frequency(word, lang.value)) if lang else 0.0


@functools.lru_cache(maxsize=50_000)
def is_function_word(word: str, lang: Lang) -> bool:
    """Whether a word only holds a sentence together (prepositions, conjunctions, pronouns …)."""
    if lang is Lang.RU:
        return word not in _RU_MEANT and str(_russian().parse(word)[0].tag.POS) in _RU_FUNCTION_TAGS
    return word in _EN_FUNCTION


@functools.lru_cache(maxsize=50_000)
def is_finite_verb(word: str) -> bool:
    """Whether a Russian word tells what somebody does or did: its likeliest reading is such a form."""
    return str(_russian().parse(word)[0].tag.POS) in ("VERB", "PRTS")
