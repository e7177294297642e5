"""A line that doesn't pass the sieve is written again, as if it had never been there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.backend import Candidates, Prompt, Sampling, Sieve
from models.engine import Engine
from tests.conftest import ONE_THREAD

WORDS = "snow wolf ash flame river stone sky leaf".split()
LIST = "\n".join(WORDS)
HEAD = "Lists.\n\n" + "".join(f"{word}:\n{LIST}\n\n" for word in WORDS)
PROMPT = Prompt(HEAD, "moon:\nsnow\n")
SAMPLING = Sampling(max_tokens=40, temperature=1.4, min_p=0.02, repeat_penalty=1.1)
FREE = dict.fromkeys(range(1, 33), 1.0)  # a machine on which guesses cost nothing


async def _ask(engine: Engine, keeps: Callable[[str, bool], bool], tries: int = 5) -> Candidates:
    return await engine.candidates(PROMPT, SAMPLING, count=6, seed=2, sieve=Sieve(keeps, tries))


def _even(text: str, ended: bool) -> bool:
    """Every line has an even number of letters."""
    return all(len(line) % 2 == 0 for line in text.split("\n"))


async def test_lines_that_pass_stay_and_others_are_written_again(engine: Engine) -> None:
    told: list[tuple[str, bool]] = []

    def keeps(text: str, ended: bool) -> bool:
        told.append((text, ended))
        return _even(text, ended)

    held = await _ask(engine, keeps)
    refused = [text for text, ended in told if not _even(text, ended)]
    assert refused
    # A text that has a refused line has none left to try.
    spent = [item for item in held.items[1:] if not _even(item.text, True)]
    assert len(refused) >= 5 * len(spent)
    assert len(spent) < 5
    assert held.tokens > sum(len(item.logprobs) for item in held.items)


async def test_log_probabilities_are_those_of_the_text_that_stands(engine: Engine) -> None:
    held = await _ask(engine, _even)
    compared = 0
    for item in held.items:
        tokens = len(engine.llama.tokenize(item.text))
        [scored] = await engine.score(PROMPT, [item.text])
        if len(item.logprobs) == tokens + 1:  # the model spelt it as usual, and ended it
            # Other batches have other last bits.
            assert item.logprobs[:tokens] == pytest.approx(scored, abs=0.3)
            compared += 1
    assert compared >= 3


async def test_a_candidate_tries_a_few_times_only(engine: Engine) -> None:
    told: list[str] = []

    def never(text: str, ended: bool) -> bool:
        told.append(text)
        return False

    held = await _ask(engine, never, tries=2)
    assert 5 < len(told) <= 5 * 2  # a text of one token has nothing to go back over
    assert all(item.text for item in held.items)


async def test_who_watches_sees_a_text_grow(engine: Engine) -> None:
    pieces: list[str] = []
    sieve = Sieve(lambda text, ended: False, 5)
    held = await engine.candidates(PROMPT, SAMPLING, count=4, seed=3, sieve=sieve, watch=pieces.append)
    assert "".join(pieces) == held.items[0].text


async def test_a_seed_gives_the_same_texts_with_guesses_and_without(model_path: Path) -> None:
    engine = Engine(model_path, cells=4096, hardware=ONE_THREAD)
    try:
        plain, again = await _ask(engine, _even), await _ask(engine, _even)
        assert [item.text for item in plain.items] == [item.text for item in again.items]
        engine._worker._costs = FREE
        guessed = await _ask(engine, _even)
        assert engine.meter.accepted > 10
        # Larger batches differ in their last bits, so that a rare draw falls otherwise.
        pairs = zip(plain.items, guessed.items, strict=True)
        assert sum(a.text == b.text for a, b in pairs) >= 4
    finally:
        engine.close()
