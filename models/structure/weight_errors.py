"""The error of a level's weights: is it like noise, by kind of tensor and level?"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.noise.results import Floats
from models.structure.control import rms
from models.structure.figures import MEASURES, figures
from models.structure.testing import paired
from models.structure.weights import PIECE, Tensor, Weights, WeightsFile

_SAMPLE = 1 << 15  # weights that are looked at together
_LAYERS = 8  # of each kind of tensor, evenly spread
WITH_WEIGHT = "weight"
"""Measure that is not in ``MEASURES``: the correlation of the error with the weight itself."""


@dataclass(frozen=True, slots=True)
class WeightRow:
    """One measure of one kind of tensor at one level, over layers.

    Attributes:
        level: The level.
        kind: As ``Tensor.kind`` has it.
        measure: One of ``MEASURES``, or ``WITH_WEIGHT``.
        samples: Of how many layers or places.
        value: Its mean, for errors in units of their block's RMS.
        shuffled: The same of the errors in an order of chance.
        control: The same of Gaussian noise.
        p_shuffled: Of the first two being equal (paired t over the samples).
        p_control: Of value and control being equal.
    """

    level: str
    kind: str
    measure: str
    samples: int
    value: float
    shuffled: float
    control: float
    p_shuffled: float
    p_control: float


@dataclass(frozen=True, slots=True)
class Strain:
    """How strongly a level disturbs one tensor.

    Attributes:
        level: The level.
        layer: From 0; None for a tensor that belongs to no layer.
        kind: As ``Tensor.kind`` has it.
        relative: RMS of the error over that of the weights.
    """

    level: str
    layer: int | None
    kind: str
    relative: float


@dataclass(frozen=True, slots=True)
class WeightErrors:
    """All of that.

    Attributes:
        rows: By level, kind and measure.
        strains: By level and tensor.
        between: By two levels, the mean correlation of their errors of the same weights.
    """

    rows: list[WeightRow]
    strains: list[Strain]
    between: dict[tuple[str, str], float]


def weight_errors(base: WeightsFile, levels: dict[str, WeightsFile]) -> WeightErrors:
    """Study the errors of levels whose weights differ from the reference's.

    Args:
        base: The reference's weights as F32.
        levels: The levels' by name.
    """
    found = WeightErrors([], [], {})
    samples: dict[str, dict[str, list[Floats]]] = {}
    between: dict[tuple[str, str], list[float]] = {}
    for kind, places in _places(base).items():
        errors: dict[str, list[Weights]] = {}
        for tensor, number in places:
            ours = base.piece(tensor, number)[:_SAMPLE]
            for name, level in levels.items():
                other = level.tensors[tensor.name]
                if other.type == tensor.type:
                    continue
                error = level.piece(other, number)[:_SAMPLE] - ours
                errors.setdefault(name, []).append(error)
                if not error.any():
                    continue
                strong = float(np.sqrt(np.square(error).mean() / np.square(ours).mean()))
                found.strains.append(Strain(name, tensor.layer, tensor.kind, strong))
                chance = np.random.default_rng(zlib.crc32(f"{name} {tensor.name} {number}".encode()))
                samples.setdefault(name, {}).setdefault(kind, []).append(
                    _sample(error, ours, other.block, chance)
                )
        for one in errors:
            for two in errors:
                if one < two:
                    pairs = zip(errors[one], errors[two], strict=True)
                    between.setdefault((one, two), []).extend(
                        float(np.corrcoef(a, b)[0, 1]) for a, b in pairs if a.any() and b.any()
                    )
    for name, kinds in samples.items():
        for kind, each in kinds.items():
            found.rows.extend(_rows(name, kind, np.stack(each)))
    found.between.update({pair: float(np.mean(values)) for pair, values in between.items() if values})
    return found


def _places(base: WeightsFile) -> dict[str, list[tuple[Tensor, int]]]:
    """By kind, tensors and numbers of pieces to look at."""
    kinds: dict[str, list[Tensor]] = {}
    for tensor in base.tensors.values():
        kinds.setdefault(tensor.kind, []).append(tensor)
    found: dict[str, list[tuple[Tensor, int]]] = {}
    for kind, tensors in kinds.items():
        tensors.sort(key=lambda each: each.layer or 0)
        places = [(tensor, 0) for tensor in tensors]
        if len(tensors) == 1:
            places = [(tensors[0], number) for number in range(-(-tensors[0].count // PIECE))]
        found[kind] = [places[number] for number in _spread(len(places))]
    return found


def _spread(count: int) -> Sequence[int]:
    return sorted({int(place) for place in np.linspace(0, count - 1, _LAYERS)})


def _sample(error: Weights, weights: Weights, block: int, chance: np.random.Generator) -> Floats:
    """Figures of an error, of it shuffled, and of Gaussian noise, shape (3, measures + 1)."""
    strength = rms(error, block)
    # A block without error, such as one of zeros, has no units.
    live = np.repeat(strength > 0, block)
    unit = error[live] / np.repeat(strength, block)[live]
    drawn = chance.standard_normal(unit.size, dtype=np.float32)
    drawn /= np.repeat(rms(drawn, block), block)
    ours = weights[live]
    return np.stack(
        [
            np.append(figures(each), np.corrcoef(each, ours)[0, 1])
            for each in (unit, chance.permutation(unit), drawn)
        ]
    )


def _rows(level: str, kind: str, samples: Floats) -> list[WeightRow]:
    found = []
    for at, measure in enumerate((*MEASURES, WITH_WEIGHT)):
        ours, shuffled, control = samples[:, 0, at], samples[:, 1, at], samples[:, 2, at]
        means = float(ours.mean()), float(shuffled.mean()), float(control.mean())
        p_values = paired(ours, shuffled), paired(ours, control)
        found.append(WeightRow(level, kind, measure, len(samples), *means, *p_values))
    return found
