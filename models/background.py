"""What resonance means by an embedder, measured on scenes that have nothing to do with one another.

Cosines of unrelated scenes lie around 0.5 by one embedder and around 0.8 by another, so that no fixed number
can say which two are near. Scenes drawn at random from the words that emoji stand for say it for any
embedder, and give every archive's map the same two directions to turn to.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from models.embedder import Embedder
from scene import emoji, signature, words
from scene.atoms import Lang
from scene.signature import Vector
from scene.zones import Nearness

_SCENES = 320
_ATOMS = (3, 4, 5)
_SEED = 7


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Measured on unrelated scenes.

    Attributes:
        nearness: What resonance means for scenes.
        meaning: Cosine that two words of unlike meaning hardly reach.
        axes: The two directions in which unrelated scenes differ most, shape (2, d).
    """

    nearness: Nearness
    meaning: float
    axes: Vector


_measured: dict[str, Background] = {}
_lock = threading.Lock()


def background(embedder: Embedder) -> Background:
    """Measure an embedder, once a process; takes about a second."""
    with _lock:
        if embedder.name not in _measured:
            _measured[embedder.name] = _measure(embedder)
        return _measured[embedder.name]


def _measure(embedder: Embedder) -> Background:
    random = np.random.default_rng(_SEED)
    chains: list[list[str]] = []
    for lang in (Lang.RU, Lang.EN):
        known = sorted({w for of in emoji.meanings().values() for w in of if words.language_of(w) is lang})
        for number in range(_SCENES // 2):
            chains.append([str(w) for w in random.choice(known, _ATOMS[number % len(_ATOMS)], replace=False)])
    vectors = [embedder.words(chain) for chain in chains]
    scenes = np.stack([signature.compose(embedder.meanings([(w,) for w in chain])) for chain in chains])
    pairs = (scenes @ scenes.T)[np.triu_indices(len(scenes), 1)]
    first = np.stack([chain[0] for chain in vectors])
    alike = (first @ first.T)[np.triu_indices(len(first), 1)]
    centred = scenes - scenes.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    return Background(
        Nearness(common=float(np.quantile(pairs, 0.95)), rare=float(np.quantile(pairs, 0.98))),
        meaning=float(np.quantile(alike, 0.995)),
        axes=axes.astype(np.float32),
    )
