"""Whether inflected words fit one another: what a small model's Russian gets wrong when every word exists.

Four things are looked at inside each clause, by all readings that a word may have (pymorphy3, tags of
OpenCorpora): a preposition, or ``нет``, and the case after it; an adjective and its noun; a verb and some
word that may be its subject; and after a subject and a verb that takes an object, a noun that can be none. In
English: ``a`` and ``an``, a number word and its noun, a pronoun and its verb. What can't be told is not
counted, so that free word order costs nothing.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any, TypeAlias

import regex

from scene import words
from scene.atoms import Lang

Tag: TypeAlias = Any  # pymorphy3 has no types

_CLAUSE = regex.compile(r"[^\n.,!?…;:()«»“”\"→—–]+")
_RARE = 0.05  # share of a word's uses below which a dictionary word is not meant
_SOMETIMES = 0.1
_MOSTLY = 0.6  # share of a word's uses that make it a noun, a verb …
_NOMINAL = frozenset({"NOUN", "NPRO", "ADJF", "PRTF", "NUMR"})
_ATTRIBUTES = frozenset({"ADJF", "PRTF"})
_NOUNS, _NAMING, _VERBS = frozenset({"NOUN"}), frozenset({"NOUN", "NPRO"}), frozenset({"VERB"})
# Cases that a preposition governs, and ``нет``, which stands as near to its noun.
_CASES = {
    preposition: frozenset(cases.split())
    for cases, prepositions in {
        "gent": "без до для из изо от ото около кроме у после среди вокруг против возле мимо ради внутри вне "
        "вдоль из-за из-под близ напротив вместо нет",
        "datv": "к ко навстречу вопреки благодаря",
        "accs": "про через сквозь",
        "ablt": "над надо перед передо",
        "loct": "при",
        "accs loct": "в во на о об обо",
        "accs ablt": "за под подо",
        "gent ablt accs": "с со",
        "datv accs loct": "по",
        "ablt gent": "между меж",
    }.items()
    for preposition in prepositions.split()
}
_JOINING = frozenset("и или как чем словно будто это не".split())
_AN = regex.compile(r"^(?:[aeio]|u(?!ni|se|su))")
_MUTE_H = ("hour", "honest", "honor", "honour", "heir")
_PLURAL_MARKS = frozenset("many few several two three four five".split())
_SINGULAR_MARKS = frozenset("a an each every one".split())
_THIRD, _OTHERS = frozenset({"he", "she", "it"}), frozenset({"i", "we", "you", "they"})
_OF_THIRD, _OF_OTHERS = frozenset("is was has does".split()), frozenset("are were have do am".split())


def share(text: str, lang: Lang) -> float:
    """Share of what was looked at that agrees, 0 to 1; 1 where there was nothing to look at.

    Args:
        text: A text.
        lang: Its language, ``RU`` or ``EN``.
    """
    check = _russian if lang is Lang.RU else _english
    found = [agrees for clause in _CLAUSE.findall(text) for agrees in check(tuple(words.words_of(clause)))]
    return sum(found) / len(found) if found else 1.0


@functools.lru_cache(maxsize=20_000)
def _tags(word: str) -> tuple[tuple[Tag, float], ...]:
    """A word's readings and how likely each is.

    Forms of a word that hardly anybody uses would excuse every mistake (``вода`` is of ``вод``, too), and
    are left out.
    """
    if words.language_of(word) is not Lang.RU:
        return ()
    readings = words.readings(word)
    usual = {found.normal_form for found in readings if found.score >= _RARE}
    return tuple(
        (found.tag, found.score)
        for found in readings
        if found.normal_form in usual or found.tag.POS == "NPRO"
    )


def _russian(clause: tuple[str, ...]) -> Iterator[bool]:
    for word, following in itertools.pairwise(clause):
        nominal = _as(following, _NOMINAL)
        if word in _CASES and nominal:
            yield any(_case(tag) in _CASES[word] for tag in nominal)
        attributes, nouns = _as(word, _ATTRIBUTES), _as(following, _NOUNS)
        if attributes and nouns:
            yield any(_match(a, b) for a, b in itertools.product(attributes, nouns))
    yield from _objects(clause)
    verbs = [tags for word in clause if (tags := _as(word, _VERBS))]
    free = [word for at, word in enumerate(clause) if not (at and clause[at - 1] in _CASES)]
    subjects = [tags for word in free if (tags := _nominatives(word))]
    if len(verbs) == 1 and subjects:
        joined = len(subjects) > 1 and "и" in clause
        yield any(
            _rules(subject, verb) or (joined and verb.number == "plur")
            for verb in verbs[0]
            for tags in subjects
            for subject in tags
        )


def _objects(clause: tuple[str, ...]) -> Iterator[bool]:
    """``Девочка увидела весна``: after a subject and its verb, a noun that is a subject and nothing else."""
    if not _JOINING.isdisjoint(clause):
        return
    for subject, verb, noun in zip(clause, clause[1:], clause[2:], strict=False):
        takes = any("tran" in tag for tag in _as(verb, _VERBS))
        if takes and _only_subject(subject, _NAMING) and _as(noun, _NOUNS):
            yield not _only_subject(noun, _NOUNS)


def _only_subject(word: str, parts: frozenset[str]) -> bool:
    found = _as(word, parts)
    return bool(found) and all(tag.case == "nomn" for tag in found)


def _nominatives(word: str) -> list[Tag]:
    """A word's readings as a subject, if it is used so at all."""
    found = [(tag, score) for tag, score in _tags(word) if tag.case == "nomn" and str(tag.POS) in _NAMING]
    return [tag for tag, _ in found] if sum(score for _, score in found) >= _SOMETIMES else []


