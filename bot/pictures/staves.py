"""A text laid out in staves: a line of its words, and under each token a place for every level."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib import font_manager
from PIL import ImageFont

from bot.pictures import canvas
from bot.pictures.emoji import picture
from scene import emoji
from scene.atoms import Lang

LETTERS = canvas.LETTERS
PICTURE = 36  # pixels of an emoji's height
_NARROW = 18  # pixels of the narrowest place: a colour can still be told, and holds a dot
_PAD = 3  # between a word and the ends of its place
_LINE_END = "↵"


@dataclass(frozen=True, slots=True)
class Place:
    """A token in its stave.

    Attributes:
        token: Which token of the text, from 0.
        parts: Words and emoji that it shows.
        left: Where its place begins, in pixels from the stave's left end.
        width: Of the place, in pixels.
        indent: Where in the place its words begin, in pixels.
    """

    token: int
    parts: tuple[str, ...]
    left: float
    width: float
    indent: float


Stave = tuple[Place, ...]


def staves(pieces: Sequence[str], room: float, lang: Lang) -> list[Stave]:
    """Lay out tokens in lines, broken between words where there is such a place.

    Args:
        pieces: Texts of the tokens, in order; one that holds the first bytes of a character has none.
        room: Width of a stave, in pixels.
        lang: In which language emoji are named that can't be drawn.

    Returns:
        The staves, each with at least one token.
    """
    lines: list[list[Place]] = [[]]
    for word in _words(pieces, lang):
        if lines[-1] and _width([*lines[-1], *word]) > room:
            lines.append([])
        for place in word:
            if lines[-1] and _width([*lines[-1], place]) > room:  # a word that is wider than a stave
                lines.append([])
            lines[-1].append(place)
    return [_moved(line) for line in lines if line]


def _words(pieces: Sequence[str], lang: Lang) -> list[list[Place]]:
    """The places of each word."""
    words: list[list[Place]] = []
    first, before = 0, " "
    for token, piece in enumerate(pieces):
        if not piece and token + 1 < len(pieces):
            continue  # the character is not whole yet
        places = _measured(range(first, token + 1), piece, lang)
        if not words or before[-1:].isspace() or piece[:1].isspace() or emoji.is_emoji(before[-1:]):
            words.append(places)
        else:
            words[-1].extend(places)
        first, before = token + 1, piece
    return words


def _width(places: Sequence[Place]) -> float:
    return sum(place.width for place in places)


def _moved(line: Sequence[Place]) -> Stave:
    left, moved = 0.0, []
    for place in line:
        moved.append(replace(place, left=left))
        left += place.width
    return tuple(moved)


def _measured(tokens: range, piece: str, lang: Lang) -> list[Place]:
    """Places of the tokens that make up a piece; what it shows begins over the first of them."""
    shown = piece.replace("\r", "").replace("\n", _LINE_END).replace("\t", " ")
    text = shown.lstrip(" ")
    indent = _PAD + _letters(" " * min(1, len(shown) - len(text)))
    parts = tuple(canvas.parts_of(text))
    wide = sum(width_of(part, lang) for part in parts)
    each = max((indent + wide + _PAD) / len(tokens), _NARROW)
    if not text[:1].isalpha():  # signs and emoji stand over the middle
        indent = max(indent, (each * len(tokens) - wide) / 2)
    return [Place(token, () if place else parts, 0.0, each, indent) for place, token in enumerate(tokens)]


def width_of(part: str, lang: Lang) -> float:
    """Width of a word or an emoji, in pixels."""
    if not emoji.is_emoji(part):
        return _letters(part)
    pixels = picture(part, PICTURE)
    return float(pixels.shape[1]) if pixels is not None else _letters(emoji.name(part, lang))


@functools.lru_cache(maxsize=4_096)
def _letters(text: str) -> float:
    return float(_font().getlength(text))


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    # Pillow measures a word a hundred times as fast as matplotlib lays it out.
    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), LETTERS)
