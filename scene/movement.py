"""Phases and kind: what the atoms of a scene do, and what the scene is made of (seeds 7.3.1 and 7.3.2).

Both readings start from ``lexicon.toml``, a hand-labelled list of lemmas and emoji. What the list does not
know is read from the chain itself, so that every scene has a movement, whatever its words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TypeVar

from scene.atoms import Kind, Phase

_Label = TypeVar("_Label", bound=StrEnum)

# The order is the movement: an index in this tuple is a phase's place in it.
_MOVEMENT = (Phase.DECAY, Phase.AWAKENING, Phase.ACTION, Phase.RETURN)

# How an emoji looks, not what it does in a scene: VS15 and VS16, skin tones, the sign of gender.
_APPEARANCE = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[\u2640\u2642]")

# Images stand in nearly every scene, so that they say least about its kind; see ``kind`` for the cases.
_WEIGHTS = {Kind.BODILY: 5, Kind.LOGICAL: 3, Kind.ARCHETYPAL: 2}


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The two tables of ``lexicon.toml``, each from a key to its label."""

    phases: dict[str, Phase]
    kinds: dict[str, Kind]


def phases(lemmas: Sequence[str]) -> list[Phase]:
    """Say what each atom does in the movement decay → awakening → action → return.

    An atom that the lexicon knows has its label. The rest lie on the way between the nearest known atoms
    before and after them, and are spread evenly over it: between decay and action comes awakening. The
    movement is a cycle, so the way from return to awakening leads through decay. At the open ends, an
    unknown first atom is decay and an unknown last one is return; in a chain without a known atom this
    makes the relative position ``i / (n - 1)`` pick the phase. Halfway goes to the later phase, and a lone
    unknown atom, which is halfway between its own two ends, is action.

    Args:
        lemmas: The chain, as dictionary forms and emoji, in order.

    Returns:
        One phase for each lemma.
    """
    known = _lexicon().phases
    places = [_MOVEMENT.index(known[key]) if key in known else None for key in map(_key, lemmas)]
    if places == [None]:
        return [Phase.ACTION]
    if places and places[0] is None:
        places[0] = _MOVEMENT.index(Phase.DECAY)
    if places and places[-1] is None:
        places[-1] = _MOVEMENT.index(Phase.RETURN)

    fixed = [(i, place) for i, place in enumerate(places) if place is not None]
    found = [_MOVEMENT[place] for _, place in fixed[:1]]
    for (start, from_place), (end, to_place) in pairwise(fixed):
        way = (to_place - from_place) % len(_MOVEMENT)
        steps = end - start
        for step in range(1, steps + 1):
            # Rounded half up in whole numbers: round() would send one half down and the next one up.
            place = from_place + (2 * way * step + steps) // (2 * steps)
            found.append(_MOVEMENT[place % len(_MOVEMENT)])
    return found


def kind(lemmas: Sequence[str]) -> Kind:
    """Say whether a scene is bodily, logical or archetypal.

    Every atom that the lexicon knows is evidence for its kind, and the kind with most evidence wins. A body
    word weighs 5, a logical one 3 and an image 2, which settles the cases so:

    - one body word outweighs two images, but not three (``⚡🌫🫁`` is bodily);
    - one logical word outweighs one image, but not two (a border by the sea under a star is no theorem);
    - one body word outweighs one logical word, but not two.

    Args:
        lemmas: The chain, as dictionary forms and emoji, in any order.

    Returns:
        The kind; archetypal where kinds tie or nothing is known.
    """
    known = _lexicon().kinds
    evidence = dict.fromkeys(Kind, 0)
    for key in map(_key, lemmas):
        if key in known:
            evidence[known[key]] += _WEIGHTS[known[key]]
    most = max(evidence.values())
    leaders = [label for label, weight in evidence.items() if weight == most]
    return leaders[0] if len(leaders) == 1 else Kind.ARCHETYPAL


def _key(lemma: str) -> str:
    """The form under which the lexicon knows a lemma or an emoji; people write ``е`` for ``ё``."""
    return _APPEARANCE.sub("", lemma).casefold().replace("ё", "е")


@cache
def _lexicon() -> _Lexicon:
    """The labels, read once, when a scene first asks for them."""
    tables = tomllib.loads(files("scene").joinpath("lexicon.toml").read_text(encoding="utf-8"))
    return _Lexicon(_labels(tables["phase"], Phase), _labels(tables["kind"], Kind))


def _labels(table: dict[str, dict[str, str]], label: type[_Label]) -> dict[str, _Label]:
    """One table turned inside out, from label → language → entries to entry → label."""
    return {
        _key(entry): label(name)
        for name, languages in table.items()
        for entries in languages.values()
        for entry in entries.split()
    }
