"""A mnemonic and a number as one integer, as short as their letters are likely.

The coder is an asymmetric numeral system (J. Duda, "Asymmetric numeral systems: entropy coding combining
speed of Huffman coding with compression rate of arithmetic coding", 2013, arXiv:1311.2540) whose state is a
Python integer of any size, so that nothing is ever flushed. A letter's weight depends on the letter before;
every other code point has a place too, so that any text can be spelled. The state begins as the text's CRC-32
with a one before it, and reading must end there: the checksum costs its 32 bits and no field.
"""

from __future__ import annotations

import functools
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

_FORMAT = b"HyperBridge 1\n"  # what the checksum begins with: another way of spelling gets another name
_LEAST = 1 << 32  # the state before the first letter is this plus the checksum

# Code points that names are made of besides letters: borders, digits, apostrophes, and parts of emoji.
_SIGNS = "·0123456789'’\u200d\ufe0f\u20e3#*"
_PICTURES = range(0x1F000, 0x20000)
_SYMBOLS = range(0x2000, 0x3000)
_ANY = range(0x110000)
_NUMBER_BITS = 64

# How likely a kind of symbol is after another, in 256ths. Kinds: Russian letter, English letter, sign,
# picture, symbol, any code point, end.
_RU, _EN, _SIGN, _PICTURE, _SYMBOL, _OTHER, _END = range(7)
_START = 7
_AFTER = (
    (225, 3, 5, 4, 2, 1, 16),
    (3, 225, 5, 4, 2, 1, 16),
    (50, 40, 40, 50, 34, 2, 40),
    (16, 16, 50, 90, 22, 2, 60),
    (16, 16, 90, 40, 32, 2, 60),
    (60, 50, 20, 20, 20, 60, 26),
    (1,),  # nothing follows the end
    (120, 60, 4, 42, 26, 3, 1),
)


@dataclass(frozen=True, slots=True)
class _Share:
    """Part of a state's range: it begins at ``begin`` of ``total`` and is ``size`` wide."""

    begin: int
    size: int
    total: int

    def push(self, state: int) -> int:
        return state // self.size * self.total + self.begin + state % self.size

    def pop(self, state: int) -> int:
        return state // self.total * self.size + state % self.total - self.begin


class _Row:
    """Items of different likelihood."""

    def __init__(self, weights: tuple[int, ...]) -> None:
        self._ends = [sum(weights[: i + 1]) for i in range(len(weights))]
        self._weights = weights

    def share(self, item: int) -> _Share:
        return _Share(self._ends[item] - self._weights[item], self._weights[item], self._ends[-1])

    def at(self, state: int) -> int:
        rest = state % self._ends[-1]
        return next(item for item, end in enumerate(self._ends) if rest < end)


_KINDS = [_Row(weights) for weights in _AFTER]


@dataclass(frozen=True, slots=True)
class _Alphabet:
    rows: dict[str, str]
    weights: _Row

    def after(self, before: str) -> str:
        return self.rows.get(before) or self.rows["start"]


@functools.cache
def _alphabets() -> tuple[_Alphabet, _Alphabet]:
    data = tomllib.loads(resources.files("scene").joinpath("letters.toml").read_text(encoding="utf-8"))
    ru, en = (
        _Alphabet(data[lang], _Row(tuple(data["weights"][: len(data[lang]["start"])])))
        for lang in ("ru", "en")
    )
    return ru, en


def pack(mnemonic: str, number: int | None) -> int:
    """Spell a scene's mnemonic and number as one integer.

    Args:
        mnemonic: Any text.
        number: n of ``SCN-n``, from 1 to 2**63 - 1; None for no number.

    Returns:
        An integer of 33 bits and more.
    """
    state = _LEAST + _checksum(mnemonic, number)
    # Last in, first out: reading goes forward.
    for share in reversed([*_spell(mnemonic), *_count(number or 0)]):
        state = share.push(state)
    return state


def unpack(packed: int) -> tuple[str, int | None] | None:
    """Read what ``pack`` gave; None for any other integer (but for one in 2**32).

    Args:
        packed: Any integer from 0.
    """
    state, before, kind, letters = packed, "", _START, ""
    while True:
        row = _KINDS[kind]
        kind = row.at(state)
        state = row.share(kind).pop(state)
        if kind == _END:
            break
        before, share = _symbol_at(kind, before, state)
        state = share.pop(state)
        letters += before
        if state < _LEAST:
            return None
    size = state % _NUMBER_BITS
    state //= _NUMBER_BITS
    number = 0
    if size:
        number = 1 << size - 1 | state % (1 << size - 1)
        state >>= size - 1
    return (letters, number or None) if state == _LEAST + _checksum(letters, number or None) else None


def _checksum(mnemonic: str, number: int | None) -> int:
    return zlib.crc32(_FORMAT + f"{number or 0}\n{mnemonic}".encode("utf-8", "surrogatepass"))


def _spell(text: str) -> Iterator[_Share]:
    before, kind = "", _START
    for symbol in text:
        after, kind = _KINDS[kind], _kind(symbol)
        yield after.share(kind)
        yield _share_of(symbol, kind, before)
        before = symbol
    yield _KINDS[kind].share(_END)


def _count(number: int) -> Iterator[_Share]:
    """The number's length in bits, then its bits below the first."""
    size = number.bit_length()
    yield _Share(size, 1, _NUMBER_BITS)
    if size:
        yield _Share(number - (1 << size - 1), 1, 1 << size - 1)


def _kind(symbol: str) -> int:
    ru, en = _alphabets()
    for kind, known in ((_RU, ru.rows["start"]), (_EN, en.rows["start"]), (_SIGN, _SIGNS)):
        if symbol in known:
            return kind
    point = ord(symbol)
    return _PICTURE if point in _PICTURES else _SYMBOL if point in _SYMBOLS else _OTHER


def _share_of(symbol: str, kind: int, before: str) -> _Share:
    if kind in (_RU, _EN):
        alphabet = _alphabets()[kind]
        return alphabet.weights.share(alphabet.after(before).index(symbol))
    if kind == _SIGN:
        return _Share(_SIGNS.index(symbol), 1, len(_SIGNS))
    points = _points(kind)
    return _Share(ord(symbol) - points.start, 1, len(points))


def _symbol_at(kind: int, before: str, state: int) -> tuple[str, _Share]:
    """The symbol of a kind that a state has on top, and its share."""
    if kind in (_RU, _EN):
        alphabet = _alphabets()[kind]
        place = alphabet.weights.at(state)
        return alphabet.after(before)[place], alphabet.weights.share(place)
    if kind == _SIGN:
        return _SIGNS[state % len(_SIGNS)], _Share(state % len(_SIGNS), 1, len(_SIGNS))
    points = _points(kind)
    offset = state % len(points)
    return chr(points.start + offset), _Share(offset, 1, len(points))


def _points(kind: int) -> range:
    return {_PICTURE: _PICTURES, _SYMBOL: _SYMBOLS, _OTHER: _ANY}[kind]
