"""A text as it is compared with others: what must not matter is folded away.

Two foldings. The *key* of a text forgets case, spaces, punctuation, accents and ``ё``: two texts with one
key are the same text. The *skeleton* is coarser: a list of words in which Russian letters and every usual
way of writing them in Latin ones come out the same (``щука``, ``shchuka``, ``schuka``, ``ŝuka`` are
``suka``), so that a text may have gone through a transliterating machine. English words are bent by the
same rules on both sides.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from storage.words import folded

_KEY = re.compile(r"[^\W_]+")
_HARD_SIGN = re.compile(r'(?<=[^\W\d_])["”](?=[^\W\d_])')  # ob"ekt
_SILENCE = re.compile(r"\s*(?:…|\.\.\.)")
_LONGEST = 32  # letters of a word that are looked at in one piece

# The coarsest letter that any of the systems in use has for it: ISO 9, GOST 7.79, BGN/PCGN, ICAO 9303 and
# what people type. What they write with two letters becomes one below.
_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "z", "з": "z", "и": "i", "й": "i",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
        "ф": "f", "х": "h", "ц": "c", "ч": "c", "ш": "s", "щ": "s", "ы": "i", "э": "e", "ю": "u", "я": "a",
        "ъ": None, "ь": None, "'": None, "’": None, "ʹ": None, "ʺ": None, "`": None,
        "x": "h", "w": "v", "q": "k", "y": "i", "j": "i",
    }
)  # fmt: skip
_TWO_FOR_ONE = (
    (re.compile(r"([szc])h"), r"\1"),  # zh, sh, ch
    (re.compile(r"kh"), "h"),
    (re.compile(r"t[sz]"), "c"),
    (re.compile(r"sc"), "s"),  # what shch and sch have become
    (re.compile(r"ii+"), "i"),  # yy, iy, ij for ый and ий
    (re.compile(r"i(?=[aeou])"), ""),  # ya, ia, ja for я; ye for е
)


def key(text: str) -> bytes | None:
    """A digest of all that makes a text this text.

    Args:
        text: Any text.

    Returns:
        16 bytes; None for a text without letter, digit or symbol.
    """
    said = "".join(_KEY.findall(folded(text)))
    return hashlib.blake2b(said.encode(), digest_size=16).digest() if said else None


def skeleton(text: str) -> list[str]:
    """A text's words for a comparison that survives transliteration.

    Args:
        text: Any text, lone surrogates included.

    Returns:
        Words of Latin letters and digits (letters of other scripts stay), every emoji by itself, and an
        ellipsis that the text begins with, which is half of a silence; other signs are left out.
    """
    out: list[str] = ["… "] if _SILENCE.match(text) else []
    for character in unicodedata.normalize("NFKD", _HARD_SIGN.sub("", text).casefold()):
        category = unicodedata.category(character)
        if category[0] in "LN":
            out.append(character)
        elif category in ("So", "Cn"):
            out.append(f" {character} ")
        elif (category[0] not in "MC" and character not in "'’ʹʺ`") or character.isspace():
            out.append(" ")
    return [
        piece
        for word in "".join(out).split()
        for letters in [_folded(word)]
        for piece in (letters[at : at + _LONGEST] for at in range(0, len(letters), _LONGEST))
    ]


def _folded(word: str) -> str:
    word = word.translate(_LATIN)
    for two, one in _TWO_FOR_ONE:
        word = two.sub(one, word)
    return word
