"""Guesses lay more tokens into a batch, and change no text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from models.backend import Prompt, Sampling
from models.engine import Engine, Hardware
from models.engine.drafts import Drafts, depths

COSTS = st.dictionaries(st.integers(1, 40), st.floats(0.001, 1.0), max_size=12)
FREE = dict.fromkeys(range(1, 33), 1.0)  # a machine on which all batches take equally long


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0.0, 1.0)), min_size=1, max_size=40), COSTS)
def test_a_batch_is_planned_for_any_costs(
    sequences: list[tuple[int, float]], costs: dict[int, float]
) -> None:
    found = depths([guesses for guesses, _ in sequences], [hope for _, hope in sequences], costs)
    assert len(found) == len(sequences)
    rows = len(sequences) + sum(found)
    assert min(found) >= 0
    assert rows == len(sequences) or rows in costs


def test_rows_that_cost_nothing_are_filled_and_dear_ones_are_not() -> None:
    assert sum(depths([4] * 8, [0.5] * 8, {8: 1.0, 16: 1.02, 32: 4.0})) == 8
    assert depths([4] * 8, [0.5] * 8, {8: 1.0, 16: 2.0}) == [0] * 8
    assert depths([0] * 7, [0.5] * 7, {7: 1.3, 8: 1.0}) == [1, 0, 0, 0, 0, 0, 0]
    assert depths([4, 4], [0.9, 0.0], {2: 1.0, 5: 1.0}) == [3, 0]
    assert depths([4] * 3, [0.9] * 3, {}) == [0, 0, 0]


def test_what_followed_before_is_guessed_the_longer_context_first() -> None:
    drafts = Drafts([1, 2, 3, 4, 9, 2, 3, 5])
    assert drafts.guess([7, 2, 3])[:1] == [5]  # the latest
    assert drafts.guess([1, 2, 3])[:1] == [4]
    assert drafts.guess([8]) == []
    drafts.learn([8], 1)
    assert drafts.guess([8])[:3] == [1, 2, 3]


async def test_texts_with_guesses_are_those_without(model_path: Path) -> None:
    words = "snow wolf ash flame river stone sky leaf".split()
    head = "Lists.\n\n" + "".join(f"{word}: {', '.join(words)}\n\n" for word in words)
    sampling = Sampling(max_tokens=30, temperature=1.0, min_p=0.05)
    engine = Engine(model_path, hardware=Hardware(threads=1))

    async def texts(prompt: Prompt, sampling: Sampling) -> list[str]:
        return [item.text for item in (await engine.candidates(prompt, sampling, count=6, seed=3)).items]

    try:
        prompt = Prompt(head, "moon: snow, wolf,")
        penalised = replace(sampling, repeat_penalty=1.1)
        plain = await texts(prompt, sampling) + await texts(prompt, penalised)
        steps = engine.meter.steps
        engine._worker._costs = FREE
        guessed = await texts(prompt, sampling) + await texts(prompt, penalised)
        assert engine.meter.accepted > 30
        assert engine.meter.steps - steps < steps
        # Larger batches differ in their last bits, so that a rare draw falls otherwise.
        assert sum(a == b for a, b in zip(plain, guessed, strict=True)) >= 10
    finally:
        engine.close()
