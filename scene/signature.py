"""The signature: a vector of a scene that knows its meanings and their order, not its words.

Atoms are embedded one by one, without what all words of a language have in common (Mu and Viswanath,
"All-but-the-Top", 2018, of which only the mean is taken). The signature joins the mean of their vectors,
which says what a scene is about, with the mean of the same vectors turned by their places in the chain, as
rotary position embeddings turn them (Su et al., "RoFormer", 2021). Places are relative, from the first atom
to the last. Slow turns tell the halves of a chain apart, fast ones neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scene import emoji, words
from scene.atoms import Lang, Scene

Vector = npt.NDArray[np.float32]
VERSION = 3  # part of an embedder's name in the archive: another formula is another signature

# The fastest turn from one end of a chain to the other, in half turns. More tells neighbours apart better,
# and forgives less a place that is not quite the same.
_TURNS = 6
TEXT_ORDER = 0.3  # of a scene's: a text comes to the same atoms, but seldom at the same places
_MAX_GLOSSES = 96  # content words of a text that are looked at
_COMMON = 1e-3  # a word as frequent as this counts half


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


def text_weights(glosses: Sequence[tuple[str, ...]]) -> Vector:
    """How much each word of a text says: less, the more frequent it is.

    Smooth inverse frequency, a / (a + p) with a = 1e-3 (Arora, Liang and Ma, "A Simple but Tough-to-Beat
    Baseline for Sentence Embeddings", 2017).

    Args:
        glosses: What `text_glosses` gave.

    Returns:
        Weights above 0 and up to 1, shape (n,); emoji weigh 1.
    """
    chances = [words.frequency(*gloss) if len(gloss) == 1 else 0.0 for gloss in glosses]
    return (_COMMON / (_COMMON + np.array(chances))).astype(np.float32)


def compose(vectors: Vector, weights: Vector | None = None, order: float = 1.0) -> Vector:
    """Join a chain's vectors into one signature.

    Args:
        vectors: One L2-normalised row an atom, shape (n, d), n >= 1.
        weights: How much each counts, shape (n,); equally, if not given.
        order: How much the order counts, beside what the chain is about.

    Returns:
        Unit vector of shape (2 d,).
    """
    count, width = vectors.shape
    weights = np.ones(count, np.float32) if weights is None else weights
    places = (np.arange(count) + 0.5) / count - 0.5
    angles = np.outer(places, np.linspace(0.0, _TURNS * np.pi, width // 2))
    # Dimensions turn in pairs; of an odd number the last one stands still.
    pairs = vectors[:, : width // 2 * 2].reshape(count, -1, 2)
    turned = vectors.copy()
    turned[:, : width // 2 * 2] = np.stack(
        [
            pairs[..., 0] * np.cos(angles) - pairs[..., 1] * np.sin(angles),
            pairs[..., 0] * np.sin(angles) + pairs[..., 1] * np.cos(angles),
        ],
        axis=-1,
    ).reshape(count, -1)
    return normalize(np.concatenate([weights @ vectors, order * (weights @ turned)]))


def usual_words(lang: Lang) -> list[str]:
    """Words of a language that stand for all of them when their common direction is measured.

    Args:
        lang: ``RU`` or ``EN``.

    Returns:
        A name of every second emoji that scenes are voiced with.
    """
    every = (
        next((word for word in meanings if words.language_of(word) is lang), None)
        for meanings in emoji.meanings().values()
    )
    return list(dict.fromkeys(filter(None, every)))[::2]


def resonance(a: Vector, b: Vector) -> float:
    """Cosine of two signatures, -1 to 1; `scene.calibration` says what it means."""
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
