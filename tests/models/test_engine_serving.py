"""The engine among many callers: who is served when, and what is left when somebody goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from models.backend import Prompt, Sampling
from models.engine import Engine, Hardware
from scene.errors import ModelError

HEAD = "Colours, one a line.\n\nsky:\nblue\n\ngrass:\ngreen\n\n"
PROMPT = Prompt(HEAD, "snow:\n")
SHORT = Sampling(max_tokens=12)
LONG = Sampling(max_tokens=35, stop=(), temperature=1.0, min_p=0.02)
ALL = 512  # cells: room for one request of twelve long candidates


@pytest.fixture
def small(model_path: Path) -> Iterator[Engine]:
    """An engine with room for one large request at a time."""
    engine = Engine(model_path, hardware=Hardware(threads=1), cells=ALL)
    yield engine
    engine.close()


async def _texts(engine: Engine, prompt: Prompt = PROMPT, seed: int = 1, count: int = 2) -> list[str]:
    return [item.text for item in (await engine.candidates(prompt, SHORT, count=count, seed=seed)).items]


async def test_many_callers_at_once_each_get_their_own(engine: Engine) -> None:
    names = ["snow", "coal", "blood", "gold", "ocean", "night", "leaf", "ash"]
    prompts = [Prompt(HEAD, f"{name}:\n") for name in names]
    alone = [await _texts(engine, prompt, seed=i, count=1) for i, prompt in enumerate(prompts)]
    before = engine.meter.steps
    together = await asyncio.gather(
        *(_texts(engine, prompt, seed=i, count=1) for i, prompt in enumerate(prompts))
    )
    # Batched numbers differ in their last bits, so a draw may fall otherwise: most must be the same.
    same = sum(a == b for a, b in zip(alone, together, strict=True))
    assert same >= len(names) // 2
    assert engine.meter.steps - before < 4 * SHORT.max_tokens


async def test_the_same_lone_request_gives_the_same_text_after_a_crowd(engine: Engine) -> None:
    first = await engine.candidates(PROMPT, LONG, count=3, seed=5)
    crowd = [engine.candidates(Prompt(HEAD, f"{i}:\n"), LONG, count=4, seed=i) for i in range(6)]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*crowd), 3)
    again = await engine.candidates(PROMPT, LONG, count=3, seed=5)
    assert [item.text for item in first.items] == [item.text for item in again.items]
    assert [item.logprobs for item in first.items] == [item.logprobs for item in again.items]


async def test_a_stream_is_the_candidate_of_the_same_seed(engine: Engine) -> None:
    [text] = await _texts(engine, seed=9, count=1)
    pieces = [piece async for piece in engine.stream(PROMPT, SHORT, seed=9)]
    assert "".join(pieces) == text
    assert all(pieces)


async def test_the_first_candidate_can_be_watched(engine: Engine) -> None:
    pieces: list[str] = []
    found = await engine.candidates(PROMPT, SHORT, count=4, seed=3, watch=pieces.append)
    assert "".join(pieces) == found.items[0].text


async def test_leaving_a_stream_stops_the_writing(engine: Engine) -> None:
    async with contextlib.aclosing(engine.stream(PROMPT, LONG, seed=1)) as stream:
        async for _ in stream:
            break
    await _texts(engine)  # the worker has turned since
    steps = engine.meter.steps
    await asyncio.sleep(0.3)
    assert engine.meter.steps == steps


async def test_scores_are_those_of_the_text_as_it_would_be_written(engine: Engine) -> None:
    [white, teapot] = await engine.score(Prompt(HEAD, "snow:\n"), ["white", "teapot"])
    assert len(white) == len(engine.llama.tokenize("white"))
    assert sum(white) > sum(teapot)
    found = await engine.candidates(PROMPT, Sampling(max_tokens=6, stop=()), count=1, seed=4)
    [item] = found.items
    [again] = await engine.score(PROMPT, [item.text])
    if engine.llama.tokenize(item.text) == engine.llama.tokenize(item.text.strip()):
        assert again[0] == pytest.approx(item.logprobs[0], abs=0.05)


async def test_many_texts_are_scored_in_the_order_given(engine: Engine) -> None:
    texts = [f"{'very ' * i}white" for i in range(20)]
    found = await engine.score(PROMPT, texts)
    assert [len(each) for each in found] == [len(engine.llama.tokenize(text)) for text in texts]
    assert await engine.score(PROMPT, []) == []
    assert await engine.score(PROMPT, [""]) == [[]]


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - the worker is a thread and sets no event
            await asyncio.sleep(0.01)


async def _running(engine: Engine, requests: int) -> None:
    await _until(lambda: len(engine._worker.scheduler.running) >= requests)


@contextlib.asynccontextmanager
async def _busy(engine: Engine, owner: int = 1) -> AsyncIterator[asyncio.Task[object]]:
    """Somebody takes all the room for as long as the block lasts."""
    work: asyncio.Task[object] = asyncio.ensure_future(
        engine.candidates(PROMPT, LONG, count=12, seed=1, owner=owner)
    )
    await _running(engine, 1)
    try:
        yield work
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, ModelError):
            await work


async def test_turns_go_round_between_owners(small: Engine) -> None:
    order: list[str] = []

    async def ask(owner: int, name: str) -> None:
        await small.candidates(PROMPT, LONG, count=12, seed=1, owner=owner, enough=1)
        order.append(name)

    async with _busy(small, owner=1):
        tasks = []
        for owner, name in [(2, "a1"), (2, "a2"), (2, "a3"), (3, "b1"), (1, "c1")]:
            tasks.append(asyncio.ensure_future(ask(owner, name)))
            await asyncio.sleep(0.02)
        places = [small.place(owner) for owner in (2, 3, 1, 4)]
    await asyncio.gather(*tasks)
    assert [place and place.position for place in places] == [0, 1, 4, None] or order[0] == "a1"
    assert order.index("b1") < order.index("a2")
    assert order.index("c1") < order.index("a3")


async def test_what_fits_only_without_the_room_for_guesses_is_refused_and_blocks_nobody(
    small: Engine,
) -> None:
    """Of the cache's cells, guesses may need some."""
    prompt = Prompt("", "snow:\n")
    tail = len(small.llama.tokenize(prompt.tail))
    with pytest.raises(ModelError) as caught:
        await small.candidates(prompt, Sampling(max_tokens=ALL - tail - 8), count=1, seed=1, deadline=20)
    assert caught.value.key == "prompt-too-long"
    assert all(await _texts(small))


