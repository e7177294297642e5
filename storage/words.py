"""How text becomes words that the full-text indexes and their queries agree on."""

from __future__ import annotations

import re
import unicodedata

_BREVE = "\u0306"  # й is и with a breve, and another letter
_ABOVE = 230  # combining class of marks above a letter: the dots of ё, the accent of é, a stress mark
_SYMBOLS = frozenset({"So", "Sm", "Cn"})  # Cn: emoji newer than this Python's Unicode tables
_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Text with the differences that recall must not see taken away.

    Case, compatibility forms and accents go (``ё`` becomes ``е``, ``й`` stays); every emoji becomes a word
    of its own (``⚡`` is ``u26a1``), because SQLite's tokenizer drops symbols. Variation selectors, joiners
    and skin tones go with it, so that ``❤`` and ``❤️`` are one word.

    Args:
        text: Any text, lone surrogates included.

    Returns:
        Text that may be indexed.
    """
    out: list[str] = []
    for char in unicodedata.normalize("NFKD", text).casefold():
        if unicodedata.combining(char) == _ABOVE and not (char == _BREVE and out and out[-1] == "и"):
            continue
        category = unicodedata.category(char)
        if category in _SYMBOLS:
            out.append(f" u{ord(char):x} ")
        elif category != "Cs":  # a lone surrogate can't be stored as UTF-8
            out.append(char)
    return unicodedata.normalize("NFC", "".join(out))


def words(folded_text: str) -> list[str]:
    """The distinct words of a folded text, in order.

    Args:
        folded_text: What :func:`folded` gave.

    Returns:
        Letters and digits only: safe inside the double quotes of an FTS5 query.
    """
    return list(dict.fromkeys(_WORD.findall(folded_text)))
