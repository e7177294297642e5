"""Phases and kind: what the atoms of a scene do, and what the scene is made of (seeds 7.3.1 and 7.3.2).

Three things speak for an atom's phase: its entry in the lexicon, else the entries that are near to it in
meaning (`scene.labels` gives both), and its place in the chain. Kind is spoken for by the first two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scene import labels
from scene.atoms import Kind, Phase
from scene.labels import WEIGHTS, Evidence, Source

# The order is the movement: an index in this tuple is a phase's place in it.
PHASES = tuple(Phase)
KINDS = tuple(Kind)

# From a phase to itself and to those one, two and three steps further in the cycle. A scene mostly stays or
# moves on; but of the seeds' own scenes hardly one goes straight through, so that no step is ruled out.
_STEPS = (0.35, 0.30, 0.20, 0.15)

# How fast a phase loses odds with distance from its place, 0, 1/3, 2/3 or 1 of the way: from the first phase
# to the last about four to one, which orders atoms that nothing else is known of and no more.
_PULL = 1.5

_FAINT = 0.2  # below this share of its weight, evidence for a kind is not worth naming


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one atom.

    Attributes:
        phase: Its part in the movement.
        confidence: Probability that the phase is right, 0 to 1.
        source: What the phase rests on; ``PLACE`` also where the chain overrules the neighbours.
        neighbour: The nearest lexicon entry of this phase, where the phase rests on neighbours.
        kind: The kind that the atom speaks for most; ``None`` without evidence.
        weight: How strongly it speaks for that kind: 5, 3 or 2 for a lexicon entry, less for its neighbours.
        kind_neighbour: The nearest lexicon entry of this kind, where the kind rests on neighbours.
    """

    phase: Phase
    confidence: float
    source: Source
    neighbour: str | None
    kind: Kind | None
    weight: float
    kind_neighbour: str | None


@dataclass(frozen=True, slots=True)
class Movement:
    """How a scene moves and what it is made of.

    Attributes:
        parts: One part for each atom.
        kind: The scene's kind; archetypal where kinds tie or nothing is known.
        confidence: How sure the kind is, 0 to 1.
    """

    parts: tuple[Part, ...]
    kind: Kind
    confidence: float


def read(lemmas: Sequence[str]) -> Movement:
    """Read the movement decay → awakening → action → return in a chain, and the kind of the whole.

    Phases are a hidden Markov chain (Rabiner, "A Tutorial on Hidden Markov Models", Proc. IEEE 77, 1989):
    every atom's own evidence, a prior for its place ``i / (n - 1)`` (a lone atom stands halfway), and steps
    that prefer to stay or to move on. Each atom gets the phase with the highest posterior, and that posterior
    as confidence. Between equals the later phase wins.

    The kind is the one with most evidence, summed over atoms. A body word weighs 5, a logical one 3 and an
    image 2, which settles the cases so:

    - one body word outweighs two images, but not three (``⚡🌫🫁`` is bodily);
    - one logical word outweighs one image, but not two (a border by the sea under a star is no theorem);
    - one body word outweighs one logical word, but not two.

    Its confidence takes the sums for log-odds.

    Args:
        lemmas: The chain, as dictionary forms and emoji, in order.

    Returns:
        The reading, with as many parts as there are lemmas.
    """
    found = [labels.evidence(lemma) for lemma in lemmas]
    parts = tuple(_part(own, chances) for own, chances in zip(found, _posteriors(found), strict=True))
    # fsum: the order of atoms must not decide between sums that are equal.
    sums = [math.fsum(own.kinds[place] for own in found) for place in range(len(KINDS))]
    most = max(sums)
    leaders = [label for label, total in zip(KINDS, sums, strict=True) if total == most]
    kind = leaders[0] if len(leaders) == 1 else Kind.ARCHETYPAL
    return Movement(parts, kind, math.exp(sums[KINDS.index(kind)] - most) / _odds(sums, most))


def _odds(sums: Sequence[float], most: float) -> float:
    return math.fsum(math.exp(total - most) for total in sums)


def _part(own: Evidence, chances: Sequence[float]) -> Part:
    place = _latest_best(chances)
    source = own.source
    if source is Source.NEIGHBOUR and own.phases[place] < max(own.phases):
        source = Source.PLACE
    weight = max(own.kinds)
    kind = KINDS[own.kinds.index(weight)]
    named = weight >= _FAINT * WEIGHTS[kind]
    return Part(
        phase=PHASES[place],
        confidence=chances[place],
        source=source,
        neighbour=own.phase_neighbour if source is Source.NEIGHBOUR else None,
        kind=kind if named else None,
        weight=weight if named else 0.0,
        kind_neighbour=own.kind_neighbour if named else None,
    )


def _latest_best(chances: Sequence[float]) -> int:
    # Sums of the same numbers in another order differ in their last digits.
    least = max(chances) - 1e-9
    return max(place for place, chance in enumerate(chances) if chance >= least)


def _posteriors(found: Sequence[Evidence]) -> list[list[float]]:
    """Forward and backward over the chain, each step scaled to one."""
    heard = [
        [own * _pull(i, len(found), place) for place, own in enumerate(evidence.phases)]
        for i, evidence in enumerate(found)
    ]
    forward: list[list[float]] = []
    for emission in heard:
        coming = _step(forward[-1], _STEPS) if forward else [1.0] * len(PHASES)
        forward.append(_scaled(coming, emission))
    # The same steps, seen from their ends: back by one is forward by three.
    backwards = (_STEPS[0], *reversed(_STEPS[1:]))
    rest = [1.0] * len(PHASES)
    chances: list[list[float]] = []
    for emission, before in zip(reversed(heard), reversed(forward), strict=True):
        chances.append(_scaled(before, rest))
        rest = _step(_scaled(rest, emission), backwards)
    return chances[::-1]


def _pull(i: int, count: int, place: int) -> float:
    way = i / (count - 1) if count > 1 else 0.5
    return math.exp(-_PULL * abs(way - place / (len(PHASES) - 1)))


def _step(chances: Sequence[float], steps: Sequence[float]) -> list[float]:
    size = len(chances)
    return [sum(chances[(to - far) % size] * steps[far] for far in range(size)) for to in range(size)]


def _scaled(first: Sequence[float], second: Sequence[float]) -> list[float]:
    product = [a * b for a, b in zip(first, second, strict=True)]
    total = sum(product)
    return [value / total for value in product]
