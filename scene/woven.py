"""The woven mark: a scene inside its text, in characters that nobody sees.

The characters are U+2061 to U+2064, which begin a sign of six bits, and U+200B, U+200C, U+2060 and U+FEFF,
two of which end it. They take no room, survive every Unicode normalisation, and are none of what Telegram
removes: neither its servers nor its desktop client, which shows and copies no variation selectors, no tags
and no third combining mark in a row. None of them is part of an emoji, and ordinary texts have none of the
first four, so that a text's own zero-width characters are not touched.

A copy of the mark is a run of signs. They are ``scene.letters``' integer in base 64 and, for each 57 digits,
six more of a Reed-Solomon code over GF(64) (I. Reed, G. Solomon, "Polynomial Codes over Certain Finite
Fields", 1960). A sign that lost a character is seen to have, and up to six such signs of a copy are restored.
The integer holds a CRC-32, so that what is read is what was woven, or nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import reedsolo
import regex

from scene import letters

_HEADS = "\u2061\u2062\u2063\u2064"
_TAILS = "\u200b\u200c\u2060\ufeff"
CARRIERS = _HEADS + _TAILS
"""The characters."""

_PARITY = 6
_BLOCK = 63  # signs of one codeword at most
_CODE = reedsolo.RSCodec(_PARITY, nsize=_BLOCK, c_exp=6)
_RUN = regex.compile(f"[{_HEADS}][{CARRIERS}]*")
_CARRIER = regex.compile(f"[{CARRIERS}]")
_SIGN = regex.compile(f"[{_HEADS}][{_TAILS}]*")
_LONGEST = 12_288  # characters of a run that are looked at
_REPAIRED = 4  # runs of a text that are repaired at most: it takes a twentieth of a second when it fails
_NEAR = 8  # characters typed into a run that still leave it one
_REMNANT = 3  # signs of a run that is nothing else than a damaged mark

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
    """A run of signs.

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
        text: The text; what is woven into it already is removed first.
        mnemonic: The scene in one word, or any text.
        number: n of ``SCN-n``, if there is one.
    """
    text = unweave(text).strip()
    copy = _written(letters.pack(mnemonic, number))
    pieces = itertools.pairwise([0, *_places(text), len(text)])
    return copy.join(text[begin:end] for begin, end in pieces) + copy


def unweave(text: str) -> str:
    """A text without what was woven into it."""
    return str(_RUN.sub("", text))


def blanked(text: str) -> str:
    """A text with spaces for what was woven into it, so that every place is where it was."""
    return str(_RUN.sub(lambda run: " " * len(run[0]), text))


def read(text: str) -> list[Copy]:
    """The copies in a text, in order: what they say, or that something that was one can't be read.

    Signs that are no mark of ours (somebody else's hidden message) are passed over.
    """
    runs = [Copy(run.start(), run.end(), _exact(run[0])) for run in _RUN.finditer(text)]
    found: list[Copy] = []
    left = _REPAIRED
    for broken in _torn(runs):
        # A whole run is tried, and where something stands between its parts, each of them.
        tried = _joined(broken, text) if left else None
        left = max(left - 1, 0)
        if tried and tried.says:
            found.append(tried)
        elif len(broken) <= left:
            left -= len(broken)
            found += [Copy(run.start, run.end, _repair(text[run.start : run.end])) for run in broken]
        else:
            found += broken
    copies = [run for run in runs if run.says]
    copies += [run for run in found if run.says or _is_remnant(text[run.start : run.end])]
    return sorted(copies, key=lambda copy: copy.start)


def _places(text: str) -> list[int]:
    """Where copies go besides the end of a text."""
    least, most = _APART
    first = len(text[: text.find("\n")].rstrip()) if "\n" in text else 0
    places = [first] if 0 < _units(text[:first]) <= most else []
    begin = places[-1] if places else 0
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
    """An integer as a run of signs: base 64, in as many interleaved codewords as it takes."""
    digits = bytes(packed >> 6 * i & 63 for i in reversed(range(-(-packed.bit_length() // 6))))
    blocks = -(-len(digits) // (_BLOCK - _PARITY))
    parities = [_CODE.encode(digits[block::blocks])[-_PARITY:] for block in range(blocks)]
    signs = [*digits, *itertools.chain.from_iterable(zip(*parities, strict=True))]
    return "".join(_HEADS[sign >> 4] + _TAILS[sign >> 2 & 3] + _TAILS[sign & 3] for sign in signs)


def _signs(run: str) -> list[int | None]:
    """The signs of a run, with None for those that lost a character."""
    signs: list[int | None] = []
    for sign in _SIGN.findall(run[:_LONGEST]):
        head, *tails = (CARRIERS.index(character) & 3 for character in sign)
        # Where heads are lost, the tails of several signs stand together; in pairs, if all are there.
        whole = bool(tails) and len(tails) % 2 == 0
        signs.append(head << 4 | tails[0] << 2 | tails[1] if whole else None)
        signs += [None] * ((len(tails) - 1) // 2)
    return signs


def _exact(run: str) -> tuple[str, int | None] | None:
    """What a run says that lost nothing."""
    signs = _signs(run)
    digits = signs[: len(signs) - _PARITY * -(-len(signs) // _BLOCK)]
    return letters.unpack(_number(digits)) if None not in signs else None


def _number(digits: Iterable[int | None]) -> int:
    packed = 0
    for digit in digits:
        packed = packed << 6 | (digit or 0)
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


def _joined(group: list[Copy], text: str) -> Copy:
    """Runs read as one, with the tails that stand between them."""
    start, end = group[0].start, group[-1].end
    return Copy(start, end, _repair("".join(_CARRIER.findall(text[start:end]))))


def _repair(run: str) -> tuple[str, int | None] | None:
    """What a run says that lost characters."""
    signs = _signs(run)
    if not _is_remnant(run):
        return None
    if says := _decode(signs):
        return says
    # A whole sign leaves no gap behind. Looked for in short runs only: each place is a try.
    for gap in range(len(signs) if len(signs) <= _BLOCK else 0):
        if says := _decode([*signs[:gap], None, *signs[gap:]]):
            return says
    return None


def _decode(signs: list[int | None]) -> tuple[str, int | None] | None:
    """What signs say, however many were lost behind the last."""
    for lost in range(_PARITY + 1):
        word = [*signs, *[None] * lost]
        blocks = -(-len(word) // _BLOCK)
        if word.count(None) > _PARITY * blocks:
            return None
        digits = _corrected(word, blocks)
        if digits is not None and (says := letters.unpack(_number(digits))):
            return says
    return None


def _corrected(word: list[int | None], blocks: int) -> bytes | None:
    """A word's digits with what was lost put back."""
    size = len(word) - _PARITY * blocks
    if size < blocks:
        return None
    digits = bytearray(size)
    for block in range(blocks):
        signs = word[block:size:blocks] + word[size + block :: blocks]
        gone = [place for place, sign in enumerate(signs) if sign is None]
        if len(gone) > _PARITY:
            return None
        try:
            decoded, _, _ = _CODE.decode(bytes(sign or 0 for sign in signs), erase_pos=gone)
        except reedsolo.ReedSolomonError:
            return None
        digits[block::blocks] = decoded
    return bytes(digits)


def _is_remnant(run: str) -> bool:
    """Whether a run that can't be read was a mark: most of its signs are whole."""
    signs = _signs(run)
    return len(signs) >= _REMNANT and 2 * signs.count(None) <= len(signs)
