"""Tests of what may be chance: over layers, over draws, and over many comparisons at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from models.noise.results import Floats

ALPHA = 0.05


def paired(ours: Floats, theirs: Floats) -> float:
    """The p-value of two measured in pairs having one mean (Student's paired t, two-sided)."""
    difference = ours - theirs
    if difference.size < 2 or not np.isfinite(difference).all():
        return 1.0
    if np.ptp(difference) == 0:
        return 1.0 if difference[0] == 0 else 0.0
    return float(stats.ttest_1samp(difference, 0.0).pvalue)


def outlying(value: float, draws: Sequence[float]) -> float:
    """The p-value of a value being one more draw of a Gaussian that draws are known of.

    By Student's t with the variance of a prediction, that of the draws times 1 + 1/n: a level is one value
    among draws of equal strength, and a small error of their mean says nothing of their spread.
    """
    count, spread = len(draws), float(np.std(draws, ddof=1)) if len(draws) > 1 else 0.0
    if not spread > 0:
        return 1.0
    t = (value - float(np.mean(draws))) / (spread * np.sqrt(1 + 1 / count))
    return float(2 * stats.t.sf(abs(t), count - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values as they count among so many comparisons (Holm 1979), in the order given."""
    count, found, highest = len(p_values), [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(count), key=lambda each: p_values[each])):
        highest = max(highest, min(1.0, (count - rank) * p_values[place]))
        found[place] = highest
    return found
