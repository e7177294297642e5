"""Two scenes beside one another: what they share, what each has alone, and whether the order is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from scene import emoji
from scene.atoms import Atom, Scene
from scene.labels import key
from scene.signature import Vector


class How(StrEnum):
    """In what way two atoms are the same."""

    LEMMA = "lemma"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class Pair:
    """An atom that two scenes share.

    Attributes:
        a: Its position in the first scene, from 0.
        b: Its position in the second.
        how: By its lemma, or by its meaning (another word, another language, an emoji).
        score: Cosine of the two meanings; 1 for a lemma.
    """

    a: int
    b: int
    how: How
    score: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two scenes share.

    Attributes:
        shared: Pairs of atoms, in the first scene's order; an atom is in one pair at most.
        only_a: Positions of the first scene's other atoms.
        only_b: Positions of the second scene's other atoms.
        order: Kendall's rank correlation of the shared atoms: 1 for the same order, -1 for the reversed one;
            None where fewer than two are shared.
    """

    shared: tuple[Pair, ...]
    only_a: tuple[int, ...]
    only_b: tuple[int, ...]
    order: float | None


def compare(a: Scene, b: Scene, cosines: Vector, meaning: float) -> Comparison:
    """Compare two scenes.

    Args:
        a: One scene.
        b: The other.
        cosines: Of the atoms' meanings, shape (atoms of a, atoms of b).
        meaning: Cosine from which two atoms mean the same.

    Returns:
        The pairing in which most atoms keep their lemma, and of those the most alike in meaning.
    """
    from scipy.optimize import linear_sum_assignment

    same = np.array([[_same_lemma(x, y) for y in b.atoms] for x in a.atoms])
    # What a list says is sure; an encoder takes some translations for strangers.
    listed = np.array([[_translate(x, y) for y in b.atoms] for x in a.atoms])
    alike = listed | (cosines >= meaning)
    # Atoms that come twice pair in their order: what is left of a tie goes to the nearest position.
    positions = np.abs(np.subtract.outer(np.arange(len(a.atoms)), np.arange(len(b.atoms)))) * 1e-6
    gain = np.where(same, 2.0, np.where(alike, np.maximum(cosines, 0.1), 0.0)) - positions
    shared = tuple(
        Pair(int(i), int(j), *((How.LEMMA, 1.0) if same[i, j] else (How.MEANING, float(cosines[i, j]))))
        for i, j in zip(*linear_sum_assignment(gain, maximize=True), strict=True)
        if same[i, j] or alike[i, j]
    )
    return Comparison(
        shared,
        tuple(i for i in range(len(a.atoms)) if i not in {pair.a for pair in shared}),
        tuple(j for j in range(len(b.atoms)) if j not in {pair.b for pair in shared}),
        _order(shared),
    )


def _same_lemma(a: Atom, b: Atom) -> bool:
    return key(a.lemma) == key(b.lemma) or key(a.text) == key(b.text)


def _translate(a: Atom, b: Atom) -> bool:
    return not emoji.translations().isdisjoint({(a.lemma, b.lemma), (b.lemma, a.lemma)})


def _order(shared: Sequence[Pair]) -> float | None:
    """Kendall, "A New Measure of Rank Correlation", 1938; positions are distinct, so that nothing ties."""
    turns = [1.0 if (x.a - y.a) * (x.b - y.b) > 0 else -1.0 for x, y in combinations(shared, 2)]
    return sum(turns) / len(turns) if turns else None


def paths(a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """Lay the atoms of two scenes out in one plane.

    Args:
        a: A unit vector for each atom of the first scene, shape (n, d).
        b: The same of the second, shape (m, d).

    Returns:
        Places of each scene's atoms by the first two principal components of both together, shapes (n, 2)
        and (m, 2), within -1 to 1. The first scene moves to the right and upwards, so that a picture is the
        same every time.
    """
    rows = np.concatenate([a, b])
    centred = rows - rows.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    plane = (left * values)[:, :2]
    plane = np.pad(plane, ((0, 0), (0, max(0, 2 - plane.shape[1]))))
    for axis in range(2):
        moves = plane[len(a) - 1, axis] - plane[0, axis] or plane[-1, axis] - plane[0, axis]
        if moves < 0:
            plane[:, axis] *= -1
    # Meanings that coincide differ by rounding alone, which no picture should blow up.
    extent = np.abs(plane).max(axis=0)
    plane = plane / np.where(extent > 1e-4, extent, 1.0)
    return plane[: len(a)].astype(np.float32), plane[len(a) :].astype(np.float32)
