"""What an oracle is trained on: errors of levels, of their weights alone, and of Gaussian noise as strong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.ladder import Ladder
from models.partial import Progress
from models.sigma.features import features
from models.sigma.oracle import Classifier, Samples, examine, fit
from models.sigma.results import Oracle
from models.structure.passages import Passage
from models.structure.survey import Survey, Voice, survey
from scene.errors import ModelError

FOLDS = 4
_DECOY = 0  # the draw of Gaussian noise that is the same for every text; folds have draws from 1 on
_LEAST = 10  # tokens that a text must have


@dataclass(frozen=True, slots=True)
class Trained:
    """An oracle of one task.

    Attributes:
        classifier: What it learned from all texts.
        oracle: How well it did on texts that it had not learned from.
    """

    classifier: Classifier
    oracle: Oracle


def train(
    ladder: Ladder,
    passages: Sequence[Passage],
    levels: Sequence[str],
    controlled: Sequence[str],
    threads: int,
    progress: Progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Trained]:
    """Survey a model and train its oracles; blocks, for many minutes.

    Args:
        ladder: The model's levels.
        passages: Texts of at least four scenes.
        levels: Those to tell apart.
        controlled: Those of them to tell from Gaussian noise of equal strength.
        threads: CPU threads.
        progress: Told of what is read.
        cancelled: Asked before each step.

    Returns:
        By task; see ``tasks``.

    Raises:
        ModelError: ``passages-too-few``; a level can't be built or read, or the disk is full.
    """
    usable = sorted((each for each in passages if len(each.text) >= _LEAST), key=lambda each: each.head)
    folds = folds_of(usable)
    if len(set(folds)) < FOLDS:
        raise ModelError("passages-too-few", needed=FOLDS, found=len(set(folds)))
    voices: dict[Voice, Sequence[int]] = {}
    for level in levels:
        voices[Voice(level)] = range(len(usable))
        if level in controlled:
            voices[Voice(level, weights=True)] = range(len(usable))
            voices[Voice(level, seed=_DECOY)] = range(len(usable))
            for fold in range(FOLDS):
                voices[Voice(level, seed=fold + 1)] = [n for n, of in enumerate(folds) if of == fold]
    found = survey(ladder, usable, voices, threads, progress, cancelled)
    return {
        task: Trained(fit(samples), examine(samples, task, ladder.model.id))
        for task, samples in tasks(found, folds).items()
    }


def folds_of(passages: Sequence[Passage]) -> list[int]:
    """The fold of each passage: all of one scene in one, as many scenes in each."""
    scenes = {scene: number for number, scene in enumerate(sorted({each.scene for each in passages}))}
    return [scenes[each.scene] % FOLDS for each in passages]


def tasks(found: Survey, folds: Sequence[int]) -> dict[str, Samples]:
    """What there is to tell apart.

    Returns:
        ``level``: which level spoke. ``control``: a level's error from Gaussian noise of equal strength, of
        which each fold has another draw. ``weights``: the same of the level's weights alone, computed with in
        F32 as the noise is. ``decoy``: one draw of Gaussian noise from the others, which shows how well any
        fixed error is recognised, whatever its nature. The last three are only there for levels that have a
        control.
    """
    levels = [voice.level for voice in found.heard if voice.seed is None and not voice.weights]
    controlled = list(dict.fromkeys(voice.level for voice in found.heard if voice.seed is not None))
    rows: dict[str, list[tuple[Voice, int]]] = {
        "level": [(Voice(name), levels.index(name)) for name in levels]
    }
    names = {"level": tuple(levels)}
    if controlled:
        drawn = [(Voice(name, seed=fold + 1), 0) for name in controlled for fold in range(FOLDS)]
        rows["control"] = [*drawn, *((Voice(name), 1) for name in controlled)]
        rows["weights"] = [*drawn, *((Voice(name, weights=True), 1) for name in controlled)]
        rows["decoy"] = [*drawn, *((Voice(name, seed=_DECOY), 1) for name in controlled)]
        names |= {"control": ("noise", "level"), "weights": ("noise", "level"), "decoy": ("noise", "decoy")}
    return {task: _samples(found, rows[task], names[task], folds) for task in rows}


def _samples(
    found: Survey, rows: Sequence[tuple[Voice, int]], names: tuple[str, ...], folds: Sequence[int]
) -> Samples:
    taken = [(voice, label, number) for voice, label in rows for number in found.heard[voice]]
    return Samples(
        features=np.array(
            [
                features(found.heard[voice][number].figures, found.entropy[number])
                for voice, _, number in taken
            ]
        ),
        labels=np.array([label for _, label, _ in taken]),
        names=names,
        texts=np.array([number for _, _, number in taken]),
        folds=np.array([folds[number] for _, _, number in taken]),
    )
