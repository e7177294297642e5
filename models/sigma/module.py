"""SIGMA: listens to what precision says over a text, and composes a text of what it heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from models import keywords
from models.ladder import Ladder, level
from models.llama import Llama
from models.noise.alone import alone
from models.noise.instrument import DEFAULT_LEVELS
from models.partial import Progress, silent
from models.sigma import keeping
from models.sigma.results import Recognition, Sigma
from models.sigma.signal import Signal, listen
from models.sigma.training import Trained
from models.structure.passages import Passage, passage
from models.writer import Writer
from scene.atoms import Lang, Scene
from scene.forms import Form

_ATOMS = 5  # of the scene that heard words make
_LEAST = 3  # tokens of a text whose error the oracle can judge


class SigmaModule:
    """The module that the second seed asks for.

    Args:
        ladder: The model's levels.
        writer: Writes with the same model.
        threads: CPU threads.
    """

    def __init__(self, ladder: Ladder, writer: Writer, threads: int) -> None:
        self._ladder = ladder
        self._writer = writer
        self._threads = threads

    async def hear(
        self,
        scene: Scene,
        form: Form,
        lang: Lang,
        *,
        seed: int,
        levels: Sequence[str] = DEFAULT_LEVELS,
        count: int | None = None,
        owner: int = 0,
        progress: Progress = silent,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Sigma:
        """Write a scene's text, let all levels read it, and voice what they heard.

        Args:
            scene: What to voice.
            form: How.
            lang: ``RU`` or ``EN``.
            seed: Of both texts.
            levels: Who listens; none is asked twice.
            count: Candidates to choose each text from; None takes as many as there is time for.
            owner: Whose texts they are, for a queue that is fair between chats.
            progress: Told of levels done, as ``sigma LEVEL``, from another thread.
            cancelled: Asked before each step, from another thread.

        Raises:
            ModelError: ``noise-cancelled``, ``level-unknown``, and the writer's, ladder's and model's own.
        """
        started = time.perf_counter()
        names = list(dict.fromkeys(levels))
        for name in names:
            if name != self._ladder.source:
                level(name)
        written = await self._writer.write(scene, form, lang, seed=seed, count=count, owner=owner)

        def lay_out(llama: Llama) -> Passage:
            return passage(llama, self._writer.model, scene, form, lang, written.text)

        def work(cancelled: Callable[[], bool]) -> Signal:
            return listen(self._ladder, lay_out, names, self._threads, progress, cancelled)

        signal = await asyncio.to_thread(alone, work, cancelled)
        heard = keywords.chain(list(signal.words), lang, frozenset())
        text = None
        if heard is not None:
            short = keywords.chain([atom.text for atom in heard.atoms[:_ATOMS]], lang, frozenset()) or heard
            text = (await self._writer.write(short, form, lang, seed=seed, count=count, owner=owner)).text
        oracle = keeping.load(self._ladder.model).get("level")
        return Sigma(
            model=self._ladder.model.id,
            reference=self._ladder.reference,
            seed=seed,
            read=written.text,
            tokens=signal.tokens,
            levels=tuple(names),
            signal=signal.heard,
            words=signal.words,
            text=text,
            oracle=oracle.oracle if oracle else None,
            recognised=recognised(oracle, signal) if oracle and signal.tokens >= _LEAST else (),
            seconds=time.perf_counter() - started,
        )


def recognised(trained: Trained, signal: Signal) -> tuple[Recognition, ...]:
    """What an oracle says of the levels that it knows."""
    classifier, found = trained.classifier, []
    for name, error in signal.errors.items():
        if name in classifier.names:
            shares = classifier.probabilities(error[None])[0]
            guess = classifier.names[int(shares.argmax())]
            found.append(Recognition(name, guess, float(shares[classifier.names.index(name)])))
    return tuple(found)
