"""The error of a level's logits at every token of a text, in figures.

A softmax doesn't see what is added to all logits alike, so that an error is taken about its mean over the
vocabulary. With p the reference's distribution and d the error, the divergence of the level from the
reference is ``ln E_p[exp d] - E_p[d]``: exact, and without the loss of subtracting two logarithms
(Kullback & Leibler 1951; the first term is the cumulant generating function of d under p).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.engine.context import Logits
from models.noise.results import Floats, Ints
from models.structure.figures import autocorrelation, flatness

STRENGTH = ("log_kld", "log_rms", "log_dp", "entropy_change", "asymmetry", "top_rank")
"""Figures that tell how strong an error is: in order, the logarithms of the KLD, of the root mean square of
the error and of the absolute change of the token's probability; the change of entropy in nats; the
divergences in both directions, their difference over their sum; the logarithm of the rank to which the
lowest of the reference's ten likeliest tokens falls."""

SHAPE = (
    *("skew", "kurtosis", "peak", "flank", "slope", "share", "shift", "sharpening", "token"),
    *("lag1", "lag2", "lag8", "flatness", "follow"),
)
"""Figures that stay as they are when the error is multiplied by any positive number: in order, its third and
excess fourth moment, its largest and its mean absolute value over its root mean square; its correlation with
the reference's logits; the logarithm of its spread among likely tokens over its spread among all; its mean
among likely tokens; how far it follows their surprise, which raises entropy; its value at the text's token;
its autocorrelation over token numbers, and how even its spectrum is; the cosine with the error one token
before."""

_TINY = 1e-30
_LEAST = 10  # likeliest tokens whose ranks count


class ReferenceLogits:
    """What the reference holds of a text.

    Args:
        logits: Shape (tokens, vocabulary).

    Attributes:
        top: Its likeliest token at each place, shape (tokens,).
        entropy: In nats, shape (tokens,).
    """

    def __init__(self, logits: Logits) -> None:
        self.logits = logits
        self.logp = logits - _log_total(logits)
        self.p = np.exp(self.logp)
        self.weighed = self.p * self.logp
        self.entropy: Floats = -self.weighed.sum(axis=1, dtype=np.float64)
        self.top: Ints = logits.argmax(axis=1)
        self.best = np.argpartition(logits, -_LEAST, axis=1)[:, -_LEAST:]
        self.about_mean = logits - logits.mean(axis=1, keepdims=True)
        self.spread = self.about_mean.std(axis=1)


def error_figures(reference: ReferenceLogits, logits: Logits, text: Sequence[int]) -> Floats:
    """Measure a level's errors over a text.

    Args:
        reference: What the reference holds of it.
        logits: What the level does, shape (tokens, vocabulary).
        text: The text's tokens.

    Returns:
        Shape (tokens, figures), in the order of ``STRENGTH`` and then ``SHAPE``. Where there is no error, and
        at the first token for ``follow``, zeros.
    """
    found = np.zeros((len(text), len(STRENGTH) + len(SHAPE)))
    before = None
    for i, token in enumerate(text):
        error = logits[i] - reference.logits[i]
        error -= error.mean()
        size = float(np.sqrt(np.square(error).mean()))
        strength = _strength(reference, i, error, size, token)
        shape: Sequence[float] = [0.0] * len(SHAPE)
        if size > 0:
            unit = error / size
            shape = _shape(reference, i, unit, token, before)
            before = unit
        found[i] = (*strength, *shape)
    return found


def _strength(reference: ReferenceLogits, i: int, error: Logits, size: float, token: int) -> Sequence[float]:
    p, logp = reference.p[i], reference.logp[i]
    raised = np.exp(error) * p
    total = float(raised.sum(dtype=np.float64))
    ahead = float(p @ np.expm1(error))
    kld = max(np.log1p(ahead) - float(p @ error), 0.0)
    back = max(float(raised @ error) / total - np.log1p(ahead), 0.0)
    entropy = np.log1p(ahead) - (float(raised @ logp) + float(raised @ error)) / total
    dp = float(raised[token]) / total - float(p[token])
    level = reference.logits[i] + error
    fallen = np.count_nonzero(level >= level[reference.best[i]].min())
    return (
        np.log(kld + _TINY),
        np.log(size + _TINY),
        np.log(abs(dp) + _TINY),
        entropy - float(reference.entropy[i]),
        (back - kld) / (back + kld + _TINY),
        np.log(fallen / _LEAST),
    )


def _shape(
    reference: ReferenceLogits, i: int, unit: Logits, token: int, before: Logits | None
) -> Sequence[float]:
    p, count = reference.p[i], unit.size
    squares = np.square(unit)
    shift = float(p @ unit)
    share = max(float(p @ squares) - shift * shift, 0.0)
    one, two, eight = autocorrelation(unit, (1, 2, 8))
    return (
        float(squares @ unit) / count,
        float(squares @ squares) / count - 3,
        float(np.abs(unit).max()),
        float(np.abs(unit).mean()),
        float(unit @ reference.about_mean[i]) / count / float(reference.spread[i]),
        np.log(share + 1e-9) / 2,
        shift,
        -float(reference.weighed[i] @ unit) - shift * float(reference.entropy[i]),
        float(unit[token]),
        one,
        two,
        eight,
        flatness(unit),
        float(unit @ before) / count if before is not None else 0.0,
    )


def _log_total(logits: Logits) -> Logits:
    most = logits.max(axis=1, keepdims=True)
    total = np.exp(logits - most).sum(axis=1, keepdims=True, dtype=np.float64)
    found: Logits = (np.log(total) + most).astype(np.float32)
    return found
