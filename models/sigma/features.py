"""A text's error as one row of features, from which an oracle tells noises apart."""

from __future__ import annotations

import numpy as np
from scipy import stats

from models.noise.results import Floats
from models.structure.logit_errors import SHAPE, STRENGTH

_FIGURES = (*STRENGTH, *SHAPE)
_SIZE = _FIGURES.index("log_rms")
STRENGTHLESS = (*(f"{name}_{part}" for part in ("mean", "sd") for name in SHAPE), "size_sd", "pull", "run")
"""Features that stay as they are when the error is multiplied by any positive number: mean and standard
deviation over the tokens of each shape figure; by how much the error's size varies, how its rank goes with
that of the reference's entropy (Spearman), and its autocorrelation from one token to the next."""

FEATURES = (*(f"{name}_{part}" for part in ("mean", "sd") for name in STRENGTH), *STRENGTHLESS)
"""All of them: those of strength first."""


def features(figures: Floats, entropy: Floats) -> Floats:
    """Sum a text's error up.

    Args:
        figures: Of its tokens, at least three, as ``error_figures`` gives them.
        entropy: The reference's at each token.

    Returns:
        Shape (features,), in the order of ``FEATURES``.
    """
    strong, shape = figures[:, : len(STRENGTH)], figures[:, len(STRENGTH) :]
    size = figures[:, _SIZE]
    around = size - size.mean()
    power = float(around @ around)
    steady = power < 1e-12
    pull = 0.0 if steady or np.ptp(entropy) == 0 else float(stats.spearmanr(size, entropy).statistic)
    run = 0.0 if steady else float(around[:-1] @ around[1:]) / power
    parts = [strong.mean(axis=0), strong.std(axis=0), shape.mean(axis=0), shape.std(axis=0)]
    return np.concatenate([*parts, [float(size.std()), pull, run]])
