"""The woven mark: a scene inside its text, in characters that nobody sees.

The characters are variation selectors, U+E0130 to U+E01EF. They take no room, belong to the letter or emoji
before them (so that nothing breaks or wraps between), survive every Unicode normalisation, and are none of
what Telegram removes. Nothing else uses these: variations of ideographs begin at U+E0100 and end before them,
emoji have U+FE0F, joiners and tags. So no ordinary text has one, and none of its own is touched.

A copy of the mark is a run of them. Each carries six bits, and by its place in the run it comes from the
first, second or third set of 64: a lost one shows as a gap. The bits are ``scene.letters``' integer and, for
each 57 of its digits, six symbols of a Reed-Solomon code over GF(64) (I. Reed, G. Solomon, "Polynomial Codes
over Certain Finite Fields", 1960), which restore up to six lost characters of a copy. The integer holds a
CRC-32, so that what is read is what was woven, or nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import reedsolo
import regex

from scene import letters

CARRIERS = "\U000e0130-\U000e01ef"
"""The characters, for a regular expression's brackets."""

_FIRST, _SETS, _SET = 0xE0130, 3, 64
_PARITY = 6
_BLOCK = _SET - 1  # symbols of one codeword at most
_CODE = reedsolo.RSCodec(_PARITY, nsize=_BLOCK, c_exp=6)
_RUN = regex.compile(f"[{CARRIERS}]+")
_CARRIER = regex.compile(f"[{CARRIERS}]")
_LONGEST = 4_096  # characters of a run that are looked at
_REPAIRED = 4  # runs of a text that are repaired at most: it takes a twentieth of a second when it fails
_NEAR = 8  # visible characters typed into a run that still leave it one
_REMNANT = 3  # characters of a run that is nothing else than a damaged mark

# A copy stands at the end of the text and of its first line, which people quote; in between at the end of a
# line or a sentence, so often that each of the messages that a long text is cut into has one: ``bot.split``
# cuts no piece but the last below a third of the limit.
_APART = (300, 450)  # UTF-16 units between copies
_ENDS = (
    regex.compile(r"(?<=\S)(?=\n)"),
    regex.compile(r"(?<=[.!?…])(?=\s)"),
    regex.compile(r"(?<=\S)(?=\s)"),
)
_CLUSTER = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class Copy:
    """A run of carriers.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        says: Mnemonic and number, or None when it can't be read.
    """

    start: int
    end: int
    says: tuple[str, int | None] | None


def weave(text: str, mnemonic: str, number: int | None) -> str:
    """A text with a scene woven in; it looks as before.

    Args:
        text: The text; carriers in it are removed first.
        mnemonic: The scene in one word, or any text.
        number: n of ``SCN-n``, if there is one.
    """
    text = unweave(text).strip()
    copy = _written(letters.pack(mnemonic, number))
    pieces = itertools.pairwise([0, *_places(text), len(text)])
    return copy.join(text[begin:end] for begin, end in pieces) + copy


def unweave(text: str) -> str:
    """A text without carriers."""
    return str(_RUN.sub("", text))


def read(text: str) -> list[Copy]:
    """The copies in a text, in order: what they say, or that something that was one can't be read.

    Carriers that are no mark of ours (somebody else's hidden message) are passed over.
    """
    runs = [Copy(run.start(), run.end(), _exact(run[0])) for run in _RUN.finditer(text)]
    found: list[Copy] = []
    left = _REPAIRED
    for broken in _torn(runs):
        left -= len(broken)
        found += _mended(broken, text) if left >= 0 else broken
    runs = [run for run in runs if run.says] + found
    return sorted((run for run in runs if run.says or _is_remnant(text[run.start : run.end])), key=_start)


def _start(copy: Copy) -> int:
    return copy.start


def _places(text: str) -> list[int]:
    """Where copies go besides the end of a text."""
    first = text.find("\n")
    places = [len(text[:first].rstrip())] if first > 0 else []
    begin = places[0] if places else 0
    least, most = _APART
    while _units(text[begin:]) > most:
        begin = _place(text, *(_after(text, begin, units) for units in (least, most)))
        places.append(begin)
    return places


def _place(text: str, low: int, high: int) -> int:
    """The best place between two, or the next one where no character is taken apart."""
    for end in _ENDS:
        if spots := [*end.finditer(text, low, high + 1)]:
            return int(spots[-1].start())
    return int(next(cluster.end() for cluster in _CLUSTER.finditer(text, low)))


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _after(text: str, begin: int, units: int) -> int:
    """The place that many UTF-16 units on."""
    sizes = itertools.accumulate(1 + (character > "\uffff") for character in text[begin:])
    return begin + sum(1 for _ in itertools.takewhile(lambda size: size <= units, sizes))


