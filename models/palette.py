"""Which emoji may voice an atom: those whose meanings are nearest to it."""

from __future__ import annotations

import functools

import numpy as np

from models.embedder import Embedder
from scene import emoji, signature
from scene.atoms import Lang, Scene
from scene.signature import Vector

_CHOICES = 6  # emoji offered for an atom: enough to choose from, few enough to stay true
# Cosine from which on an emoji says a word.
NEAR = 0.58
# Share of the nearest one's nearness that others need: beside 🤫, nothing else says silence.
_BESIDE = 0.92


class Palette:
    """Emoji by meaning.

    Args:
        embedder: Gives word vectors.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def choices(self, scene: Scene) -> list[list[str]]:
        """The emoji that may stand for each atom, nearest first.

        An emoji's nearness is that of its nearest meaning. Among words, an emoji may stand for itself; a
        scene of nothing but emoji is said in others, or it would only be repeated.
        """
        symbols, owners, vectors = self._meanings
        rows: list[list[str]] = []
        for atom, vector in zip(scene.atoms, self._embedder.chain(signature.glosses(scene)), strict=True):
            nearness = np.full(len(symbols), -1.0, dtype=np.float32)
            np.maximum.at(nearness, owners, vectors @ vector)
            itself = [emoji.bare(atom.text)] if atom.lang is Lang.EMOJI else []
            order = [i for i in np.argsort(-nearness) if symbols[i] not in itself]
            least = _BESIDE * nearness[order[0]]
            nearest = [symbols[i] for i in order[:_CHOICES] if nearness[i] >= least]
            own = itself and scene.lang is not Lang.EMOJI
            rows.append([atom.text, *nearest] if own else nearest)
        return rows

    @functools.cached_property
    def _meanings(self) -> tuple[list[str], np.ndarray, Vector]:
        """Emoji; for every meaning the index of its emoji, shape (m,); and its vector, shape (m, d)."""
        table = emoji.meanings()
        words = [word for meanings in table.values() for word in meanings]
        owners = np.repeat(np.arange(len(table)), [len(meanings) for meanings in table.values()])
        return list(table), owners, self._embedder.words(words)
