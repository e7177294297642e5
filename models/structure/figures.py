"""Figures of a signal that tell order from chance."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.floating[Any]]

LAGS = (1, 2, 8, 32)
MEASURES = ("skew", "kurtosis", *(f"lag{lag}" for lag in LAGS), "flatness", "entropy", "zlib", "lzma")
"""Names of what ``figures`` gives, in order."""

_SEGMENT = 256
_REACH = 5.0  # standard deviations on either side that are told apart
_STEPS = 256  # so that a value is a byte


def figures(signal: Signal) -> npt.NDArray[np.float64]:
    """Measure a signal, whatever its mean and strength.

    Returns:
        Shape (measures,), in the order of ``MEASURES``: skewness and excess kurtosis (0 for a Gaussian);
        autocorrelation at lags (0 without order); flatness of the spectrum (about 1 without order);
        entropy of its values in 256 steps, in bits; bytes that zlib and LZMA make of these steps, for each
        value. All 0 for a signal that never changes.
    """
    spread = float(signal.std())
    if not spread > 0:
        return np.zeros(len(MEASURES))
    unit = np.asarray((signal - signal.mean()) / spread, dtype=np.float64)
    steps = as_bytes(unit)
    shares = np.bincount(steps, minlength=_STEPS) / steps.size
    shares = shares[shares > 0]
    data = steps.tobytes()
    return np.array(
        [
            float((unit**3).mean()),
            float((unit**4).mean()) - 3,
            *autocorrelation(unit, LAGS),
            flatness(unit),
            float(-(shares * np.log2(shares)).sum()),
            len(zlib.compress(data, 6)) / len(data),
            len(lzma.compress(data, preset=1)) / len(data),
        ]
    )


def as_bytes(unit: Signal) -> npt.NDArray[np.uint8]:
    """A signal of mean 0 and standard deviation 1 in 256 steps."""
    scaled = (np.clip(unit, -_REACH, _REACH) + _REACH) / (2 * _REACH) * (_STEPS - 1)
    steps: npt.NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return steps


def autocorrelation(unit: Signal, lags: Sequence[int]) -> list[float]:
    """Of a signal of mean 0, at lags shorter than it; 0 for longer ones and for silence."""
    power = float(unit @ unit)
    if not power > 0:
        return [0.0] * len(lags)
    return [float(unit[:-lag] @ unit[lag:]) / power if lag < unit.size else 0.0 for lag in lags]


def flatness(unit: Signal) -> float:
    """Wiener's spectral flatness, the geometric over the arithmetic mean of the power spectrum.

    The spectrum is averaged over segments of 256 values (Bartlett's method), so that white noise of many of
    them comes near 1, and order of any sort is below. A shorter signal is one segment, for which white noise
    gives about exp(-0.577) = 0.56; 0 for silence.
    """
    length = min(_SEGMENT, unit.size)
    segments = unit[: unit.size // length * length].reshape(-1, length)
    # Neither the mean nor the highest frequency, which has half the freedom of the others.
    power = np.square(np.abs(np.fft.rfft(segments, axis=1)[:, 1 : (length + 1) // 2])).mean(axis=0)
    if power.size == 0 or not power.min() > 0:
        return 0.0
    return float(np.exp(np.log(power).mean()) / power.mean())
