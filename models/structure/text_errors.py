"""The error of a level's logits over texts, beside that of Gaussian noise of equal strength."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from scipy import stats

from models.noise.interval import interval
from models.noise.results import Floats
from models.structure.logit_errors import SHAPE, STRENGTH
from models.structure.survey import Survey, Voice
from models.structure.testing import outlying

_FIGURES = (*STRENGTH, *SHAPE)
_KLD, _SIZE, _TOKEN = (_FIGURES.index(name) for name in ("log_kld", "log_rms", "token"))
PLACE = "place"
"""Measure that is not in ``SHAPE``: Spearman's correlation of the KLD with the reference's entropy."""


@dataclass(frozen=True, slots=True)
class Against:
    """A level's figure beside those of its controls.

    Attributes:
        level: The level.
        measure: ``kld``, ``PLACE``, or one of ``SHAPE``.
        value: The level's own, with its own arithmetic.
        weights: That of its weights in F32 arithmetic, which is what the controls have.
        draws: Those of the controls, one a seed.
        low: Lower end of the 95 % confidence interval of the draws' mean (Student's t).
        high: Upper end.
        p_value: Of ``weights`` being one more draw.
    """

    level: str
    measure: str
    value: float
    weights: float
    draws: tuple[float, ...]
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Together:
    """How two levels' errors go together over the tokens of texts.

    Attributes:
        one: A level.
        two: Another.
        kld: Spearman's correlation of their KLDs, mean over texts.
        kld_control: That of one level's with those of controls as strong as the other.
        error: Pearson's correlation of their logits' errors at the text's tokens.
        error_control: The same with the controls.
        p_kld: Of ``kld`` being one more of the correlations with controls.
        p_error: Of ``error``.
    """

    one: str
    two: str
    kld: float
    kld_control: float
    error: float
    error_control: float
    p_kld: float
    p_error: float


def against(survey: Survey, levels: Sequence[str], seeds: int) -> list[Against]:
    """Lay every figure of every level beside its controls'.

    Args:
        survey: With each level, its weights alone, and its controls of seeds from 1 on, all over all texts.
        levels: Names.
        seeds: How many controls each has.
    """
    measures: dict[str, Callable[[Floats, Floats], float]] = {
        "kld": lambda figures, _: float(np.exp(figures[:, _KLD]).mean()),
        PLACE: lambda figures, entropy: _spearman(figures[:, _KLD], entropy),
        **{name: partial(_mean, _FIGURES.index(name)) for name in SHAPE},
    }
    found = []
    for level in levels:
        for measure, of in measures.items():
            draws = [_over(survey, Voice(level, seed=seed), of) for seed in range(1, seeds + 1)]
            own = _over(survey, Voice(level), of)
            weights = _over(survey, Voice(level, weights=True), of)
            p_value = outlying(weights, draws)
            found.append(Against(level, measure, own, weights, tuple(draws), *interval(draws), p_value))
    return found


def together(survey: Survey, levels: Sequence[str], seeds: int) -> list[Together]:
    """Correlate the errors of every two levels; arguments as for ``against``."""
    found = []
    for one, two in combinations(levels, 2):
        ours, theirs = Voice(one, weights=True), Voice(two, weights=True)
        draws = [Voice(two, seed=seed) for seed in range(1, seeds + 1)]
        klds = [_between(survey, ours, draw, _klds, _spearman) for draw in draws]
        errors = [_between(survey, ours, draw, _errors, _pearson) for draw in draws]
        kld = _between(survey, ours, theirs, _klds, _spearman)
        error = _between(survey, ours, theirs, _errors, _pearson)
        found.append(
            Together(
                one,
                two,
                kld,
                float(np.mean(klds)),
                error,
                float(np.mean(errors)),
                outlying(kld, klds),
                outlying(error, errors),
            )
        )
    return found


def _over(survey: Survey, voice: Voice, of: Callable[[Floats, Floats], float]) -> float:
    """A figure's mean over texts."""
    read = survey.heard[voice]
    return float(np.mean([of(each.figures, survey.entropy[number]) for number, each in read.items()]))


def _between(
    survey: Survey,
    one: Voice,
    two: Voice,
    series: Callable[[Floats], Floats],
    correlation: Callable[[Floats, Floats], float],
) -> float:
    texts = survey.heard[one].keys() & survey.heard[two].keys()
    ours, theirs = survey.heard[one], survey.heard[two]
    return float(
        np.mean([correlation(series(ours[text].figures), series(theirs[text].figures)) for text in texts])
    )


def _mean(at: int, figures: Floats, _: Floats) -> float:
    return float(figures[:, at].mean())


def _klds(figures: Floats) -> Floats:
    return figures[:, _KLD]


def _errors(figures: Floats) -> Floats:
    """The signed error of the logit of each of the text's tokens."""
    return np.asarray(figures[:, _TOKEN] * np.exp(figures[:, _SIZE]))


def _spearman(one: Floats, two: Floats) -> float:
    return 0.0 if np.ptp(one) == 0 or np.ptp(two) == 0 else float(stats.spearmanr(one, two).statistic)


def _pearson(one: Floats, two: Floats) -> float:
    return 0.0 if np.ptp(one) == 0 or np.ptp(two) == 0 else float(np.corrcoef(one, two)[0, 1])
