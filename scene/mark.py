"""The mark: what leads a rendering back to its scene. Every sign of it has one meaning.

* ``🜂`` (alchemical fire) stands before the mnemonic: the chain that was burnt into the text. It alone
  restores the scene, with no archive.
* ``Δ`` (change) stands before the code: the node of the archive that the text was unfolded from.
* ``SCN-42`` is the code of the 42nd scene of a chat; each chat counts its own.

It comes in three strengths: visible (``🜂 жартишинавход · Δ SCN-42``), short (``Δ SCN-42``) and woven, where
mnemonic and number are in the text itself and not seen (``scene.woven``). What a person types or pastes is
read alike: a code, ``🜂`` with a mnemonic, or a whole reply.

Where atoms, fused, would be read back as other atoms (``по`` + ``ни``), the mnemonic keeps a middle dot
between them (``по·ни``), and a single such atom ends in one (``снежнобог·``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import regex

from scene import woven
from scene.errors import SceneError

FIRE = "🜂"
DELTA = "Δ"
DOT = "·"

_CODE = r"(?<![\p{L}\p{N}-])SCN-0*(?P<number>[1-9]\d{0,17})(?![\p{L}\p{N}])"
_CHANGE = f"[{DELTA}∆]"  # U+2206 is what some keyboards have for it
_NODE = regex.compile(rf"(?P<delta>{_CHANGE}[ \u00a0]*)?{_CODE}", regex.IGNORECASE)
# A formula may have 🜂 before other signs; a mnemonic begins with a letter, a digit or an emoji.
_OTHER_SIGN = r"[·\p{Greek}\p{P}\p{Sm}](?![\ufe0f\u20e3])"
_AROUND = r".,;:!?…()\[\]«»“”„\"<>"  # of the sentence that a mark is typed in
_FIRE = regex.compile(
    rf"{FIRE}[ \u00a0]*(?!{_OTHER_SIGN})"
    rf"(?P<mnemonic>[^\s{woven.CARRIERS}]*[^\s{_AROUND}{woven.CARRIERS}])"
    # Possessive (``++``): many spaces are gone over once, not in every way of parting them.
    rf"(?:[ \u00a0]++(?:{DOT}[ \u00a0]*+)?(?:{_CHANGE}[ \u00a0]*+)?{_CODE})?",
    regex.IGNORECASE,
)
_EDGES = " .,;:!?()[]«»“”„\"'<>"  # not …, which is how silence is written
_QUOTED = regex.compile(r"[>\s]*")
_LINE_END = regex.compile(r"\n")


class Strength(StrEnum):
    """How plainly a rendering says what it came from."""

    VISIBLE = "visible"
    SHORT = "short"
    WOVEN = "woven"


_NAMES = {
    **{strength.value: strength for strength in Strength},
    **dict.fromkeys(("видимая", "видимую", "полная"), Strength.VISIBLE),
    **dict.fromkeys(("короткая", "короткую", "краткая"), Strength.SHORT),
    **dict.fromkeys(("вплетённая", "вплетенная", "вплетённую", "вплетенную"), Strength.WOVEN),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a text's mark says.

    Attributes:
        mnemonic: The scene in one word, or None when the mark carries only a code.
        number: n of ``SCN-n``, or None when the mark carries only a mnemonic.
    """

    mnemonic: str | None
    number: int | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A mark and where it stands.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        mark: What it says.
        alone: It is woven, or has a line for itself as in a reply; then a ``🜂`` inside another line is the
            text's own sign.
    """

    start: int
    end: int
    mark: Mark
    alone: bool


def named(name: str) -> Strength:
    """The strength of this name, in Russian or English.

    Raises:
        SceneError: ``mark-unknown``.
    """
    found = _NAMES.get(name.strip().lower())
    if found is None:
        raise SceneError("mark-unknown", name=name.strip()[:40], known=", ".join(Strength))
    return found


def code(number: int) -> str:
    """The scene's code, ``SCN-n``."""
    return f"SCN-{number}"


def fuse(texts: Sequence[str], dotted: bool) -> str:
    """Write atoms as one word.

    Args:
        texts: The atoms' texts in order.
        dotted: Keep the borders visible, for atoms that would be read back differently.
    """
    if not dotted:
        return "".join(texts)
    return DOT.join(texts) + (DOT if len(texts) == 1 else "")


def unfuse(mnemonic: str) -> list[str] | None:
    """The atoms of a dotted mnemonic; None for one without dots, which parsing takes apart."""
    if DOT not in mnemonic:
        return None
    return [part for part in mnemonic.split(DOT) if part]


