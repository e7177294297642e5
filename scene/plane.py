"""Scenes on a plane: for pictures.

Neighbours are laid beside one another by t-SNE (van der Maaten and Hinton, "Visualizing Data using t-SNE",
2008), begun from principal components so that distant zones keep their sides (Kobak and Berens, "The art of
using t-SNE for single-cell transcriptomics", 2019). Left to itself it would turn everything over for one more
scene. So places are kept: what has one starts from it, and the whole is turned back onto them (orthogonal
Procrustes, Schönemann 1966). ``docs/zones.md`` has the measurements.
"""

from __future__ import annotations

import numpy as np

from scene.signature import Vector

LANDMARKS = 600
"""Scenes that t-SNE lays out; of more, as many are taken evenly, and the rest put among their neighbours."""

_FEW = 10  # below this many scenes principal components say all there is to say
_COMPONENTS = 32
_PERPLEXITY = 30.0
_NEIGHBOURS = 5
_SEED = 0
_GROWN = (4, 3)  # by a third
_ANEW, _AGAIN = 500, 250  # steps; 250 is the least that scikit-learn takes


def lay_out(signatures: Vector, former: Vector, axes: Vector) -> Vector:
    """Give every scene a place.

    Args:
        signatures: A unit vector a scene, shape (n, d).
        former: Places from the last time, shape (n, 2); NaN for scenes that had none.
        axes: Two directions for an archive that has no places yet, shape (2, d).

    Returns:
        Places around the origin at a mean distance of about 1, shape (n, 2); the same arguments give the
        same places.
    """
    count = len(signatures)
    if count < 2:
        return np.zeros((count, 2), dtype=np.float32)
    marks = np.unique(np.linspace(0, count - 1, min(count, LANDMARKS)).round().astype(np.int64))
    vectors, before = signatures[marks], former[marks]
    components = _components(vectors)
    start = _turned(_spread(components[:, :2]), before, _spread(_centred(vectors @ axes.T)))
    places = np.full((count, 2), np.nan, dtype=np.float32)
    if count < _FEW:
        places[marks] = start
    else:
        places[marks] = _turned(_spread(_neighbourly(components, start, before)), before, start)
    return settle(signatures, places)


def is_due(scenes: int, laid: int) -> bool:
    """Whether to lay everything out anew, which moves every scene a little.

    Args:
        scenes: How many scenes there are.
        laid: How many there were the last time.
    """
    return scenes * _GROWN[1] >= laid * _GROWN[0]


def settle(signatures: Vector, places: Vector) -> Vector:
    """Put scenes without a place among those they resonate with most, and move no other.

    Args:
        signatures: A unit vector a scene, shape (n, d).
        places: Where scenes are, shape (n, 2); NaN for new ones.

    Returns:
        Places without NaN, shape (n, 2).
    """
    new = np.isnan(places[:, 0])
    settled, vectors = places[~new], signatures[~new]
    full = places.copy()
    if not len(settled):
        return np.zeros_like(places)
    resonances = signatures[new] @ vectors.T
    nearest = np.argsort(-resonances, axis=1, kind="stable")[:, :_NEIGHBOURS]
    near = np.take_along_axis(resonances, nearest, axis=1)
    # A neighbour counts by how far it stands out from the last of them.
    weights = near - near[:, -1:] + 1e-3
    weights /= weights.sum(axis=1, keepdims=True)
    full[new] = (weights[:, :, None] * settled[nearest]).sum(axis=1)
    return full


def _components(signatures: Vector) -> Vector:
    """Principal components by falling variance, shape (n, at most 32), two at least."""
    left, values, _ = np.linalg.svd(_centred(signatures), full_matrices=False)
    scores = (left * values)[:, :_COMPONENTS]
    return np.pad(scores, ((0, 0), (0, max(0, 2 - scores.shape[1])))).astype(np.float32)


def _neighbourly(components: Vector, start: Vector, former: Vector) -> Vector:
    from sklearn.manifold import TSNE  # takes a second: only when something is laid out

    count = len(components)
    known = ~np.isnan(former[:, 0])
    again = 2 * known.sum() > count
    if again:
        # The neighbours that a new scene has among the known ones say where it begins.
        begin = settle(_unit(components), former) * _scale(count)
    else:
        begin = start / max(float(start[:, 0].std()), 1e-9) * 1e-4
    laid = TSNE(
        perplexity=min(_PERPLEXITY, (count - 1) / 4),
        early_exaggeration=1.0 if again else 12.0,
        max_iter=_AGAIN if again else _ANEW,
        init=begin.astype(np.float32),
        random_state=_SEED,
        n_jobs=1,
    ).fit_transform(components)
    return np.asarray(laid, dtype=np.float32)


def _scale(count: int) -> float:
    """How far t-SNE spreads that many points, about: it keeps neighbours at the same distance."""
    return float(4.0 * count**0.4)


def _turned(places: Vector, former: Vector, reference: Vector) -> Vector:
    """Turn, mirror and shift places onto the former ones, or turn them to a reference if there are none."""
    known = ~np.isnan(former[:, 0])
    if known.sum() >= 2:
        target, own = former[known], places[known]
        rotation = _rotation(own - own.mean(axis=0), target - target.mean(axis=0))
        turned = (places - own.mean(axis=0)) @ rotation + target.mean(axis=0)
    else:
        turned = places @ _rotation(places, reference)
    return np.asarray(turned, dtype=np.float32)


def _rotation(places: Vector, target: Vector) -> Vector:
    left, _, right = np.linalg.svd(places.T @ target)
    return np.asarray(left @ right, dtype=np.float32)


def _centred(rows: Vector) -> Vector:
    return np.asarray(rows - rows.mean(axis=0), dtype=np.float32)


def _unit(rows: Vector) -> Vector:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _spread(places: Vector) -> Vector:
    """Centre places and scale them to a mean square distance of 1."""
    centred = _centred(places)
    return centred / np.float32(max(float(np.sqrt((centred**2).sum(axis=1).mean())), 1e-9))
