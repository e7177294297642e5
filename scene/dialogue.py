"""A dialogue of two scenes: how their chains are divided over replicas, and how it is written down.

Replicas alternate, the first scene beginning. Each voices the next atoms of its scene, so that a scene's
replicas together voice its whole chain in order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from scene import mark
from scene.atoms import Atom, Scene

MAX_TURNS = 8
"""Replicas that each scene has at most."""

_AT_ONCE = 2  # atoms that a replica of one sentence voices with ease
_FEWEST, _MOST = 2, 6  # replicas of a scene, where nobody says how many

DASH = "— "


def turns(first: Scene, second: Scene) -> int:
    """How many replicas each scene needs, so that the longer one has about two atoms in each."""
    longest = max(len(first.atoms), len(second.atoms))
    return min(max(math.ceil(longest / _AT_ONCE), _FEWEST), _MOST)


def divide(scene: Scene, count: int) -> list[tuple[Atom, ...]]:
    """A scene's atoms, divided over its replicas in order, as evenly as can be.

    Args:
        scene: The scene.
        count: How many replicas it has, 1 at least.

    Returns:
        The atoms of each replica, one at least: where there are more replicas than atoms, neighbours
        share one.
    """
    edges = [len(scene.atoms) * i // count for i in range(count + 1)]
    return [
        scene.atoms[start:end] or scene.atoms[start : start + 1] for start, end in itertools.pairwise(edges)
    ]


def script(replicas: Sequence[str]) -> str:
    """The dialogue as a text: a line for each replica, after a dash."""
    return "\n".join(f"{DASH}{replica}" for replica in replicas)


def seal(text: str, marks: Sequence[tuple[str, int | None]]) -> str:
    """A dialogue with its marks, a line for each scene: what a person gets.

    Args:
        text: The dialogue.
        marks: Mnemonic and number of each scene, in the order in which they speak.
    """
    lines = "\n".join(mark.write(mnemonic, number) for mnemonic, number in marks)
    return f"{text}\n\n{lines}"
