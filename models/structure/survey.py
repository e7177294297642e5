"""What every level, and its control, makes of the same texts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.engine.context import Logits
from models.ladder import Ladder
from models.noise.results import Bools, Floats
from models.noise.windows import Spool
from models.partial import Progress
from models.structure.control import BASE, Change, Strength, dequantized, lent
from models.structure.logit_errors import ReferenceLogits, error_figures
from models.structure.passages import Passage
from models.structure.reading import Listener
from models.structure.weights import WeightsFile


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose error is looked at.

    Attributes:
        level: A level.
        seed: The draw of Gaussian noise of the level's strength; None for the level itself.
        weights: With no seed: the level's weights in F32, so that nothing but the weights differs from the
            reference; the level itself also computes with rounded activations.
    """

    level: str
    seed: int | None = None
    weights: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a voice makes of a passage.

    Attributes:
        figures: Of its errors, as ``error_figures`` gives them.
        same_top: Whether it holds the same token likeliest as the reference, shape (tokens,).
    """

    figures: Floats
    same_top: Bools


@dataclass(frozen=True, slots=True)
class Survey:
    """What all voices make of all passages.

    Attributes:
        passages: The texts.
        entropy: The reference's at each token of each text, in nats.
        heard: By voice, what it makes of each text it read, by the text's number.
    """

    passages: Sequence[Passage]
    entropy: list[Floats]
    heard: dict[Voice, dict[int, Reading]]


def survey(
    ladder: Ladder,
    passages: Sequence[Passage],
    voices: dict[Voice, Sequence[int]],
    threads: int,
    progress: Progress,
    cancelled: Callable[[], bool] = lambda: False,
) -> Survey:
    """Let voices read passages; blocks, for minutes.

    Args:
        ladder: The model's levels.
        passages: What to read.
        voices: Each with the numbers of the passages that it reads.
        threads: CPU threads.
        progress: Told of voices done; and of what the ladder builds.
        cancelled: Asked while a level is built, and before each step of reading.

    Raises:
        ModelError: A level can't be built or read, or the disk is full.
    """
    base = WeightsFile(ladder.rung(BASE, progress, cancelled).path)
    found = Survey(passages, [], {})
    firsts = list(itertools.accumulate((len(passage.text) for passage in passages), initial=0))
    with ExitStack() as stack:
        with Listener(
            ladder.rung(ladder.reference, progress, cancelled).path, threads, cancelled
        ) as listener:
            vocab_size = listener.llama.vocab_size
            # Too many for memory: a megabyte a token where there are 262,144 tokens.
            spool = stack.enter_context(closing(Spool(base.path.parent, firsts[-1], vocab_size)))
            for first, passage in zip(firsts, passages, strict=False):
                logits = listener.read(passage)
                found.entropy.append(ReferenceLogits(logits).entropy)
                spool.write(first, logits)

        def kept(number: int) -> ReferenceLogits:
            rows = np.empty((len(passages[number].text), vocab_size), dtype=np.float32)
            spool.read(firsts[number], rows)
            return ReferenceLogits(rows)

        strengths: dict[str, Strength] = {}
        for done, (voice, numbers) in enumerate(voices.items()):
            progress(done, len(voices), voice.level)
            rung = ladder.rung(voice.level, progress, cancelled)

            def listen(path: Path, numbers: Sequence[int] = numbers) -> dict[int, Reading]:
                with Listener(path, threads, cancelled) as listener:
                    return {
                        number: reading(
                            kept(number),
                            listener.read(passages[number]),
                            passages[number],
                        )
                        for number in numbers
                    }

            change = _change(base, voice, WeightsFile(rung.path), strengths)
            if change is None:
                found.heard[voice] = listen(rung.path)
            else:
                with lent(base, change) as path:
                    found.heard[voice] = listen(path)
        progress(len(voices), len(voices), BASE)
    return found


def reading(reference: ReferenceLogits, logits: Logits, passage: Passage) -> Reading:
    """Compare what a voice makes of a passage with what the reference does."""
    figures = error_figures(reference, logits, passage.text)
    return Reading(figures, logits.argmax(axis=1) == reference.top)


def _change(
    base: WeightsFile, voice: Voice, level: WeightsFile, strengths: dict[str, Strength]
) -> Change | None:
    """What the voice's weights are made by; None for the level's own file."""
    if voice.seed is None:
        return dequantized(level) if voice.weights else None
    if voice.level not in strengths:
        strengths.clear()  # they are large, and voices of one level come together
        strengths[voice.level] = Strength(base, level)
    return strengths[voice.level].noise(voice.seed)
