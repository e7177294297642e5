"""What a resonance means: the probability that two things are one scene, said otherwise.

A cosine ranks; how near 0.5 is depends on the encoder and on what is compared. The curves were fitted by
``tests/bench/fit_resonance.py`` to pairs with known labels: half of them one scene in two forms, a quarter
scenes that share atoms or differ in order, a quarter strangers. ``docs/resonance.md`` tells how well they
hold.
"""

from __future__ import annotations

import functools
import math
import tomllib
from enum import StrEnum
from importlib import resources
from typing import NamedTuple


class Pair(StrEnum):
    """What two signatures belong to."""

    SCENES = "scene-scene"
    TEXT = "scene-text"


class _Curve(NamedTuple):
    """Log-odds as a line of the cosine (Platt, "Probabilistic Outputs for Support Vector Machines", 1999).

    Attributes:
        intercept: Log-odds at a cosine of 0.
        slope: How fast they rise.
        start: The cosine at which one stranger is as likely to be found as the one scene.
        rate: How fast strangers become rarer above it, exponentially.
    """

    intercept: float
    slope: float
    start: float
    rate: float


def is_calibrated(embedder: str) -> bool:
    """Whether signatures of an embedder have curves.

    Args:
        embedder: Its name with the version of its signatures, ``use-multilingual-3/3``.
    """
    return embedder in _curves()


def probability(cosine: float, pair: Pair, embedder: str, among: int = 1) -> float:
    """The probability that both are one scene, if that was as likely as not before they were compared.

    Args:
        cosine: Cosine of their signatures.
        pair: What they belong to.
        embedder: What made the signatures, as `is_calibrated` takes it.
        among: Out of how many the one was looked for: of many strangers some are near by chance. It is
            then as likely as not that the one is there at all.

    Returns:
        0 to 1, higher for a higher cosine. Of an embedder without curves the cosine itself, or 0 below 0.
    """
    if not is_calibrated(embedder):
        return min(max(cosine, 0.0), 1.0)
    curve = _curves()[embedder][pair]
    strangers = (among - 1) * math.exp(-curve.rate * (cosine - curve.start))
    return 1.0 / ((1.0 + math.exp(-(curve.intercept + curve.slope * cosine))) * (1.0 + strangers))


@functools.cache
def _curves() -> dict[str, dict[Pair, _Curve]]:
    data = tomllib.loads(resources.files("scene").joinpath("calibration.toml").read_text(encoding="utf-8"))
    return {
        name: {Pair(pair): _Curve(**curve) for pair, curve in pairs.items()} for name, pairs in data.items()
    }
