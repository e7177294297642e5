"""What a language model adds where the lattice is unsure: ``python -m tests.bench.reranking`` (minutes).

The weight of the model's log-probability is fitted on one half of the rows and tested on the other, and back.
The lattice's weights were fitted on all these rows, so that they leave less to put right than new words do.
"""

from __future__ import annotations

import asyncio
import math
import random
import statistics
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from bot import settings
from bot.loading import load_backend
from models.reranker import WEIGHT, Reranker
from scene.errors import ModelError, SceneError
from scene.explain import UNSURE, Weighing, explain
from tests.bench.segmentation import DATA, development

WEIGHTS = np.linspace(0, 1.5, 31)
SPLITS = 5  # ways to halve the rows


@dataclass(frozen=True, slots=True)
class Unsure:
    """A row of one chunk that the lattice is unsure of.

    Attributes:
        weighing: What it was chosen from.
        heard: The model's log-probability of each option, in nats.
        answers: Accepted answers.
    """

    weighing: Weighing
    heard: list[float]
    answers: frozenset[str]

    def gain(self, weight: float) -> int:
        """1 when the model puts a wrong reading right, -1 when it spoils a right one."""
        return self.right(self.weighing.listen(self.heard, weight)) - self.right(self.weighing)

    def likelihood(self, weight: float) -> float:
        """Log-probability of the accepted options; 0 where there is none to find."""
        options = self.weighing.listen(self.heard, weight).options
        mass = sum(option.probability for option in options if self._accepts(option.words))
        return math.log(mass) if mass else 0.0

    def right(self, weighing: Weighing) -> bool:
        """Whether the chosen words are an accepted answer."""
        return self._accepts(weighing.chunk.words)

    def _accepts(self, words: tuple[str, ...]) -> bool:
        return "|".join(words).lower() in self.answers


def fit(rows: list[Unsure]) -> float:
    """The weight that makes the accepted options likeliest."""
    return float(max(WEIGHTS, key=lambda weight: sum(row.likelihood(weight) for row in rows)))


def cross_validate(rows: list[Unsure]) -> float:
    """Rows gained by weights fitted on the other half of the rows, mean over several halvings."""
    gains: list[int] = []
    for split in range(SPLITS):
        order = list(rows)
        random.Random(split).shuffle(order)
        halves = order[::2], order[1::2]
        gain = 0
        for tested, fitted in (halves, halves[::-1]):
            weight = fit(fitted)
            gain += sum(row.gain(weight) for row in tested)
        gains.append(gain)
    return statistics.mean(gains)


async def listen(lang: str, reranker: Reranker) -> tuple[list[Unsure], list[float]]:
    """The unsure rows of a language, and how many seconds each took the model."""
    found: list[Unsure] = []
    seconds: list[float] = []
    for source, answers in development(lang):
        try:
            weighings = explain(source).weighings
        except SceneError:  # a letter or digits alone
            continue
        if len(weighings) == 1 and weighings[0].unsure:
            begin = time.perf_counter()
            heard = await reranker.hear(weighings[0])
            seconds.append(time.perf_counter() - begin)
            found.append(Unsure(weighings[0], heard, answers))
    return found, seconds


async def measure(console: Console) -> None:
    """Print the gain in both languages."""
    chosen = settings.load()
    engine = load_backend(chosen)
    table = Table(
        "language", "rows", "unsure", "wrong", "gained, cross-validated", "weight", "gained as shipped", "ms",
        title=f"{chosen.model}, margin below {UNSURE}",
    )  # fmt: skip
    try:
        for lang in ("ru", "en"):
            rows, seconds = await listen(lang, Reranker(engine))
            total = len(development(lang))
            gained = cross_validate(rows)
            table.add_row(
                lang,
                str(total),
                f"{len(rows)} ({len(rows) / total:.1%})",
                str(sum(not row.right(row.weighing) for row in rows)),
                f"{gained:+.1f} ({gained / total:+.2%})",
                f"{fit(rows):.2f}",
                f"{sum(row.gain(WEIGHT) for row in rows):+d}",
                f"{statistics.median(seconds) * 1000:.0f}",
            )
    finally:
        engine.close()
    console.print(table)


def main() -> None:
    """Print what re-ranking gains, if there are data and a model."""
    console = Console()
    if not DATA.is_dir():
        console.print(f"no development data in {DATA}: set HYPERBRIDGE_SHARED to the folder that holds data/")
        return
    try:
        asyncio.run(measure(console))
    except ModelError as error:
        console.print(f"no model to ask: {error}")


if __name__ == "__main__":
    main()
