"""Why a scene was read as it was: its readings, its phases and its kind, each with how sure it is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scene import movement
from scene.atoms import Scene
from scene.evidence import topic
from scene.movement import Movement
from scene.parse import Chunk, How, Taken, build, take
from scene.segment import readings

N_BEST = 5
UNSURE = 1.0  # nats: of the shared hashtags' readings with a smaller margin, a third were wrong
MODEL = "model"  # the topic of what a language model adds to a score

Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to read a chunk.

    Attributes:
        words: Its words, spelled as in the source.
        score: What it was ranked by: two scores compare as log-odds, in nats.
        probability: Softmax of the scores over the options; what is not among them has no part in it.
        decided: What set it apart from the lattice's best reading (and that one from the next best):
            topics of evidence with their share of the difference in nats, the greatest first.
        heard: Its log-probability in nats by a language model, if one was asked.
    """

    words: tuple[str, ...]
    score: float
    probability: float
    decided: Shares
    heard: float | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    """A chunk, and what it was chosen from.

    Attributes:
        chunk: The chunk, with the words that were chosen.
        options: The likeliest ways to read it, the best first; none where the lattice was not asked.
    """

    chunk: Chunk
    options: tuple[Option, ...]

    @property
    def margin(self) -> float:
        """By how much the best option is above the next, in nats; infinite where there is no other."""
        return self.options[0].score - self.options[1].score if len(self.options) > 1 else math.inf

    @property
    def unsure(self) -> bool:
        """Whether the margin is small."""
        return self.margin < UNSURE

    def listen(self, heard: Sequence[float], weight: float) -> Weighing:
        """Rank the options anew with what a language model says of them.

        Args:
            heard: Each option's log-probability, in nats, in the order of ``options``.
            weight: What a nat of the model counts beside a nat of the lattice.
        """
        found = [
            replace(
                option,
                score=option.score + weight * nats,
                decided=_greatest([*option.decided, (MODEL, weight * (nats - heard[0 if rank else 1]))]),
                heard=nats,
            )
            for rank, (option, nats) in enumerate(zip(self.options, heard, strict=True))
        ]
        options = _ranked(found)
        return Weighing(replace(self.chunk, words=options[0].words, how=How.MODEL), options)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A scene, and how it was read.

    Attributes:
        scene: The scene.
        taken: Its source, taken apart.
        weighings: A weighing for every chunk of the source, in order.
    """

    scene: Scene
    taken: Taken
    weighings: tuple[Weighing, ...]

    @property
    def movement(self) -> Movement:
        """Its phases and kind, each with how sure it is and what it rests on."""
        return movement.read([atom.lemma for atom in self.scene.atoms])

    @property
    def probability(self) -> float:
        """How sure it is that every chunk was read rightly, as far as its options go."""
        return math.prod(weighing.options[0].probability for weighing in self.weighings if weighing.options)

    def choose(self, weighings: Iterable[Weighing]) -> Explanation:
        """The same source with its chunks chosen otherwise."""
        chosen = tuple(weighings)
        taken = replace(self.taken, chunks=tuple(weighing.chunk for weighing in chosen))
        return Explanation(build(taken), taken, chosen)


def explain(text: str, *, own: frozenset[str] = frozenset()) -> Explanation:
    """Read a scene as ``parse`` does, and keep what it was chosen from.

    Args:
        text: As for ``parse``.
        own: As for ``parse``.

    Raises:
        SceneError: As ``parse`` does.
    """
    taken = take(text, own=own)
    forms = frozenset(taken.own)
    return Explanation(build(taken), taken, tuple(_weighing(chunk, forms) for chunk in taken.chunks))


def _weighing(chunk: Chunk, own: frozenset[str]) -> Weighing:
    found = readings(chunk.text, N_BEST, own=own) if chunk.how is How.LATTICE else []
    options = [Option(reading.words, reading.score, 1.0, _topics(reading.decided)) for reading in found]
    return Weighing(chunk, _ranked(options))


def _ranked(options: Iterable[Option]) -> tuple[Option, ...]:
    """Options, the best first, with their probabilities."""
    found = sorted(options, key=lambda option: -option.score)
    masses = [math.exp(option.score - found[0].score) for option in found]
    return tuple(
        replace(option, probability=mass / sum(masses)) for option, mass in zip(found, masses, strict=True)
    )


def _topics(decided: Shares) -> Shares:
    shares: dict[str, float] = defaultdict(float)
    for name, share in decided:
        shares[topic(name)] += share
    return _greatest(shares.items())


def _greatest(shares: Iterable[tuple[str, float]]) -> Shares:
    return tuple(sorted(shares, key=lambda share: -abs(share[1])))
