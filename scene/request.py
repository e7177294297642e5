"""What a person asks for: a scene, and perhaps a form, named in plain words around it.

``напиши стих про снегволк``, ``в виде эмодзи снегволк``, ``ashflash as a poem``. A scene is made of words,
often of the very same: that is why they are taken off only at its ends, only where they are typed apart, and
only when together they can hardly be anything but a request. ``тишина снег`` is a scene, and ``логика снов``.

Each word gets a sign for what it may do in a request (``request.toml``); a request is a pattern of signs.
"""

from __future__ import annotations

import functools
import itertools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeAlias

import regex

from scene import words
from scene.atoms import Lang
from scene.forms import Form

Match: TypeAlias = Any  # the regex package has no types

_CHUNK = regex.compile(r"\S+")
_MOST_CHUNKS = 40  # more are prose
_EDGES = ' \t\r\n,.;:!?…"«»“”„()'  # what may hang on a word of a request, or between it and the scene
_COLON = regex.compile(r":")
_DASH = regex.compile(r"(?<=\s)[—–-](?=\s)")

# Signs of words; whatever is none of these is a word of the scene.
_SIGNS = {
    "please": "P",
    "ask": "V",
    "may-ask": "v",
    "to-ask": "n",
    "to": "R",
    "about": "A",
    "of": "O",
    "as": "M",
    "like": "K",
    "in": "G",
    "the": "D",
    "small": "T",
    "said": "I",
    "name": "F",
    "word": "W",
    "silent": "S",
}
_OTHER, _POLITE = "x", "P"
_BY_LEMMA = ("small", "name", "word", "silent")

_AS = r"(?:G?D*MO?|K|G(?=I))?[DT]*(?P<form>[FWSI])"
_BEFORE = regex.compile(rf"(?P<ask>[PVvnR]*)(?:(?P<as>{_AS})(?P<more>[PVvnR]*))?(?P<about>G?[AO]+D*)?")
# Without the form, for a scene that begins with a form's name: "напиши про тишину".
_ASKED = regex.compile(r"(?P<ask>[PVvnR]*)(?P<about>G?[AO]+D*)?(?P<as>)(?P<more>)(?P<form>)")
_AFTER = regex.compile(rf"(?P<as>{_AS})P*$")
_APART = regex.compile(r"[PVvnRGKDMOAT]*(?P<form>[FWSI])?[PVvnRGKDMOAT]*")  # on one side of a colon


@dataclass(frozen=True, slots=True)
class Request:
    """What a person sent, taken apart.

    Attributes:
        form: The form asked for, or None when none is named.
        scene: The rest, which should be a scene.
        wording: The words that were taken off, as typed; empty when the whole text is the scene.
    """

    form: Form | None
    scene: str
    wording: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    sign: str
    form: Form | None = None


def split(text: str) -> Request:
    """Take the words of a request off a scene.

    Args:
        text: What a person sent.

    Returns:
        The request; the text itself as its scene when it isn't sure to be more than that.
    """
    chunks = list(itertools.islice(_CHUNK.finditer(text), _MOST_CHUNKS + 1))
    if len(chunks) > _MOST_CHUNKS:
        return Request(None, text)
    return _set_apart(text) or _run_together(text, chunks) or Request(None, text)


def _set_apart(text: str) -> Request | None:
    """``поэма: снегволк``, ``напиши стих: снегволк``, ``снегволк — в виде эмодзи``."""
    for separator in (_COLON, _DASH):
        marks = list(separator.finditer(text))
        if not marks:
            continue
        first, last = text[: marks[0].start()], text[marks[-1].end() :]
        for wording, scene in ((first, text[marks[0].end() :]), (last, text[: marks[-1].start()])):
            known = [_word(chunk) for chunk in wording.split()]
            signs = "".join(word.sign for word in known)
            found = _APART.fullmatch(signs)
            if not found or not scene.strip(_EDGES):
                continue
            verbs = "Vv" if separator is _COLON else "V"
            if not found["form"] and (wording is last or not set(verbs) & set(signs)):
                continue
            # In a chain with dashes, a word of scenes is a link of the chain.
            if separator is _DASH and len(marks) > 1 and found["form"] in ("W", "S"):
                continue
            return Request(_form(known), scene.strip(_EDGES), wording.strip())
    return None


