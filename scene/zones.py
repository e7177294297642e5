"""Zones: neighbourhoods of scenes that are denser than what lies around them.

Scenes are points on a sphere, their signatures. Many of them are clustered by HDBSCAN (Campello, Moulavi and
Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", 2013), which finds zones of
unlike density and leaves scenes between them alone; few by DBSCAN (Ester et al., 1996), since density needs
something to stand out from. Both are scikit-learn's. What they find is relative, so that a last step asks
each scene whether it resonates with its zone more than scenes that have nothing to do with one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scene.signature import Vector

Labels = npt.NDArray[np.int64]

LONE = -1
"""The label of a scene in no zone."""

MOST = 10_000
"""Scenes that are clustered; of more, as many are taken evenly, and the others placed into what they form."""

_FEW = 16  # below this many scenes DBSCAN
# Distances in 1,024 dimensions differ little; the first components keep what sets scenes apart.
_COMPONENTS = 16
_GROWTH = 0.3  # the smallest zone is this power of the number of scenes: 3 of 30, 8 of 1,000, 16 of 10,000
_SHARE_CHANGED = 10  # a tenth of the scenes
_REACH = 0.05  # share of a zone's scenes that lie outside of what a new one must come up to


@dataclass(frozen=True, slots=True)
class Nearness:
    """What resonance means by an embedder, measured on scenes that have nothing to do with one another.

    Attributes:
        common: Resonance that one in twenty such pairs exceeds: a scene that stays below it belongs nowhere.
        rare: Resonance that only a few of them reach: two scenes above it are neighbours.
    """

    common: float
    rare: float


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """What a new scene is held against.

    Attributes:
        centre: Mean of the signatures of a zone's scenes, shape (d,). It is shorter than 1, so that its
            product with a signature is the mean resonance with them.
        reach: Mean resonance that belongs to the zone.
    """

    centre: Vector
    reach: float


def find(signatures: Vector, nearness: Nearness) -> Labels:
    """Find zones.

    Args:
        signatures: A unit vector a scene, shape (n, d).
        nearness: What resonance means for these vectors.

    Returns:
        A zone for each scene, shape (n,): 0, 1 … in no order that means anything, or ``LONE``. The same
        signatures in the same order give the same zones.
    """
    count = len(signatures)
    if count <= MOST:
        return _loyal(signatures, _dense(signatures, nearness), nearness)
    chosen = np.linspace(0, count - 1, MOST).round().astype(np.int64)
    labels = np.full(count, LONE, dtype=np.int64)
    labels[chosen] = _loyal(signatures[chosen], _dense(signatures[chosen], nearness), nearness)
    zones = [bounds(signatures[labels == label], nearness) for label in range(labels.max() + 1)]
    others = np.setdiff1d(np.arange(count), chosen)
    labels[others] = place(signatures[others], zones)
    return labels


def _dense(signatures: Vector, nearness: Nearness) -> Labels:
    from sklearn.cluster import DBSCAN, HDBSCAN  # takes a second: only when zones are looked for
    from sklearn.decomposition import PCA

    count = len(signatures)
    if count < 2:
        return np.full(count, LONE, dtype=np.int64)
    if count < _FEW:
        found = DBSCAN(eps=max(1e-6, 1.0 - nearness.rare), min_samples=2, metric="cosine").fit_predict(
            signatures
        )
        return np.asarray(found, dtype=np.int64)
    components = min(_COMPONENTS, count - 1, signatures.shape[1])
    points = PCA(components, svd_solver="covariance_eigh").fit_transform(signatures)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    points = points / np.maximum(lengths, 1e-9)
    smallest = max(2, round(count**_GROWTH))
    clustering = HDBSCAN(min_cluster_size=smallest, min_samples=max(2, smallest // 2), copy=True)
    return np.asarray(clustering.fit_predict(points), dtype=np.int64)


def _loyal(signatures: Vector, labels: Labels, nearness: Nearness) -> Labels:
    """Leave alone the scenes that don't resonate with their zone, and number the zones that remain."""
    kept = np.full(len(labels), LONE, dtype=np.int64)
    following = 0
    for label in range(labels.max(initial=LONE) + 1):
        members = np.flatnonzero(labels == label)
        # Without the least loyal the others may resonate more, or no longer at all.
        while len(members) > 1 and (own := _with_others(signatures[members])).min() < nearness.common:
            members = members[own >= max(nearness.common, own.min() + 1e-6)]
        if len(members) > 1:
            kept[members] = following
            following += 1
    return kept


def _with_others(members: Vector) -> Vector:
    """Mean resonance of each of a zone's scenes with the others, shape (n,), n >= 2."""
    count = len(members)
    return np.asarray((members @ members.sum(axis=0) - 1.0) / (count - 1), dtype=np.float32)


def bounds(members: Vector, nearness: Nearness) -> Bounds:
    """What a new scene is held against.

    Args:
        members: Signatures of a zone's scenes, shape (n, d), n >= 2.
        nearness: What resonance means for these vectors.
    """
    outer = float(np.quantile(_with_others(members), _REACH)) if len(members) > 1 else nearness.rare
    return Bounds(members.mean(axis=0), max(nearness.common, outer))


def place(signatures: Vector, zones: Sequence[Bounds]) -> Labels:
    """Put new scenes into the zones that they resonate with most.

    Args:
        signatures: A unit vector a scene, shape (m, d).
        zones: The zones there are.

    Returns:
        An index into ``zones`` for each scene, or ``LONE`` where it comes up to none, shape (m,).
    """
    if not zones:
        return np.full(len(signatures), LONE, dtype=np.int64)
    mean = signatures @ np.stack([zone.centre for zone in zones]).T
    within = np.where(mean >= np.array([zone.reach for zone in zones]), mean, -np.inf)
    best = within.argmax(axis=1)
    return np.where(np.isfinite(within.max(axis=1)), best, LONE).astype(np.int64)


def is_due(scenes: int, changed: int) -> bool:
    """Whether enough has changed to look for zones anew.

    Args:
        scenes: How many scenes there are.
        changed: How many came or went since zones were last looked for.
    """
    return changed * _SHARE_CHANGED >= max(scenes, 1)


def inherit(labels: Labels, former: Labels) -> dict[int, int]:
    """Tell which new zone is which former one.

    A former zone lives on in the new one that most of it went to, and each in one at most: of a zone that
    fell apart the larger part keeps its name, of two that grew together the larger gives it.

    Args:
        labels: New zone of each scene, shape (n,).
        former: Former zone of each scene, by any number from 0, shape (n,).

    Returns:
        From a new zone to the former one that it goes on.
    """
    from scipy.optimize import linear_sum_assignment

    new, old = np.unique(labels[labels >= 0]), np.unique(former[former >= 0])
    shared = np.array(
        [[np.count_nonzero((labels == i) & (former == j)) for j in old] for i in new], dtype=np.int64
    ).reshape(len(new), len(old))
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return {
        int(new[i]): int(old[j])
        for i, j in zip(rows, columns, strict=True)
        if 2 * shared[i, j] >= min(np.count_nonzero(labels == new[i]), np.count_nonzero(former == old[j])) > 0
    }