def write(mnemonic: str, number: int | None) -> str:
    """The visible mark's line.

    Args:
        mnemonic: The scene in one word.
        number: n of ``SCN-n``; None where there is no archive.
    """
    return f"{FIRE} {mnemonic}" + (f" {DOT} {DELTA} {code(number)}" if number is not None else "")


def seal(text: str, mnemonic: str, number: int | None, strength: Strength = Strength.VISIBLE) -> str:
    """A rendering with its mark: what a person gets.

    Args:
        text: The rendering.
        mnemonic: The scene in one word.
        number: n of ``SCN-n``; None where there is no archive, and then no short mark either.
        strength: How plainly it is marked.
    """
    if strength is Strength.WOVEN:
        return woven.weave(text, mnemonic, number)
    if strength is Strength.SHORT and number is not None:
        return f"{text}\n\n{DELTA} {code(number)}"
    return f"{text}\n\n{write(mnemonic, number)}"


def read(text: str) -> Mark | None:
    """The mark of a text, or the reference that a person typed.

    Args:
        text: A reply, or a reply inside other words (quoted, forwarded); a code alone counts too.

    Returns:
        The last mark that names its scene, else the last code; None when there is neither.
    """
    marks = read_all(text)
    return next((mark for mark in reversed(marks) if mark.mnemonic is not None), marks[-1] if marks else None)


def read_all(text: str) -> list[Mark]:
    """Every mark of a text in order: a dialogue of two scenes carries two.

    Copies of one mark that follow one another count once.
    """
    marks = [found.mark for found in _find(text)]
    return marks[:1] + [after for before, after in pairwise(marks) if after != before]


def damaged(text: str) -> bool:
    """Whether a woven mark was lost: there is a piece of one, and no copy that can be read."""
    copies = woven.read(text)
    return bool(copies) and not any(copy.says for copy in copies)


def strip(text: str) -> str:
    """A text without its marks, of whatever strength: the rendering alone."""
    kept, at = list[str](), 0
    for found in _find(text):
        kept.append(text[at : found.start])
        at = found.end
    return woven.unweave("".join([*kept, text[at:]])).strip()


def is_marked(text: str) -> bool:
    """Whether a text has a mark or a code, or had one woven in."""
    return read(text) is not None or damaged(text)


def is_reference(text: str) -> bool:
    """Whether a text is a mark, or several, and nothing else: somebody means these scenes."""
    return read(text) is not None and not strip(text).strip(_EDGES)


def _find(text: str) -> list[_Found]:
    """The marks of a text, in order. Woven ones have no width: what was typed into one is no part of it."""
    hidden = [
        _Found(copy.start, copy.start, Mark(*copy.says), True) for copy in woven.read(text) if copy.says
    ]
    lines = _Lines(text)
    fires = [
        _Found(fire.start(), fire.end(), Mark(fire["mnemonic"], _number(fire["number"])), lines.left_to(fire))
        for fire in _FIRE.finditer(text)
    ]
    begun = [fire.start for fire in fires]
    nodes = []
    for node in _NODE.finditer(text):
        before = bisect_right(begun, node.start())
        if before and node.start() < fires[before - 1].end:
            continue
        alone = node["delta"] is not None and lines.left_to(node)
        nodes.append(_Found(node.start(), node.end(), Mark(None, _number(node["number"])), alone))
    if any(found.alone for found in (*hidden, *fires, *nodes)):
        fires = [fire for fire in fires if fire.alone]
    return sorted([*hidden, *fires, *nodes], key=lambda found: found.start)


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


class _Lines:
    """A text's lines, each looked at once, however many marks it has.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._begins = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._known: dict[int, tuple[int, int]] = {}

    def left_to(self, found: regex.Match[str]) -> bool:
        """Whether something has a line for itself, but for the signs of a quotation."""
        line = bisect_right(self._begins, found.start()) - 1
        if line not in self._known:
            self._known[line] = self._said(line)
        begin, end = self._known[line]
        return bool(found.start() <= begin and end <= found.end())

    def _said(self, line: int) -> tuple[int, int]:
        """Where a line begins to say something, and where it ends to."""
        begin, *after = self._begins[line : line + 2]
        text = self._text[begin : after[0] if after else len(self._text)]
        quotation = _QUOTED.match(text)
        seen = woven.blanked(text).rstrip()
        return begin + quotation.end(), begin + len(seen)