def _run_together(text: str, chunks: list[Match]) -> Request | None:
    """``напиши стих про снегволк``, ``снегволк стихами``."""
    known = [_word(chunk.group()) for chunk in chunks]
    signs = "".join(word.sign for word in known)
    for before in filter(None, (_BEFORE.match(signs), _ASKED.match(signs))):
        for after in (_AFTER.search(signs, before.end()), None):
            begin, end = before.end(), after.start() if after else len(signs.rstrip(_POLITE))
            if begin >= end or (after and before["form"]):
                continue
            scene = text[chunks[begin].start() : chunks[end - 1].end()].strip(_EDGES)
            lone = end - begin == 1
            if scene and _is_request(before, after, known, lone, lone and not _is_word(scene)):
                around = (text[: chunks[begin].start()], text[chunks[end - 1].end() :])
                wording = " … ".join(part for each in around if (part := each.strip(_EDGES)))
                return Request(_form(known[:begin] + known[end:]), scene, wording)
    return None


def _is_request(before: Match, after: Match | None, known: list[_Word], lone: bool, fused: bool) -> bool:
    """Whether the words at the ends of a scene can hardly be its own.

    Args:
        before: Signs before the scene, perhaps none.
        after: Signs after it.
        known: The words of the whole text.
        lone: The scene is one chunk.
        fused: That chunk is no single word.
    """
    asks = before["ask"] + (before["more"] or "")
    about = "A" in (before["about"] or "")
    if after is not None:
        named = _names(after, lone, fused) or ("K" in after["as"] and bool(asks.strip("R")))
        return named and (not before.group() or bool(asks) or about)
    polite = _POLITE in asks
    if before["form"]:
        verb = "V" in asks or "v" in asks or ("n" in asks and polite)
        return verb or _names(before, lone, fused) or (before["form"] != "S" and (polite or about))
    verb_names_form = any(word.form for word in known[: before.end()])
    if "v" in asks and (polite or about or (verb_names_form and "R" in asks)):
        return True
    return "V" in asks or ("n" in asks and polite)


def _names(found: Match, lone: bool, fused: bool) -> bool:
    """Whether signs name a form with nothing else to help them."""
    sign, lead = found["form"], found["as"]
    if sign == "I" or "M" in lead:
        return True
    return sign != "S" and (fused or (sign == "F" and (lone or "K" in lead)))


def _form(known: list[_Word]) -> Form | None:
    """The form that the words of a request name: a name says more than a verb."""
    forms = [word.form for word in sorted(known, key=lambda word: word.sign in "Vvn") if word.form]
    return forms[0] if forms else None


def _is_word(chunk: str) -> bool:
    lang = words.language_of(chunk)
    return lang is not None and words.is_known(chunk.lower(), lang)


def _word(chunk: str) -> _Word:
    plain = chunk.strip(_EDGES).lower().replace("ё", "е").replace("’", "'")
    lang = words.language_of(plain)
    if lang is None:
        return _Word(_OTHER)
    table = _table(lang)
    lemmas = sorted(words.lemmas(plain, lang)) if lang is Lang.RU else [words.lemma(plain, lang)]
    keys = (plain, *(f"={lemma}" for lemma in lemmas))
    return next((table[key] for key in keys if key in table), _Word(_OTHER))


@functools.cache
def _table(lang: Lang) -> dict[str, _Word]:
    """Words as they are typed, and lemmas behind an equals sign."""
    text = resources.files("scene").joinpath("request.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)[lang.value]
    verbs = {word: Form(form) for form, listed in data["verb"].items() for word in listed.split()}
    found: dict[str, _Word] = {}
    for group, sign in _SIGNS.items():
        by_form = data[group] if isinstance(data[group], dict) else {None: data[group]}
        for form, listed in by_form.items():
            for word in listed.split():
                key = f"={word}" if group in _BY_LEMMA else word
                found.setdefault(key, _Word(sign, Form(form) if form else verbs.get(word)))
    return found