def _written(packed: int) -> str:
    """An integer as a run of carriers: base 64, in as many interleaved codewords as it takes."""
    digits = bytes(packed >> 6 * i & 63 for i in reversed(range(-(-packed.bit_length() // 6))))
    blocks = -(-len(digits) // (_BLOCK - _PARITY))
    parities = [_CODE.encode(digits[block::blocks])[-_PARITY:] for block in range(blocks)]
    symbols = [*digits, *itertools.chain.from_iterable(zip(*parities, strict=True))]
    return "".join(chr(_FIRST + i % _SETS * _SET + symbol) for i, symbol in enumerate(symbols))


def _split(run: str) -> tuple[list[int], list[int]]:
    """The sets and the symbols of a run's characters."""
    codes = [ord(character) - _FIRST for character in run]
    return [code // _SET for code in codes], [code % _SET for code in codes]


def _exact(run: str) -> tuple[str, int | None] | None:
    """What a run says that lost nothing."""
    sets, symbols = _split(run[:_LONGEST])
    if any(each != i % _SETS for i, each in enumerate(sets)):
        return None
    blocks = -(-len(symbols) // _BLOCK)
    return letters.unpack(_number(symbols[: -_PARITY * blocks]))


def _number(digits: Sequence[int]) -> int:
    packed = 0
    for digit in digits:
        packed = packed << 6 | digit
    return packed


def _torn(runs: list[Copy]) -> Iterator[list[Copy]]:
    """Runs that can't be read, each with those close behind it: something may have been typed into one."""
    group: list[Copy] = []
    for run in runs:
        if group and (run.says or run.start - group[-1].end > _NEAR):
            yield group
            group = []
        if not run.says:
            group.append(run)
    if group:
        yield group


def _mended(group: list[Copy], text: str) -> list[Copy]:
    """The runs as one, or each by itself, if that can be read."""
    whole = text[group[0].start : group[-1].end]
    joined = Copy(group[0].start, group[-1].end, _repair("".join(_CARRIER.findall(whole))))
    if joined.says or len(group) == 1:
        return [joined]
    return [Copy(run.start, run.end, _repair(text[run.start : run.end])) for run in group]


def _repair(run: str) -> tuple[str, int | None] | None:
    """What a run says that lost characters."""
    sets, symbols = _split(run[:_LONGEST])
    if not _is_remnant(run):
        return None
    places = _aligned(sets)
    if says := _decode(places, symbols):
        return says
    # Three in a row leave no gap in the sets. Rare, so that it is looked for in short runs only.
    gaps = range(len(places)) if len(places) <= _BLOCK else range(0)
    for gap in gaps:
        if says := _decode([*places[:gap], *(place + _SETS for place in places[gap:])], symbols):
            return says
    return None


def _aligned(sets: list[int]) -> list[int]:
    """The least places that characters of these sets may have had."""
    places: list[int] = []
    place = -1
    for each in sets:
        place += 1 + (each - place - 1) % _SETS
        places.append(place)
    return places


def _decode(places: list[int], symbols: list[int]) -> tuple[str, int | None] | None:
    """What symbols at these places say, whatever was lost behind the last."""
    least = places[-1] + 1
    for length in range(least, least + _PARITY + 1):
        blocks = -(-length // _BLOCK)
        if length - len(symbols) > _PARITY * blocks:
            return None
        word = bytearray(length)
        for place, symbol in zip(places, symbols, strict=True):
            word[place] = symbol
        lost = sorted({*range(length)} - {*places})
        digits = _corrected(word, lost, blocks)
        if digits is not None and (says := letters.unpack(_number(digits))):
            return says
    return None


def _corrected(word: bytearray, lost: list[int], blocks: int) -> bytes | None:
    """A word's digits with what was lost put back."""
    size = len(word) - _PARITY * blocks
    if size < blocks:
        return None
    digits = word[:size]
    for block in range(blocks):
        places = [*range(block, size, blocks), *range(size + block, len(word), blocks)]
        gone = [places.index(place) for place in lost if place in places]
        if len(gone) > _PARITY:
            return None
        try:
            decoded, _, _ = _CODE.decode(bytes(word[place] for place in places), erase_pos=gone)
        except reedsolo.ReedSolomonError:
            return None
        digits[block::blocks] = decoded
    return bytes(digits)


def _is_remnant(run: str) -> bool:
    """Whether a run is part of a mark: most of its characters follow one another as they do there."""
    sets, _ = _split("".join(_CARRIER.findall(run)))
    in_order = sum(after == (before + 1) % _SETS for before, after in itertools.pairwise(sets))
    return len(sets) >= _REMNANT and 2 * in_order >= len(sets) - 1