async def test_a_cache_too_small_to_measure_in_serves_all_the_same(model_path: Path, tmp_path: Path) -> None:
    engine = Engine(model_path, hardware=Hardware(threads=1), cells=256, cache=tmp_path)
    try:
        found = await engine.candidates(PROMPT, SHORT, count=2, seed=1, deadline=30)
        assert all(item.text for item in found.items)
    finally:
        engine.close()


async def test_too_many_waiting_are_told_at_once(small: Engine) -> None:
    async with _busy(small):
        requests = [small.candidates(PROMPT, LONG, count=12, seed=1, owner=2) for _ in range(17)]
        waiting = [asyncio.ensure_future(request) for request in requests]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION, timeout=5)
        assert [task.exception().key for task in done] == ["engine-busy"]  # type: ignore[union-attr]
        for task in waiting:
            task.cancel()


async def test_a_waiting_request_can_be_given_up(small: Engine) -> None:
    async with _busy(small):
        waiting = asyncio.ensure_future(small.candidates(PROMPT, LONG, count=12, seed=1, owner=2))
        await _until(lambda: small.place(2) is not None)
        waiting.cancel()
        await _until(lambda: small.place(2) is None)


async def test_what_was_written_by_the_deadline_comes_as_it_is(engine: Engine) -> None:
    longer = replace(LONG, max_tokens=200)
    found = await engine.candidates(PROMPT, longer, count=8, seed=1, deadline=0.4)
    assert all(len(item.logprobs) < longer.max_tokens for item in found.items)
    assert any(item.text for item in found.items)


async def test_who_waits_beyond_the_deadline_is_told(small: Engine) -> None:
    async with _busy(small):
        with pytest.raises(ModelError) as caught:
            await small.candidates(PROMPT, LONG, count=12, seed=1, owner=2, deadline=0.1)
    assert caught.value.key == "engine-late"


