"""The study: whether noise is random, claim by claim, for one model."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.engine.context import Hardware
from models.ladder import Ladder
from models.noise.alone import Cancelled, alone
from models.noise.dependence import LONGEST, Dependence, dependence
from models.partial import Progress
from models.structure.control import BASE
from models.structure.figures import MEASURES
from models.structure.logit_errors import SHAPE
from models.structure.passages import Passage
from models.structure.reading import Listener
from models.structure.survey import Voice, survey
from models.structure.testing import ALPHA, holm
from models.structure.text_errors import PLACE, Against, Together, against, together
from models.structure.weight_errors import WITH_WEIGHT, WeightErrors, weight_errors
from models.structure.weights import WeightsFile
from scene.errors import ModelError

VALUES = ("skew", "kurtosis", "entropy")
"""Measures of a weight error's values, which an order of chance leaves as they are."""

_LEAST = 2  # texts

ORDER = tuple(measure for measure in MEASURES if measure not in VALUES)
"""Measures of their order."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the study says of one claim.

    Attributes:
        name: ``deterministic``, ``context``, ``values``, ``order``, ``weight``, ``strength``, ``place``,
            ``shape``, ``together-kld`` or ``together-error``.
        differing: In how many comparisons there is a difference from chance, each counted with all others of
            the claim in mind (Holm, 5 %); of ``deterministic``, how many levels gave the same bits twice; of
            ``context``, how many other ways to compute the same tokens gave other bits.
        comparisons: How many there were.
    """

    name: str
    differing: int
    comparisons: int

    @property
    def holds(self) -> bool:
        """Whether any differs; of ``deterministic``, whether all agree."""
        return self.differing == self.comparisons if self.name == "deterministic" else self.differing > 0


@dataclass(frozen=True, slots=True)
class Study:
    """All that was found.

    Attributes:
        model: Its catalog id.
        source: Level of the packaged file.
        reference: Level that others are measured against.
        levels: Those studied, in the order asked for.
        exact: Those of them whose weights are the reference's own: there is nothing to control.
        texts: How many texts were read.
        tokens: How many tokens they have.
        seeds: Controls of each level.
        digests: By level, SHA-256 of the first text's logits, from each of two runs.
        dependence: Of the reference and the last level: other ways to compute the same tokens.
        weights: The errors of the weights.
        against: The errors of the logits beside the controls'.
        together: The errors of levels beside one another.
        claims: What that says.
        seconds: It took.
    """

    model: str
    source: str
    reference: str
    levels: tuple[str, ...]
    exact: tuple[str, ...]
    texts: int
    tokens: int
    seeds: int
    digests: dict[str, tuple[str, str]]
    dependence: dict[str, list[Dependence]]
    weights: WeightErrors
    against: list[Against]
    together: list[Together]
    claims: list[Claim]
    seconds: float


def study(
    ladder: Ladder,
    passages: Sequence[Passage],
    levels: Sequence[str],
    seeds: int,
    threads: int,
    progress: Progress,
    cancelled: Cancelled = lambda: False,
) -> Study:
    """Study a model; blocks, for minutes.

    Args:
        ladder: The model's levels.
        passages: Texts to read, at least two.
        levels: Names.
        seeds: Controls of each level, at least two.
        threads: CPU threads.
        progress: Told of what is read.
        cancelled: Asked before each step.

    Raises:
        ModelError: ``passages-too-few``; a level can't be built or read, or the disk is full.
    """
    started = time.perf_counter()
    if len(passages) < _LEAST:
        raise ModelError("passages-too-few", needed=_LEAST, found=len(passages))
    texts = sorted(passages, key=lambda each: each.head)
    whole = (*texts[0].head, *texts[0].tail, *texts[0].text)[-LONGEST:]
    changed = {
        name: dependence(ladder.rung(name, progress, cancelled), whole, cancelled, hardware=Hardware(threads))
        for name in dict.fromkeys((ladder.reference, levels[-1]))
    }
    return alone(
        lambda given_up: _study(ladder, texts, levels, seeds, threads, progress, given_up, changed, started),
        cancelled,
    )


def _study(
    ladder: Ladder,
    texts: Sequence[Passage],
    levels: Sequence[str],
    seeds: int,
    threads: int,
    progress: Progress,
    cancelled: Cancelled,
    changed: dict[str, list[Dependence]],
    started: float,
) -> Study:
    digests = {}
    for name in (ladder.reference, *levels):
        path = ladder.rung(name, progress, cancelled).path
        digests[name] = (_digest_of(path, texts[0], threads), _digest_of(path, texts[0], threads))
    base = WeightsFile(ladder.rung(BASE, progress, cancelled).path)
    files = {name: WeightsFile(ladder.rung(name, progress, cancelled).path) for name in levels}
    weights = weight_errors(base, files)
    strained = {strain.level for strain in weights.strains}
    inexact = [name for name in levels if name in strained]
    voices: dict[Voice, Sequence[int]] = {}
    for name in levels:
        drawn = [Voice(name, seed=seed) for seed in range(1, seeds + 1)]
        more = [Voice(name, weights=True), *drawn] if name in strained else []
        voices |= dict.fromkeys([Voice(name), *more], range(len(texts)))
    heard = survey(ladder, texts, voices, threads, progress, cancelled)
    beside, between = against(heard, inexact, seeds), together(heard, inexact, seeds)
    return Study(
        model=ladder.model.id,
        source=ladder.source,
        reference=ladder.reference,
        levels=tuple(levels),
        exact=tuple(name for name in levels if name not in strained),
        texts=len(texts),
        tokens=sum(len(each.text) for each in texts),
        seeds=seeds,
        digests=digests,
        dependence=changed,
        weights=weights,
        against=beside,
        together=between,
        claims=claims(digests, changed, weights, beside, between),
        seconds=time.perf_counter() - started,
    )


def claims(
    digests: dict[str, tuple[str, str]],
    changed: dict[str, list[Dependence]],
    weights: WeightErrors,
    beside: Sequence[Against],
    between: Sequence[Together],
) -> list[Claim]:
    """What figures say of each claim."""

    def count(name: str, p_values: Sequence[float]) -> Claim:
        return Claim(name, sum(p <= ALPHA for p in holm(p_values)), len(p_values))

    def of(measures: Sequence[str]) -> list[float]:
        return [each.p_value for each in beside if each.measure in measures]

    ways = [way for each in changed.values() for way in each if way.what != "again"]
    return [
        Claim("deterministic", sum(one == two for one, two in digests.values()), len(digests)),
        Claim("context", sum(not way.same for way in ways), len(ways)),
        count("values", [row.p_control for row in weights.rows if row.measure in VALUES]),
        count("order", [row.p_shuffled for row in weights.rows if row.measure in ORDER]),
        count("weight", [row.p_shuffled for row in weights.rows if row.measure == WITH_WEIGHT]),
        count("strength", of(["kld"])),
        count("place", of([PLACE])),
        count("shape", of(SHAPE)),
        count("together-kld", [each.p_kld for each in between]),
        count("together-error", [each.p_error for each in between]),
    ]


def _digest_of(path: Path, passage: Passage, threads: int) -> str:
    """The bits of a text's logits, from a model loaded anew."""
    with Listener(path, threads) as listener:
        return hashlib.sha256(listener.read(passage).tobytes()).hexdigest()
