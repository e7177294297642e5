"""A scene and its atoms: the data that every other module passes around."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """What an atom does in the scene's movement (seed 7.3.1)."""

    DECAY = "decay"
    AWAKENING = "awakening"
    ACTION = "action"
    RETURN = "return"


class Kind(StrEnum):
    """What a scene is made of (seed 7.3.2)."""

    BODILY = "bodily"
    LOGICAL = "logical"
    ARCHETYPAL = "archetypal"


class Lang(StrEnum):
    """The language of an atom, or of a whole scene."""

    RU = "ru"
    EN = "en"
    EMOJI = "emoji"


@dataclass(frozen=True, slots=True)
class Atom:
    """One word or one emoji of a scene.

    Attributes:
        text: The word in lower case, or the emoji exactly as it was sent.
        lemma: Dictionary form of the word; for an emoji, the emoji itself.
        lang: Language of this atom.
        phase: Its part in the scene's movement.
        confidence: Probability that the phase is right, 0 to 1; how sure a reading was is no part of what an
            atom is, so that it is neither compared nor kept.
    """

    text: str
    lemma: str
    lang: Lang
    phase: Phase
    confidence: float = field(default=1.0, compare=False)


@dataclass(frozen=True, slots=True)
class Scene:
    """An ordered chain of atoms.

    Attributes:
        source: What the person sent, trimmed.
        atoms: The chain, one atom at least.
        lang: Language to answer in: that of most words, or ``EMOJI`` when there is no word.
        kind: Bodily, logical or archetypal.
        mnemonic: The scene fused back into one word; parsing it gives the same atoms.
    """

    source: str
    atoms: tuple[Atom, ...]
    lang: Lang
    kind: Kind
    mnemonic: str