async def test_closing_lets_the_running_finish_and_sends_the_waiting_home(model_path: Path) -> None:
    engine = Engine(model_path, hardware=Hardware(threads=1), cells=ALL)
    running = asyncio.ensure_future(engine.candidates(PROMPT, LONG, count=12, seed=1))
    waiting = asyncio.ensure_future(engine.candidates(PROMPT, LONG, count=12, seed=1, owner=2))
    await _until(lambda: engine.place(2) is not None)
    await asyncio.to_thread(engine.close, 120)
    assert all(len(item.logprobs) == LONG.max_tokens or item.complete for item in (await running).items)
    with pytest.raises(ModelError) as caught:
        await waiting
    assert caught.value.key == "engine-closed"
    with pytest.raises(ModelError) as caught:
        await engine.candidates(PROMPT, SHORT, count=1, seed=1)
    assert caught.value.key == "engine-closed"
    engine.close()


async def test_closing_without_grace_gives_back_what_there_is(model_path: Path) -> None:
    engine = Engine(model_path, hardware=Hardware(threads=1))
    pieces: asyncio.Queue[str] = asyncio.Queue()
    work = asyncio.ensure_future(engine.candidates(PROMPT, LONG, count=1, seed=1, watch=pieces.put_nowait))
    await pieces.get()
    await asyncio.to_thread(engine.close, 0)
    [item] = (await work).items
    assert item.text
    assert not item.complete


async def test_a_bad_grammar_hurts_only_its_own_request(engine: Engine) -> None:
    good, bad = await asyncio.gather(
        _texts(engine),
        engine.candidates(PROMPT, Sampling(grammar="root ::= ("), count=2, seed=1),
        return_exceptions=True,
    )
    assert isinstance(bad, ModelError)
    assert bad.key == "model-grammar-failed"
    assert isinstance(good, list)
    assert all(good)


@pytest.mark.parametrize("prompt", [Prompt("", ""), Prompt(HEAD, ""), Prompt("", "snow:\n"), Prompt("a", "")])
async def test_a_prompt_may_lack_its_head_or_tail_or_both(engine: Engine, prompt: Prompt) -> None:
    [item] = (await engine.candidates(prompt, Sampling(max_tokens=4, stop=()), count=1, seed=1)).items
    assert item.logprobs
    [scored] = await engine.score(prompt, ["white"])
    assert len(scored) == len(engine.llama.tokenize("white"))


async def test_a_failing_batch_costs_only_the_request_at_fault(
    model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(model_path, hardware=Hardware(threads=1))
    context = engine._context
    decode, marked = context.decode, engine.llama.tokenize("poison")[0]

    def faulty(rows: object) -> None:
        if any(row.token == marked for row in rows):  # type: ignore[attr-defined]
            raise ModelError("model-decode-failed", code=-3, reason="injected")
        decode(rows)  # type: ignore[arg-type]

    monkeypatch.setattr(context, "decode", faulty)
    try:
        good, bad, other = await asyncio.gather(
            engine.candidates(Prompt(HEAD, "snow:\n"), SHORT, count=2, seed=1),
            engine.candidates(Prompt(HEAD, "poison:\n"), SHORT, count=2, seed=1),
            engine.candidates(Prompt(HEAD, "coal:\n"), SHORT, count=2, seed=1),
            return_exceptions=True,
        )
        assert isinstance(bad, ModelError)
        assert bad.key == "model-decode-failed"
        for found in (good, other):
            assert not isinstance(found, BaseException)
            assert all(item.text for item in found.items)
        with pytest.raises(ModelError, match="model-decode-failed"):  # a head at fault
            await engine.candidates(Prompt("poison", "coal:\n"), SHORT, count=1, seed=1)
    finally:
        engine.close()


@pytest.mark.parametrize("kv_type", ["f32", "bf16", "q8_0"])
async def test_the_cache_can_keep_its_numbers_otherwise(model_path: Path, kv_type: str) -> None:
    hardware = Hardware(threads=1, kv_type=kv_type, flash_attention=True)  # type: ignore[arg-type]
    engine = Engine(model_path, hardware=hardware, cells=1024)
    try:
        assert all(await _texts(engine))
    finally:
        engine.close()


async def test_without_flash_attention(model_path: Path) -> None:
    engine = Engine(model_path, hardware=Hardware(threads=1, flash_attention=False), cells=1024)
    try:
        assert all(await _texts(engine))
    finally:
        engine.close()


async def test_more_room_than_there_is_memory_for_is_taken_in_part(
    model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=200 << 20))
    engine = Engine(model_path, hardware=Hardware(threads=1), cells=1 << 28)
    try:
        assert 1024 <= engine._context.cells <= 8192
        assert all(await _texts(engine))
    finally:
        engine.close()
