"""What a word or an emoji says by itself about its phase and the scene's kind.

``lexicon.toml`` says it of some, a hand-labelled list of lemmas and emoji. For others the entries near to
them in embedding space say it: `models.build_movement` packed what they say into ``data/movement.npz``, so
that nothing here needs an encoder. ``docs/movement.md`` tells how well that works.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from scene import emoji
from scene.atoms import Kind, Phase
from scene.facts import unpacked

PACKED = Path(__file__).with_name("data") / "movement.npz"
SURE = 255  # a packed probability of one

# The lexicon outweighs whatever place and neighbours can say together, and yet leaves them a word in the
# confidence: one hand labelled it, and not for this scene.
_OTHERWISE = 0.01

# Images stand in nearly every scene, so that they say least about its kind; `movement.read` has the cases.
WEIGHTS = {Kind.BODILY: 5.0, Kind.LOGICAL: 3.0, Kind.ARCHETYPAL: 2.0}


class Source(StrEnum):
    """Where a label comes from."""

    LEXICON = "lexicon"
    NEIGHBOUR = "neighbour"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an atom says by itself.

    Attributes:
        phases: Likelihood of each phase, to any scale; all equal when its place must say.
        source: ``LEXICON`` or ``NEIGHBOUR``; ``PLACE`` when nothing is known.
        phase_neighbour: The lexicon entry that stands for its neighbours' phase.
        kinds: Weight for each kind.
        kind_neighbour: The lexicon entry that stands for its neighbours' kind.
    """

    phases: tuple[float, ...]
    source: Source
    phase_neighbour: str | None
    kinds: tuple[float, ...]
    kind_neighbour: str | None


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """``movement.npz``: rows by the id that the trie gives a key; probabilities in 1/255.

    Attributes:
        trie: Words and emoji that the lexicon lacks.
        phases: Probability of each phase, shape (n, 4); the rest to one, that the word could do anything.
        kinds: Probability of each kind, shape (n, 3).
        nearest: Indices of the nearest entries of the likeliest phase and kind, shape (n, 2).
        entries: The lexicon entries that ``nearest`` counts.
        phase_prior: How frequent each phase is among the entries that have one, shares of one.
        kind_prior: How frequent each kind is.
    """

    trie: marisa_trie.Trie
    phases: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    nearest: NDArray[np.uint16]
    entries: tuple[str, ...]
    phase_prior: tuple[float, ...]
    kind_prior: tuple[float, ...]


_SILENT = Evidence((1.0,) * len(Phase), Source.PLACE, None, (0.0,) * len(Kind), None)


@functools.lru_cache(maxsize=16_384)
def evidence(lemma: str) -> Evidence:
    """What an atom says by itself.

    Args:
        lemma: Dictionary form of a word, or an emoji.
    """
    known = key(lemma)
    phase, kind = labelled("phase").get(known), labelled("kind").get(known)
    if phase is None and kind is None:
        return _of_neighbours(known)
    return Evidence(
        # An entry without a phase could do anything: its place says what it does.
        phases=tuple(1.0 if phase in (each, None) else _OTHERWISE for each in Phase),
        source=Source.PLACE if phase is None else Source.LEXICON,
        phase_neighbour=None,
        kinds=tuple(WEIGHTS[each] if kind == each else 0.0 for each in Kind),
        kind_neighbour=None,
    )


def key(lemma: str) -> str:
    """The form under which a lemma or an emoji is looked up; people write ``е`` for ``ё``."""
    return emoji.neutral(lemma).casefold().replace("ё", "е")


@functools.cache
def labelled(table: str) -> dict[str, str]:
    """A table of the lexicon turned inside out: from an entry, as it is looked up, to its label.

    Args:
        table: ``phase`` or ``kind``.
    """
    return {
        key(entry): label
        for label, languages in _tables()[table].items()
        for entries in languages.values()
        for entry in entries.split()
    }


def kind_weights(chances: Sequence[float], priors: Sequence[float]) -> tuple[float, ...]:
    """What probabilities of kinds weigh: nothing where they are no higher than for any word.

    Args:
        chances: Probability of each kind, in the order of ``Kind``.
        priors: Their frequencies among the lexicon's entries.
    """
    return tuple(
        WEIGHTS[kind] * max(0.0, chance - prior) / (1.0 - prior)
        for kind, chance, prior in zip(Kind, chances, priors, strict=True)
    )


def _of_neighbours(known: str) -> Evidence:
    near = _neighbours()
    number = near.trie.get(known)
    if number is None:
        return _SILENT
    phases = [value / SURE for value in near.phases[number].tolist()]
    anything = max(0.0, 1.0 - sum(phases))
    kinds = [value / SURE for value in near.kinds[number].tolist()]
    by_phase, by_kind = (near.entries[place] for place in near.nearest[number].tolist())
    return Evidence(
        # By Bayes: place and steps bring a prior of their own, so that the classifier's is divided out.
        phases=tuple(anything + p / prior for p, prior in zip(phases, near.phase_prior, strict=True)),
        source=Source.NEIGHBOUR if max(phases) > anything else Source.PLACE,
        phase_neighbour=by_phase,
        kinds=kind_weights(kinds, near.kind_prior),
        kind_neighbour=by_kind,
    )


@functools.cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("scene").joinpath("lexicon.toml").read_text(encoding="utf-8"))


@functools.cache
def _neighbours() -> _Neighbours:
    with PACKED.open("rb") as stream, np.load(stream) as held:
        return _Neighbours(
            trie=unpacked(held["trie"]),
            phases=held["phases"],
            kinds=held["kinds"],
            nearest=held["nearest"],
            entries=tuple(held["entries"].tobytes().decode("utf-8").split()),
            phase_prior=tuple(held["phase_prior"].tolist()),
            kind_prior=tuple(held["kind_prior"].tolist()),
        )
