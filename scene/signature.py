"""The signature: a vector of a scene that knows its meanings and their order, not its words.

Atoms are embedded one by one. The signature joins the mean of their vectors with the first cosine
moment over positions (the second coefficient of a type-II discrete cosine transform along the chain;
Almarwani, Aldarmaki and Diab, "Efficient Sentence Embedding using Discrete Cosine Transform", 2019).
The mean says what a scene is about; the moment changes sign when the chain is reversed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scene import emoji, words
from scene.atoms import Lang, Scene

Vector = npt.NDArray[np.float32]
VERSION = 2  # part of an embedder's name in the archive: another formula is another signature

_ORDER_WEIGHT = 1.0
_MAX_GLOSSES = 96  # content words of a text that are looked at


def glosses(scene: Scene) -> list[tuple[str, ...]]:
    """What to embed for each atom of a scene.

    Returns:
        One tuple an atom; the vectors of a tuple are averaged.
    """
    return [gloss(atom.text, atom.lang) for atom in scene.atoms]


def gloss(text: str, lang: Lang) -> tuple[str, ...]:
    """What to embed for one atom: a word itself, or an emoji's names and next meanings in both languages."""
    if lang is Lang.EMOJI:
        ru, en = (emoji.keywords(text, each) or (text,) for each in (Lang.RU, Lang.EN))
        # The name counts twice and one more word once: more words blur the vector, the name alone is narrow.
        return (ru[0], en[0], *ru[:2], *en[:2])
    return (text,)


def text_glosses(text: str) -> list[tuple[str, ...]]:
    """What to embed for a text: its words that carry meaning, and its emoji, in order."""
    found: list[tuple[str, ...]] = []
    for cluster_run in _runs(text):
        if emoji.is_emoji(cluster_run):
            found.append(gloss(cluster_run, Lang.EMOJI))
            continue
        for word in words.words_of(cluster_run):
            lang = words.language_of(word)
            if lang is not None and len(word) > 1 and not words.is_function_word(word, lang):
                found.append((word,))
    return found[:_MAX_GLOSSES]


def compose(vectors: Vector) -> Vector:
    """Join a chain's vectors into one signature.

    Args:
        vectors: One L2-normalised row an atom, shape (n, d), n >= 1.

    Returns:
        Unit vector of shape (2 d,).
    """
    count = len(vectors)
    cosines = np.cos(np.pi * (np.arange(count) + 0.5) / count).astype(np.float32)
    moment = (cosines[:, None] * vectors).mean(axis=0)
    return normalize(np.concatenate([vectors.mean(axis=0), _ORDER_WEIGHT * moment]))


def resonance(a: Vector, b: Vector) -> float:
    """Cosine of two signatures, -1 to 1."""
    return float(np.clip(a @ b, -1.0, 1.0))


def normalize(vector: Vector) -> Vector:
    """Scale to length 1; a zero vector stays zero."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)


def _runs(text: str) -> list[str]:
    runs: list[str] = []
    for cluster in emoji.clusters(text):
        if emoji.is_emoji(cluster) or not runs or emoji.is_emoji(runs[-1]):
            runs.append(cluster)
        else:
            runs[-1] += cluster
    return runs
