"""How far one distribution over the vocabulary is from another, from raw logits.

All is computed in float32, in which llama.cpp gives the logits, with sums in float64: for 262,144 tokens this
is several times faster than float64 throughout, and costs no digits that matter (see ``Distance.row``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.engine.context import Logits
from models.noise.results import PerToken


class Figures(NamedTuple):
    """One token's part of :class:`models.noise.results.PerToken`."""

    kld: float
    dp: float
    logprob: float
    rank: int
    entropy: float
    top: int
    same_top: bool


class Distance:
    """Compares rows of logits. It works in buffers of its own: each thread needs one.

    Args:
        vocab_size: Tokens of the vocabulary.
    """

    def __init__(self, vocab_size: int) -> None:
        self._lowered = np.empty(vocab_size, dtype=np.float32)
        self._powers = np.empty(vocab_size, dtype=np.float32)
        self._product = np.empty(vocab_size, dtype=np.float32)

    def row(self, reference: Logits, level: Logits, token: int) -> Figures:
        """Compare what the reference and a level expect at one place of a text.

        With logits a and b, and A and B the logarithms of the sums of their exponentials, the divergence is
        the reference's mean of (a - b) - (A - B). Where two distributions are near, so are their logits, and
        their difference is exact; that of log-probabilities would lose the very digits that are asked for.

        Args:
            reference: The reference's logits, shape (vocabulary,), finite.
            level: The level's.
            token: What stands there in the reference's text.
        """
        top, total = self._spread(level)
        logprob = float(self._lowered[token]) - total
        rank = int(np.count_nonzero(self._lowered > self._lowered[token]))
        np.multiply(self._powers, self._lowered, out=self._product)
        entropy = total - float(self._product.sum(dtype=np.float64)) / math.exp(total)

        own_top, own_total = self._spread(reference)
        own_logprob = float(self._lowered[token]) - own_total
        shift = float(reference[own_top]) - float(level[top]) + own_total - total
        rounded = np.float32(shift)
        np.subtract(reference, level, out=self._product)
        self._product -= rounded
        self._product *= self._powers
        kld = float(self._product.sum(dtype=np.float64)) / math.exp(own_total) + float(rounded) - shift
        return Figures(
            kld=max(0.0, kld),  # below it only by rounding
            dp=math.exp(logprob) - math.exp(own_logprob),
            logprob=logprob,
            rank=rank,
            entropy=entropy,
            top=top,
            same_top=top == own_top,
        )

    def logprob(self, logits: Logits, token: int) -> float:
        """The natural log-probability of a token."""
        _, total = self._spread(logits)
        return float(self._lowered[token]) - total

    def _spread(self, logits: Logits) -> tuple[int, float]:
        """The likeliest token, and the logarithm of the sum of all exponentials above its own.

        Then ``_lowered`` holds the logits less the greatest, and ``_powers`` the exponentials of that.
        """
        top = int(logits.argmax())
        np.subtract(logits, logits[top], out=self._lowered)
        np.exp(self._lowered, out=self._powers)
        return top, math.log(float(self._powers.sum(dtype=np.float64)))


def gathered(figures: Sequence[Figures]) -> PerToken:
    """Lay out the tokens of a text, of which there is at least one."""
    kld, dp, logprob, rank, entropy, top, same_top = zip(*figures, strict=True)
    return PerToken(
        kld=np.array(kld),
        dp=np.array(dp),
        logprob=np.array(logprob),
        rank=np.array(rank, dtype=np.int64),
        entropy=np.array(entropy),
        top=np.array(top, dtype=np.int64),
        same_top=np.array(same_top, dtype=np.bool_),
    )
