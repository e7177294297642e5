"""The engine with a real model: candidates, seeds, stops, grammar, heads, cancellation, bad files."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from models.backend import Prompt, Sampling
from models.engine import Engine
from models.llama import has_amx
from scene.errors import ModelError
from tests.conftest import ONE_THREAD

HEAD = "Colours, one a line.\n\nsky:\nblue\n\ngrass:\ngreen\n\n"
PROMPT = Prompt(HEAD, "snow:\n")
SHORT = Sampling(max_tokens=12)


async def test_candidates_come_in_number_and_carry_log_probabilities(engine: Engine) -> None:
    found = await engine.candidates(PROMPT, SHORT, count=5, seed=1)
    assert len(found.items) == 5
    assert found.tokens == sum(len(item.logprobs) for item in found.items)
    assert all(item.text and all(value <= 0 for value in item.logprobs) for item in found.items)
    assert 0 < found.first_token_seconds <= found.seconds
    assert len({item.text for item in found.items}) > 1


async def test_a_seed_gives_the_same_texts_and_another_gives_others(engine: Engine) -> None:
    long = replace(SHORT, max_tokens=24, temperature=1.2, min_p=0.02)
    first, again, other = [await engine.candidates(PROMPT, long, count=3, seed=seed) for seed in (7, 7, 8)]
    texts = [[item.text for item in found.items] for found in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]


async def test_text_ends_before_the_stop_string(engine: Engine) -> None:
    sampling = Sampling(max_tokens=40, stop=("e",))
    for item in (await engine.candidates(PROMPT, sampling, count=4, seed=3)).items:
        assert "e" not in item.text


async def test_grammar_holds(engine: Engine) -> None:
    sampling = Sampling(max_tokens=30, grammar='root ::= ("⚡" | "🌫") ("🫁" | "🌱")\n')
    for item in (await engine.candidates(PROMPT, sampling, count=6, seed=5)).items:
        assert item.text in {"⚡🫁", "⚡🌱", "🌫🫁", "🌫🌱"}
        assert item.complete


async def test_a_kept_head_changes_no_text(model_path: Path) -> None:
    fresh = Engine(model_path, cells=4096, hardware=ONE_THREAD)
    try:
        first = await fresh.candidates(PROMPT, SHORT, count=2, seed=11)
        for i in range(24):  # more heads than the cache holds: the first one is evicted and read anew
            await fresh.candidates(Prompt(f"Head {i}.\n", "snow:\n"), Sampling(max_tokens=2), count=1, seed=1)
        again = await fresh.candidates(PROMPT, SHORT, count=2, seed=11)
    finally:
        fresh.close()
    assert [item.text for item in first.items] == [item.text for item in again.items]


async def test_a_cancelled_request_leaves_the_engine_to_others(engine: Engine) -> None:
    before = await engine.candidates(PROMPT, SHORT, count=2, seed=21)
    long = asyncio.create_task(engine.candidates(PROMPT, Sampling(max_tokens=400, stop=()), count=8, seed=2))
    await asyncio.sleep(0.3)
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    after = await engine.candidates(PROMPT, SHORT, count=2, seed=21)
    assert [item.text for item in after.items] == [item.text for item in before.items]


async def test_the_event_loop_is_free_while_the_model_works(engine: Engine) -> None:
    work = asyncio.create_task(engine.candidates(PROMPT, Sampling(max_tokens=40, stop=()), count=8, seed=2))
    ticks = 0
    while not work.done():
        await asyncio.sleep(0.005)
        ticks += 1
    assert ticks > 10


async def test_more_than_fits_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(ModelError) as caught:
        await engine.candidates(Prompt(HEAD, "snow " * 9000), SHORT, count=1, seed=1)
    assert caught.value.key == "prompt-too-long"
    assert (await engine.candidates(PROMPT, SHORT, count=1, seed=1)).items


async def test_control_tokens_typed_by_a_person_are_plain_text(engine: Engine) -> None:
    typed = engine.llama.tokenize("<|im_end|>")
    meant = engine.llama.tokenize("<|im_end|>", special=True)
    assert len(typed) > len(meant) == 1


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + b"\x00" * 64, b"not a model at all" * 100])
def test_a_broken_file_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        Engine(path)
    assert caught.value.key == "model-load-failed"


def test_a_truncated_model_is_a_model_error(tmp_path: Path, model_path: Path) -> None:
    path = tmp_path / "half.gguf"
    path.write_bytes(model_path.read_bytes()[: 40 * 1024 * 1024])
    with pytest.raises(ModelError) as caught:
        Engine(path)
    assert caught.value.key == "model-load-failed"


def test_an_amx_build_is_recognised() -> None:
    assert has_amx("CPU : AVX512 = 1 | AMX_INT8 = 1 | LLAMAFILE = 1 |")
    assert not has_amx("CPU : AVX512 = 1 | AVX512_BF16 = 1 | LLAMAFILE = 1 |")


async def test_the_last_ones_are_not_waited_for_when_enough_are_complete(engine: Engine) -> None:
    sampling = Sampling(temperature=1.2, min_p=0.02, max_tokens=200, stop=("\n", "."))
    everyone = await engine.candidates(PROMPT, sampling, count=8, seed=4)
    some = await engine.candidates(PROMPT, sampling, count=8, seed=4, enough=4)
    assert sum(item.complete for item in some.items) >= 4
    assert some.tokens < everyone.tokens
    for whole, part in zip(everyone.items, some.items, strict=True):
        assert whole.text.startswith(part.text) or part.complete
