"""Long texts in pieces that Telegram takes."""

from __future__ import annotations

import regex

from scene.woven import CARRIERS

LIMIT = 4096  # Bot API sendMessage, "1-4096 characters"; counted here in UTF-16 units, the stricter way

# Where to break, best first: between paragraphs, lines, sentences, words.
_BREAKS = (
    regex.compile(r"\n\n+"),
    regex.compile(r"\n"),
    regex.compile(r"(?<=[.!?…])\s+"),
    regex.compile(r"\s+"),
)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cut a text at sensible places.

    Args:
        text: Any text.
        limit: Longest piece, in UTF-16 code units.

    Returns:
        Pieces without blank ends, in order; none for a blank text.
    """
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        room = _fitting(rest, limit)
        end, after = (room, room) if room == len(rest) else _best_break(rest, room)
        if piece := rest[:end].strip():
            pieces.append(piece)
        rest = rest[after:].strip()
    return pieces


def size(text: str) -> int:
    """A text's length as Telegram may count it, in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fitting(text: str, limit: int) -> int:
    """How many characters of a text fit."""
    size = 0
    for i, character in enumerate(text):
        size += 2 if ord(character) > 0xFFFF else 1
        if size > limit:
            return i
    return len(text)


def _best_break(text: str, room: int) -> tuple[int, int]:
    """Where the piece ends and where the rest begins; a break in the first third wastes too much."""
    for pattern in _BREAKS:
        found = [match for match in pattern.finditer(text, 0, room + 1) if match.start() > room // 3]
        if found:
            return found[-1].start(), found[-1].end()
    # No break at all: at least keep a grapheme cluster whole, and a woven mark.
    edges = [
        edge
        for match in regex.finditer(r"\X", text[: room + 64])
        if 0 < (edge := match.start()) <= room and not {text[edge - 1], text[edge]} <= set(CARRIERS)
    ]
    return (edges[-1], edges[-1]) if edges else (room, room)
