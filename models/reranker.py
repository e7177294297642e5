"""Readings that the lattice is unsure of, ranked with a language model's log-probabilities.

A log-linear ranker over the lattice's n best (Collins and Koo, "Discriminative Reranking for Natural Language
Parsing", 2005) with one further weight, which ``tests/bench/reranking.py`` fits; it measures the gain, too.
"""

from __future__ import annotations

import asyncio

from models.backend import Backend, Prompt
from scene import words
from scene.atoms import Lang
from scene.explain import Explanation, Weighing

WEIGHT = 0.3  # what a nat of the model counts beside a nat of the lattice

# Scenes and hashtags as they are typed, a line each: what the model should expect on the next line.
_HEADS = {
    Lang.RU: "снег волк\nшаг в темноту\nПобеда Будет За Нами\nмосква 2015\nнебоскреб\n",
    Lang.EN: "sea salt memory\ni love new york\nWake Up Early\nsunflower\niphone 5 case\n",
}


class Reranker:
    """Chooses among readings where the lattice can't.

    Args:
        backend: Says how likely texts are.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def choose(self, explanation: Explanation) -> Explanation:
        """Ask the model about every chunk whose margin is small.

        Returns:
            The explanation itself when there is none.

        Raises:
            ModelError: As the engine does.
        """
        if not any(weighing.unsure for weighing in explanation.weighings):
            return explanation
        weighings = [await self.best(weighing) for weighing in explanation.weighings]
        return await asyncio.to_thread(explanation.choose, weighings)

    async def best(self, weighing: Weighing) -> Weighing:
        """Rank a chunk's options with what the model says of them; one that is sure stays as it is."""
        return weighing.listen(await self.hear(weighing), WEIGHT) if weighing.unsure else weighing

    async def hear(self, weighing: Weighing) -> list[float]:
        """Log-probability of each of a chunk's options as words with blanks between, in nats."""
        head = _HEADS[words.language_of(weighing.chunk.text) or Lang.EN]
        texts = [f"{' '.join(option.words)}\n" for option in weighing.options]
        return [sum(tokens) for tokens in await self._backend.score(Prompt(head, ""), texts)]
