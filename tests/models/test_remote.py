"""The remote backend against a server of this machine with a real model, well and unwell."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAI, Spoiled, running

from bot.bridge import Bridge
from bot.settings import Settings
from bot.texts import texts
from models import catalog
from models.backend import Prompt, Sampling
from models.embedder import Embedder
from models.engine import Engine
from models.remote import Remote
from models.writer import Writer
from scene.atoms import Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse

PROMPT = Prompt("Colours, one a line.\n\nsky:\nblue\n\ngrass:\ngreen\n\n", "snow:\n")
WILD = Sampling(temperature=1.2, min_p=0.02, max_tokens=24)
LONG = Sampling(max_tokens=60, stop=())
KEY = "sk-hidden"

Serve = Callable[..., Any]


@pytest.fixture
async def serve(engine: Engine) -> AsyncIterator[Serve]:
    """Starts a server and gives it, and the backend that talks to it."""
    async with AsyncExitStack() as stack:

        async def start(**how: Any) -> tuple[OpenAI, Remote]:
            server = await stack.enter_async_context(running(OpenAI(engine, **how)))
            return server, remote(server.url, how.get("key", ""))

        yield start


def remote(address: str, key: str = "") -> Remote:
    server = catalog.find(address).server
    assert server is not None
    return Remote(server, key)


async def failing(backend: Remote, **how: Any) -> ModelError:
    """The error of a request, which must have a sentence in both languages and no secret in it."""
    with pytest.raises(ModelError) as caught:
        await backend.candidates(PROMPT, WILD, count=2, seed=1, **how)
    for lang in (Lang.EN, Lang.RU):
        assert KEY not in texts(lang).error(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("kind", ["llamacpp", "vllm", "other"])
async def test_candidates_are_what_the_server_wrote(serve: Serve, kind: str) -> None:
    server, backend = await serve(kind=kind)
    found = await backend.candidates(PROMPT, WILD, count=5, seed=7)
    (written,) = server.written
    assert [item.text for item in found.items] == [item.text for item in written]
    assert [item.complete for item in found.items] == [item.complete for item in written]
    assert [item.logprobs for item in found.items] == [pytest.approx(item.logprobs) for item in written]
    assert found.tokens == sum(len(item.logprobs) for item in written)
    assert 0 < found.waiting_seconds <= found.first_token_seconds <= found.seconds
    assert len({item.text for item in found.items}) > 1


async def test_a_seed_gives_the_same_texts_and_another_gives_others(serve: Serve) -> None:
    _, backend = await serve()
    first, again, other = [
        [item.text for item in (await backend.candidates(PROMPT, WILD, count=3, seed=seed)).items]
        for seed in (7, 7, 8)
    ]
    assert first == again != other


async def test_more_texts_than_slots_are_asked_for_in_several_requests(serve: Serve) -> None:
    server, backend = await serve(slots=3)
    found = await backend.candidates(PROMPT, WILD, count=8, seed=1)
    assert sorted(request.get("n", 1) for request in server.requests) == [2, 3, 3]
    assert len({request["seed"] for request in server.requests}) == 3
    assert len(found.items) == 8
    assert all(item.logprobs for item in found.items)


@pytest.mark.parametrize("how", [{"slots": 1}, {"unknown": frozenset({"n"})}])
async def test_a_server_that_writes_one_text_a_request_is_asked_often(
    serve: Serve, how: dict[str, Any]
) -> None:
    server, backend = await serve(kind="other", **how)
    found = await backend.candidates(PROMPT, WILD, count=4, seed=1)
    assert all(item.logprobs for item in found.items)
    before = len(server.requests)
    await backend.candidates(PROMPT, WILD, count=4, seed=2)
    assert ["n" in request for request in server.requests[before:]] == [False] * 4
    assert len({request["seed"] for request in server.requests[before:]}) == 4


@pytest.mark.parametrize("names_them", [True, False])
async def test_what_a_server_refuses_is_not_sent_again(serve: Serve, names_them: bool) -> None:
    server, backend = await serve(
        kind="other", unknown=frozenset({"min_p", "logprobs"}), names_them=names_them
    )
    found = await backend.candidates(PROMPT, WILD, count=1, seed=1)
    assert found.items[0].text
    assert found.items[0].mean_logprob == -math.inf
    before = len(server.requests)
    await backend.candidates(PROMPT, WILD, count=1, seed=2)
    assert len(server.requests) == before + 1
    assert server.requests[-1].keys().isdisjoint({"min_p", "logprobs"})
    assert ("seed" in server.requests[-1]) is names_them


async def test_each_kind_is_asked_in_its_own_words(serve: Serve) -> None:
    bias = ((" white", -math.inf), (" grey", 2.0))
    sampling = Sampling(repeat_penalty=1.1, dry=0.8, bias=bias, grammar='root ::= "white"\n')
    llama, backend = await serve()
    (item,) = (await backend.candidates(PROMPT, sampling, count=1, seed=1)).items
    assert (item.text, item.complete) == ("white", True)
    asked = llama.requests[0]
    assert (asked["repeat_penalty"], asked["dry_multiplier"], asked["top_k"]) == (1.1, 0.8, 0)
    assert asked["logit_bias"] == [[" white", False], [" grey", 2.0]]

    vllm, backend = await serve(kind="vllm")
    (item,) = (await backend.candidates(PROMPT, sampling, count=1, seed=1)).items
    assert item.text == "white"
    asked = vllm.requests[0]
    (white,), (grey,) = (vllm.engine.llama.tokenize(text) for text in (" white", " grey"))
    assert asked["logit_bias"] == {str(white): -100.0, str(grey): 2.0}
    assert asked["repetition_penalty"] == 1.1

    other, backend = await serve(kind="other")
    await backend.candidates(PROMPT, Sampling(stop=tuple("abcdef")), count=1, seed=1)
    assert len(other.requests[0]["stop"]) == 4


async def test_stop_strings_that_a_server_does_not_take_end_a_text_all_the_same(serve: Serve) -> None:
    _, backend = await serve(kind="other")
    sampling = Sampling(max_tokens=40, stop=("Q", "X", "Z", "J", "e"))
    found = await backend.candidates(PROMPT, sampling, count=4, seed=3)
    assert not any("e" in item.text for item in found.items)
    assert any(item.complete for item in found.items)


async def test_a_server_that_ends_without_saying_why_has_ended(serve: Serve) -> None:
    server, backend = await serve(kind="other")
    server.spoiled = [Spoiled(then="end", after=1)]
    (item,) = (await backend.candidates(PROMPT, LONG, count=1, seed=3)).items
    assert item.complete
    assert item.text
    assert server.written[0][0].text.startswith(item.text)


async def test_messages_go_to_the_chat(serve: Serve) -> None:
    server, backend = await serve()
    messages = (("system", "Answer in one word."), ("user", "What colour is snow?"))
    found = await backend.candidates(Prompt("", "", messages=messages), WILD, count=2, seed=1)
    assert server.requests[0]["path"] == "/v1/chat/completions"
    assert [message["role"] for message in server.requests[0]["messages"]] == ["system", "user"]
    assert all(item.text and item.logprobs for item in found.items)


async def test_a_stream_gives_the_text_in_pieces_and_so_does_watching(serve: Serve) -> None:
    server, backend = await serve()
    async with aclosing(backend.stream(PROMPT, LONG, seed=3)) as stream:
        pieces = [piece async for piece in stream]
    assert len(pieces) > 3
    assert "".join(pieces) == server.written[0][0].text
    watched: list[str] = []
    found = await backend.candidates(PROMPT, LONG, count=2, seed=3, watch=watched.append)
    assert len(watched) > 3
    assert "".join(watched) == found.items[0].text


async def test_pieces_never_show_what_turns_out_to_end_the_text(serve: Serve) -> None:
    _, backend = await serve(kind="other")
    whole = Sampling(max_tokens=60, stop=())
    text = (await backend.candidates(PROMPT, whole, count=1, seed=3)).items[0].text
    end = text.split()[4] + " " + text.split()[5]
    cut = Sampling(max_tokens=60, stop=("@@", "@#", "@%", "@&", end[:-1]))
    async with aclosing(backend.stream(PROMPT, cut, seed=3)) as stream:
        assert "".join([piece async for piece in stream]) == text[: text.index(end[:-1])].strip()


async def test_the_last_ones_are_not_waited_for_when_enough_are_complete(serve: Serve) -> None:
    server, backend = await serve()
    server.spoiled = [Spoiled(then="hang", after=14)]
    found = await backend.candidates(PROMPT, WILD, count=8, seed=4, enough=2)
    assert len(found.items) == 8
    assert 2 <= sum(item.complete for item in found.items) < 8
    for part, whole in zip(found.items, server.written[0], strict=True):
        assert whole.text.startswith(part.text)
    await server.left.get()


async def test_a_deadline_gives_what_is_there_and_stops_the_server(serve: Serve) -> None:
    server, backend = await serve()
    server.spoiled = [Spoiled(then="hang", after=3), Spoiled(then="hang", after=3), Spoiled(then="hang")]
    short = Sampling(max_tokens=16, stop=())
    found = await backend.candidates(PROMPT, short, count=2, seed=4, deadline=4.0)
    assert any(item.text for item in found.items)
    assert not all(item.complete for item in found.items)
    for part, whole in zip(found.items, server.written[0], strict=True):
        assert whole.text.startswith(part.text)
    async with aclosing(backend.stream(PROMPT, short, seed=4, deadline=4.0)) as stream:
        assert "".join([piece async for piece in stream])
    assert (await failing(backend, deadline=0.5)).key == "engine-late"
    for _ in range(3):
        await server.left.get()


async def test_a_cancelled_request_stops_the_server(serve: Serve) -> None:
    server, backend = await serve()
    server.spoiled = [Spoiled(then="hang", after=2), Spoiled(then="hang", after=2)]
    begun = asyncio.Event()
    work = asyncio.create_task(backend.candidates(PROMPT, LONG, count=2, seed=2, watch=lambda _: begun.set()))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await server.left.get()
    async with aclosing(backend.stream(PROMPT, LONG, seed=2)) as stream:
        await anext(stream)
    await server.left.get()
    assert (await backend.candidates(PROMPT, WILD, count=2, seed=2)).items


async def test_closing_stops_what_runs_and_refuses_what_comes(serve: Serve) -> None:
    server, backend = await serve()
    server.spoiled = [Spoiled(then="hang", after=2)]
    begun = asyncio.Event()
    work = asyncio.create_task(backend.candidates(PROMPT, LONG, count=2, seed=2, watch=lambda _: begun.set()))
    await begun.wait()
    await asyncio.to_thread(backend.close)
    with pytest.raises(ModelError, match="engine-closed"):
        await work
    await server.left.get()
    assert (await failing(backend)).key == "engine-closed"
    backend.close()


async def test_vllm_tells_how_likely_texts_are(serve: Serve, engine: Engine) -> None:
    _, backend = await serve(kind="vllm")
    likely = [" blue sky", "", " purple ink"]
    found = await backend.score(Prompt("The", " quick"), likely)
    expected = await engine.score(Prompt("The quick", ""), likely)
    assert [len(values) for values in found] == [2, 0, 2]
    for values, own in zip(found, expected, strict=True):
        assert values == pytest.approx(own, abs=0.05)
    _, backend = await serve()
    with pytest.raises(ModelError, match="model-no-scores"):
        await backend.score(PROMPT, ["white"])


@pytest.mark.parametrize(
    ("spoiled", "key"),
    [
        (Spoiled(404, body='{"error": {"message": "no such model"}}'), "server-not-found"),
        (Spoiled(403), "server-key-refused"),
        (Spoiled(500, body="<html>oops</html>"), "server-failed"),
        (Spoiled(302, headers={"Location": "/login"}), "server-not-found"),
        (Spoiled(400, body='{"error": "sorry"}'), "server-refused"),
        (Spoiled(body='{"choices": []}'), "server-strange"),
        (Spoiled(then="garbage", after=1), "server-strange"),
        (Spoiled(then="error", after=1), "server-failed"),
        (Spoiled(then="cut", after=1), "server-broken"),
        (Spoiled(then="cut", after=0), "server-broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.then or str(value.status),
)
async def test_every_fault_is_a_sentence_and_the_next_request_is_served(
    serve: Serve, spoiled: Spoiled, key: str
) -> None:
    server, backend = await serve()
    server.spoiled = [spoiled] * (2 if spoiled.status == 400 else 1)
    assert (await failing(backend)).key == key
    assert (await backend.candidates(PROMPT, WILD, count=2, seed=1)).items[0].text
    assert "min_p" in server.requests[-1]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_once_more(serve: Serve, status: int) -> None:
    server, backend = await serve()
    busy = Spoiled(status, headers={"Retry-After": "1"})
    server.spoiled = [busy]
    assert (await backend.candidates(PROMPT, WILD, count=1, seed=1)).items[0].text
    server.spoiled = [busy, busy]
    assert (await failing(backend)).key == "server-busy"


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        (
            '{"error": {"type": "exceed_context_size_error", "message": "request (5001 tokens) exceeds",'
            ' "n_prompt_tokens": 5001, "n_ctx": 2048}}',
            {"tokens": 5001, "room": 2048},
        ),
        (
            '{"object": "error", "message": "This model\'s maximum context length is 2048 tokens. However,'
            ' you requested 5001 tokens (4905 in the messages, 96 in the completion).", "code": 400}',
            {"tokens": 5001, "room": 2048},
        ),
    ],
    ids=["llama-server", "vllm"],
)
async def test_too_long_a_prompt_is_called_so(serve: Serve, body: str, numbers: dict[str, int]) -> None:
    server, backend = await serve()
    server.spoiled = [Spoiled(400, body=body)]
    error = await failing(backend)
    assert (error.key, error.params) == ("prompt-too-long", numbers)


async def test_the_key_is_shown_to_the_server_and_to_nobody_else(serve: Serve) -> None:
    server, backend = await serve(key=KEY)
    assert (await backend.candidates(PROMPT, WILD, count=1, seed=1)).items[0].text
    assert KEY not in repr(backend) + repr(vars(backend)["_server"])
    server.spoiled = [Spoiled(500, body=f"your key is {KEY}")]
    assert (await failing(backend)).key == "server-failed"
    server.key = "sk-another"
    assert (await failing(backend)).key == "server-key-refused"
    assert (await failing(remote(server.url))).key == "server-key-refused"


async def test_nobody_there_and_somebody_else_there(serve: Serve) -> None:
    server, _ = await serve()
    assert (await failing(remote(f"{server.url}/elsewhere"))).key == "server-not-found"
    host, _, port = server.url.removesuffix("/v1").rpartition(":")
    assert (await failing(remote(f"https{host.removeprefix('http')}:{port}/v1"))).key == "server-unreachable"
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    assert (await failing(remote(f"http://127.0.0.1:{port}/v1"))).key == "server-broken"
    listening.close()
    await listening.wait_closed()
    assert (await failing(remote(f"http://127.0.0.1:{port}/v1"))).key == "server-unreachable"


@pytest.mark.parametrize(
    ("address", "url", "name", "style"),
    [
        ("http://localhost:8080", "http://localhost:8080/v1", "", "few-shot"),
        ("http://localhost:8080/v1/", "http://localhost:8080/v1", "", "few-shot"),
        ("https://host/api/v1#my/model", "https://host/api/v1", "my/model", "few-shot"),
        ("http://[::1]:8000/v1/completions", "http://[::1]:8000/v1", "", "few-shot"),
        ("http://host/v1/chat/completions#qwen", "http://host/v1", "qwen", "chat"),
    ],
)
def test_an_address_is_a_model(address: str, url: str, name: str, style: str) -> None:
    model = catalog.find(address)
    assert model.server == catalog.Server(url, name)
    assert (model.id, model.style) == (name or url, style)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://", "server-bad-address"),
        ("http://[::1", "server-bad-address"),
        ("http://host:99999/v1", "server-bad-address"),
        ("http://ho st/v1", "server-bad-address"),
        (f"http://me:{KEY}@host/v1", "server-secret-address"),
        (f"https://host/v1?key={KEY}", "server-secret-address"),
    ],
)
def test_an_address_that_is_none_or_tells_a_secret(address: str, key: str) -> None:
    with pytest.raises(ModelError) as caught:
        catalog.find(address)
    assert caught.value.key == key
    assert KEY not in str(caught.value)


async def test_a_scene_is_voiced_through_a_servers_chat(serve: Serve, embedder: Embedder) -> None:
    server, backend = await serve()
    writer = Writer(backend, catalog.find(f"{server.url}/chat/completions"), embedder)
    written = await writer.write(parse("ashflash"), Form.POEM, Lang.EN, seed=7, count=4)
    assert written.text
    assert {request["path"] for request in server.requests} == {"/v1/chat/completions"}


async def test_settings_lead_to_the_server(serve: Serve, tmp_path: Path) -> None:
    server, _ = await serve(key=KEY)
    chosen = {"HYPERBRIDGE_MODEL": f"{server.url}#small", "HYPERBRIDGE_API_KEY": f" {KEY} "}
    settings = Settings(_env_file=None, HYPERBRIDGE_DB=tmp_path / "archive.db", **chosen)
    assert KEY not in repr(settings)
    bridge = Bridge(settings)
    try:
        reply = await bridge.say(1, "ashflash", Lang.EN, form=Form.EMOJI, seed=7, count=4)
    finally:
        await bridge.close()
    assert reply.written.text
    assert {request["path"] for request in server.requests} == {"/v1/completions"}