def _as(word: str, parts: frozenset[str]) -> list[Tag]:
    """A word's readings as these parts of speech, if it mostly is one of them."""
    found = [(tag, score) for tag, score in _tags(word) if str(tag.POS) in parts]
    return [tag for tag, _ in found] if sum(score for _, score in found) >= _MOSTLY else []


def _match(attribute: Tag, noun: Tag) -> bool:
    """An adjective and a noun in case, number and gender."""
    if _case(attribute) != _case(noun) or attribute.number != noun.number:
        return False
    return attribute.number == "plur" or noun.gender is None or attribute.gender == noun.gender


def _case(tag: Tag) -> str:
    """A case; the second genitive and locative are nouns' alone (``в тёмном лесу``)."""
    return {"gen2": "gent", "loc2": "loct"}.get(str(tag.case), str(tag.case))


def _rules(subject: Tag, verb: Tag) -> bool:
    """A subject and a verb in number, and in person or gender."""
    if verb.mood == "impr":
        return True
    if subject.number != verb.number:
        return False
    if verb.tense == "past":
        plain = verb.number == "plur" or subject.gender is None or "NPRO" in subject
        return bool(plain or subject.gender == verb.gender)
    return bool(verb.person == (subject.person or "3per"))


def _english(clause: tuple[str, ...]) -> Iterator[bool]:
    for word, following in itertools.pairwise(clause):
        if word in ("a", "an"):
            vowel = bool(_AN.match(following)) or following.startswith(_MUTE_H)
            yield vowel == (word == "an")
        if word in _PLURAL_MARKS | _SINGULAR_MARKS and following not in _OF_THIRD | _OF_OTHERS:
            several = following.endswith("s") and words.lemma(following, Lang.EN) != following
            if several and word in _SINGULAR_MARKS:
                yield False
        if word in _THIRD and following in _OF_THIRD | _OF_OTHERS:
            yield following in _OF_THIRD
        if word in _OTHERS and following in _OF_THIRD | _OF_OTHERS:
            yield following in _OF_OTHERS or (word == "i" and following == "was")
