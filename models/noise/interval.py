"""How far a mean can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_CONFIDENCE = 0.95


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Student's 95 % confidence interval of a mean; the value itself for a single one."""
    from scipy import stats  # takes more than a second to load, and few ask for controls

    count, mean = len(values), float(np.mean(values))
    if count < 2:
        return mean, mean
    reach = float(stats.t.ppf((1 + _CONFIDENCE) / 2, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return mean - reach, mean + reach
