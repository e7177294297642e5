"""The oracle: tells whose error it sees from features of the error alone.

A linear discriminant (Fisher 1936; covariance shrunk as by Ledoit & Wolf 2004), because it has few numbers,
which are plain arrays that a file can hold and anybody can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from models.noise.results import Floats, Ints
from models.sigma.features import FEATURES, STRENGTHLESS
from models.sigma.results import Oracle

VERSION = 1
PERMUTATIONS = 200


@dataclass(frozen=True, slots=True)
class Samples:
    """Errors whose source is known.

    Attributes:
        features: Shape (samples, features), in the order of ``FEATURES``.
        labels: Whose error each is, a number below ``len(names)``, shape (samples,).
        names: What the labels mean.
        texts: Of which text each is, shape (samples,); labels are permuted within one.
        folds: Samples of one fold are tested together by what the others taught, shape (samples,). Texts of
            one scene share a fold, and so does a draw of Gaussian noise.
    """

    features: Floats
    labels: Ints
    names: tuple[str, ...]
    texts: Ints
    folds: Ints


@dataclass(frozen=True, slots=True)
class Classifier:
    """A linear discriminant over standardised features.

    Attributes:
        names: What it tells apart.
        columns: The features it looks at.
        centre: Their means, shape (columns,).
        scale: Their standard deviations.
        weights: Shape (names, columns).
        bias: Shape (names,).
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    centre: Floats
    scale: Floats
    weights: Floats
    bias: Floats

    def probabilities(self, features: Floats) -> Floats:
        """How likely each source is.

        Args:
            features: Shape (samples, features), in the order of ``FEATURES``.

        Returns:
            Shape (samples, names).
        """
        seen = (features[:, _places(self.columns)] - self.centre) / self.scale
        found: Floats = softmax(seen @ self.weights.T + self.bias, axis=1)
        return found


def fit(samples: Samples, columns: Sequence[str] = FEATURES) -> Classifier:
    """Learn to tell the sources of samples apart, of which there are at least two."""
    seen = samples.features[:, _places(columns)]
    centre, scale = seen.mean(axis=0), seen.std(axis=0)
    scale[scale < 1e-12] = 1.0  # a feature that never changes says nothing
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    model.fit((seen - centre) / scale, samples.labels)
    weights, bias = model.coef_, model.intercept_
    if (
        len(samples.names) == 2
    ):  # which scikit-learn keeps as one row, the second source's lead over the first
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return Classifier(samples.names, tuple(columns), centre, scale, weights, bias)


def accuracy(samples: Samples, columns: Sequence[str] = FEATURES) -> float:
    """The share of samples named rightly, each fold by what the others taught."""
    right = 0
    for fold in np.unique(samples.folds):
        test = samples.folds == fold
        found = fit(_some(samples, ~test), columns).probabilities(samples.features[test]).argmax(axis=1)
        right += int((found == samples.labels[test]).sum())
    return right / len(samples.labels)


def examine(
    samples: Samples, task: str, model: str, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Oracle:
    """Say how well samples are told apart, and how well chance does it.

    Args:
        samples: In at least two folds.
        task: Its name.
        model: Whose noise it is, a catalog id.
        permutations: How often the labels are shuffled within every text (Good 2005, ch. 3).
        seed: Of the shuffling.
    """
    chance = np.random.default_rng(seed)
    found = accuracy(samples)
    shuffled = [accuracy(_shuffled(samples, chance)) for _ in range(permutations)]
    _, counts = np.unique(samples.labels, return_counts=True)
    return Oracle(
        task=task,
        model=model,
        version=VERSION,
        labels=samples.names,
        texts=len(np.unique(samples.texts)),
        accuracy=found,
        chance=float(counts.max() / counts.sum()),
        p_value=(1 + sum(each >= found for each in shuffled)) / (1 + permutations),
        shuffled=float(np.mean(shuffled)),
        strengthless=accuracy(samples, STRENGTHLESS),
    )


def _shuffled(samples: Samples, chance: np.random.Generator) -> Samples:
    labels = samples.labels.copy()
    for text in np.unique(samples.texts):
        own = np.flatnonzero(samples.texts == text)
        labels[own] = labels[chance.permutation(own)]
    return Samples(samples.features, labels, samples.names, samples.texts, samples.folds)


def _some(samples: Samples, which: np.ndarray) -> Samples:
    return Samples(
        samples.features[which],
        samples.labels[which],
        samples.names,
        samples.texts[which],
        samples.folds[which],
    )


def _places(columns: Sequence[str]) -> list[int]:
    return [FEATURES.index(column) for column in columns]
