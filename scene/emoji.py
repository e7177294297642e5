"""Emoji: one grapheme cluster each, with a word for it in Russian and English.

Clusters follow UAX #29, sequences the Unicode emoji data, both as packaged in `regex` and `emoji`.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

import emoji as emoji_data
import regex

from scene.atoms import Lang

_CLUSTER = regex.compile(r"\X")
_PRESENTATION = regex.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # text/emoji style, skin tones


def clusters(text: str) -> list[str]:
    """Split a text into grapheme clusters: what a person counts as one character."""
    return [str(cluster) for cluster in _CLUSTER.findall(text)]


def is_emoji(cluster: str) -> bool:
    """Whether a cluster is an emoji. A bare digit or ``#`` is not; ``7️⃣`` is."""
    if emoji_data.is_emoji(cluster):
        return True
    plain = bare(cluster)
    # New or unusual sequences that the data doesn't list still count if they start like an emoji.
    return bool(plain) and bool(regex.match(r"\p{Extended_Pictographic}|\p{Regional_Indicator}", plain))


def bare(cluster: str) -> str:
    """An emoji without skin tone and presentation selectors: the form that tables are keyed by."""
    return str(_PRESENTATION.sub("", cluster))


@functools.cache
def _table() -> dict[str, list[str]]:
    data = resources.files("scene").joinpath("emoji_words.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(data)["words"])


def meanings() -> dict[str, list[str]]:
    """Emoji that scenes are voiced with, each with words of both languages that it may stand for."""
    return _table()


@functools.cache
def name(cluster: str, lang: Lang) -> str:
    """A word, or a few, for an emoji.

    Args:
        cluster: One emoji.
        lang: ``RU`` gives Russian, anything else English.

    Returns:
        The word that a scene would use (``⚡``: молния), else the Unicode name, else the emoji itself.
    """
    own = _table().get(bare(cluster))
    if own:
        return own[0 if lang is Lang.RU else 1]
    for form in (cluster, bare(cluster), bare(cluster) + "\ufe0f"):
        named = str(emoji_data.demojize(form, language="ru" if lang is Lang.RU else "en"))
        if named != form:
            return named.strip(":").replace("_", " ").lower()
    return cluster
