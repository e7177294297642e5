"""Emoji: one grapheme cluster each, with names and keywords in Russian and English.

Clusters follow UAX #29 and sequences UTS #51, with the character properties of `regex`. Words are our own
(``emoji_words.toml``) before those of Unicode CLDR (``emoji_annotations.json``, made by `scene.build_emoji`).
"""

from __future__ import annotations

import functools
import itertools
import json
import tomllib
from importlib import resources
from typing import NamedTuple

import regex

from scene.atoms import Atom, Lang

_CLUSTER = regex.compile(r"\X")

# Signs that are emoji only when VS16 asks for the picture: in a text they are typography.
_SIGN = (
    "[©®‼⁉™ℹ↔-↙↩↪⏏⏭-⏯⏸-⏺Ⓜ▪▫▶◀◻◼☑♀♂⚕⚧✔✖✳✴❇➡⤴⤵⬅-⬇〰〽㊗㊙"
    "\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f237]"
)
# A picture: an emoji of today, or a code point that Unicode keeps free for one.
_PICTURE = r"[\p{Extended_Pictographic}&&[\p{Emoji}\p{Cn}]]"
_MARK = r"[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]"  # tones, selectors, tags, joiners, stray marks
# Possessive (``*+``): parts never overlap, so that going back over them can't find anything.
_EMOJI = regex.compile(
    rf"""(?V1)(?x:
        [0-9\#*] \ufe0f? \u20e3                                         # keycap
      | \p{{Regional_Indicator}}{{2}} {_MARK}*+                         # flag
      | (?! {_SIGN} (?! \ufe0f ) ) {_PICTURE} {_MARK}*+                 # picture, alone or with …
        (?: (?<= \u200d ) \p{{Extended_Pictographic}} {_MARK}*+ )*+     # … others joined to it
    )"""
)

_STYLE = regex.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # text or emoji style, skin tones
# Gender and direction of a person, where our words are those of the neutral form.
_PERSON = regex.compile("^[👩👨](?=\u200d)")
_VARIANT = regex.compile("\u200d[♀♂➡]")
_JOINT = regex.compile(f"{_MARK}+")


class _Words(NamedTuple):
    """Words for one emoji in each language, the name first."""

    ru: tuple[str, ...]
    en: tuple[str, ...]

    def of(self, lang: Lang) -> tuple[str, ...]:
        return self.ru if lang is Lang.RU else self.en


_NO_WORDS = _Words((), ())


def clusters(text: str) -> list[str]:
    """Split a text into grapheme clusters: what a person counts as one character."""
    return [str(cluster) for cluster in _CLUSTER.findall(text)]


def is_emoji(cluster: str) -> bool:
    """Whether a cluster is an emoji.

    A bare digit or ``#`` is not, ``7️⃣`` is; ``©`` and ``→`` are not, ``©️`` is. Pictures that Unicode shows
    as text by default (``❤``, ``🌫``) are, as people send them without a selector. So are sequences and
    code points that no data lists yet.
    """
    return _EMOJI.fullmatch(cluster) is not None


def bare(cluster: str) -> str:
    """An emoji without skin tone and presentation selectors: the form that tables are keyed by."""
    # A skin tone alone has nothing else to be keyed by.
    return str(_STYLE.sub("", cluster)) or cluster


def neutral(cluster: str) -> str:
    """A bare emoji without gender and direction of a person either: what it does in a scene is the same."""
    return str(_PERSON.sub("🧑", _VARIANT.sub("", bare(cluster))))


def name(cluster: str, lang: Lang) -> str:
    """A word, or a few, for an emoji.

    Args:
        cluster: One emoji.
        lang: ``RU`` gives Russian, anything else English.

    Returns:
        The noun that a scene would use (``⚡``: молния), else CLDR's short name, else the names of the
        parts of an unlisted sequence, else the emoji itself.
    """
    return (keywords(cluster, lang) or (cluster,))[0]


@functools.lru_cache(maxsize=4_096)
def keywords(cluster: str, lang: Lang) -> tuple[str, ...]:
    """All that an emoji may mean.

    Args:
        cluster: One emoji.
        lang: ``RU`` gives Russian, anything else English.

    Returns:
        Its name, our other words for it, then CLDR's keywords, those first that few emoji share. Empty
        when nothing is known.
    """
    key = bare(cluster)
    person = neutral(cluster)
    own, listed = (
        (table.get(key) or table.get(person) or _NO_WORDS).of(lang)
        for table in (_own_words(), _listed_words())
    )
    return tuple(dict.fromkeys(own + listed)) or _of_parts(key, lang)


def meanings() -> dict[str, list[str]]:
    """Emoji that scenes are voiced with, each with words of both languages that it may stand for.

    These are only words of our own: CLDR's keywords (🔥: tool, 🐦: head) draw other words to the wrong emoji.
    """
    return {key: [*words.ru, *words.en] for key, words in _tables()["palette"].items()}


@functools.cache
def translations() -> frozenset[tuple[str, str]]:
    """Pairs of a Russian and an English word that our own words list in the same place."""
    return frozenset(
        pair
        for words in _own_words().values()
        if len(words.ru) == len(words.en)
        for pair in zip(words.ru, words.en, strict=True)
    )


def _of_parts(key: str, lang: Lang) -> tuple[str, ...]:
    """Words for a sequence that no table lists: the names of its parts as one name, then their words."""
    parts = [words for part in _JOINT.split(key) if part not in ("", key) and (words := keywords(part, lang))]
    if not parts:
        return ()
    return tuple(dict.fromkeys((" ".join(words[0] for words in parts), *itertools.chain(*parts))))


@functools.cache
def _own_words() -> dict[str, _Words]:
    return _tables()["palette"] | _tables()["names"]


@functools.cache
def _tables() -> dict[str, dict[str, _Words]]:
    data = tomllib.loads(resources.files("scene").joinpath("emoji_words.toml").read_text(encoding="utf-8"))
    return {
        title: {key: _Words(tuple(ru.split()), tuple(en.split())) for key, (ru, en) in table.items()}
        for title, table in data.items()
    }


@functools.cache
def _listed_words() -> dict[str, _Words]:
    """CLDR's names and keywords."""
    data = resources.files("scene").joinpath("emoji_annotations.json").read_text(encoding="utf-8")
    return {key: _Words(tuple(ru), tuple(en)) for key, (ru, en) in json.loads(data)["emoji"].items()}


def spelled(atom: Atom, lang: Lang) -> str:
    """An atom in words: as it stands, or an emoji's name in a language."""
    return name(atom.text, lang) if atom.lang is Lang.EMOJI else atom.text
