"""The mark: the line under a rendering that leads it back to its scene.

``🜂 жартишинавход · Δ SCN-42``

* ``🜂`` (alchemical fire) stands before the mnemonic: the chain that was burnt into the text. It alone
  restores the scene, with no archive.
* ``Δ`` (change) stands before the code: the node of the archive that the text was made from.

Where atoms, fused, would be read back as other atoms (``по`` + ``ни``), the mnemonic keeps a middle dot
between them (``по·ни``), and a single such atom ends in one (``снежнобог·``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

FIRE = "🜂"
DELTA = "Δ"
DOT = "·"

_FIRE = regex.compile(FIRE + r"[ \u00a0]*(\S+)")
_CODE = regex.compile(r"(?<![\p{L}\p{N}-])SCN-0*([1-9]\d{0,17})(?![\p{L}\p{N}])", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a text's mark says.

    Attributes:
        mnemonic: The scene in one word, or None when the mark carries only a code.
        number: n of ``SCN-n``, or None when the mark carries only a mnemonic.
    """

    mnemonic: str | None
    number: int | None


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
    """The mark's line.

    Args:
        mnemonic: The scene in one word.
        number: n of ``SCN-n``; None where there is no archive.
    """
    return f"{FIRE} {mnemonic}" + (f" {DOT} {DELTA} {code(number)}" if number is not None else "")


def seal(text: str, mnemonic: str, number: int | None) -> str:
    """A rendering with its mark under it: what a person gets."""
    return f"{text}\n\n{write(mnemonic, number)}"


def read(text: str) -> Mark | None:
    """Find the last mark in a text.

    Args:
        text: A reply, or a reply inside other words (quoted, forwarded); a code alone counts too.

    Returns:
        The mark, or None when the text carries none.
    """
    fires = list(_FIRE.finditer(text))
    # The code belongs to the last 🜂 if there is one; a code typed earlier is somebody's reference.
    codes = [found for found in _CODE.finditer(text) if not fires or found.start() > fires[-1].start()]
    if not fires and not codes:
        return None
    return Mark(
        mnemonic=fires[-1].group(1) if fires else None,
        number=int(codes[-1].group(1)) if codes else None,
    )


def strip(text: str) -> str:
    """A text without its mark: the rendering alone."""
    found = list(_FIRE.finditer(text))
    if not found:
        return text.strip()
    begin = found[-1].start()
    end = text.find("\n", begin)
    return (text[:begin] + (text[end:] if end >= 0 else "")).strip()
