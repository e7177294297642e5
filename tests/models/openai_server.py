"""A server of OpenAI's API over a real model, in the manners of several, whose answers can be spoiled.

The model writes first, and then its texts are streamed word by word.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from models.backend import Candidate, Prompt, Sampling
from models.engine import Engine

Json = dict[str, Any]
_OWNERS = {"llamacpp": "llamacpp", "vllm": "vllm", "other": "me"}


@dataclass
class Spoiled:
    """How one answer goes wrong.

    Args:
        status: Answer with this status, and with the body instead of texts.
        headers: Sent along with it.
        body: What is sent then.
        after: Pieces sent before it goes wrong otherwise.
        then: ``cut`` the connection, ``hang`` until the other side leaves, send ``garbage`` or an ``error``,
            or ``end`` properly but too early.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    after: int = 0
    then: str = ""


@dataclass
class OpenAI:
    """A server and what it went through.

    Args:
        engine: The model.
        kind: In whose manner: ``llamacpp``, ``vllm`` or ``other``.
        key: The key it wants, or nothing.
        slots: Texts that it writes for one request; one, whatever was asked, if it is 1.
        unknown: Fields that it refuses.
        names_them: Whether it says which.
        spoiled: Used up one per request for texts; after that all goes well.
        requests: What it was asked for, each with its path under ``path``.
        written: What the model wrote for each.
        left: Something for each who went away before the end.
    """

    engine: Engine
    kind: str = "llamacpp"
    key: str = ""
    slots: int = 8
    unknown: frozenset[str] = frozenset()
    names_them: bool = True
    spoiled: list[Spoiled] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    written: list[list[Candidate]] = field(default_factory=list)
    left: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    url: str = ""

    async def models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": "small", "owned_by": _OWNERS[self.kind]}]})

    async def props(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"total_slots": self.slots})

    async def tokenize(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        found = self.engine.llama.tokenize(asked["prompt"], start=asked["add_special_tokens"])
        return web.json_response({"tokens": found})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        asked = await self._asked(request)
        if asked.get("echo"):
            return await self._echo(asked)
        return await self._write(request, asked, Prompt(asked["prompt"], ""))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        asked = await self._asked(request)
        messages = [(message["role"], message["content"]) for message in asked["messages"]]
        return await self._write(request, asked, Prompt(self.engine.llama.chat(messages), "", special=True))

    async def _asked(self, request: web.Request) -> Json:
        asked = await request.json()
        self.requests.append({**asked, "path": request.path})
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            # Some servers do quote it.
            raise _error(web.HTTPUnauthorized, f"wrong key {request.headers.get('Authorization')}")
        if refused := sorted(self.unknown & asked.keys()):
            what = ", ".join(refused) if self.names_them else "something"
            raise _error(web.HTTPBadRequest, f"Unrecognized request argument supplied: {what}")
        if asked.get("n", 1) > self.slots > 1:
            raise _error(web.HTTPBadRequest, f"Field 'n': must be at most {self.slots}")
        return asked

    async def _echo(self, asked: Json) -> web.StreamResponse:
        choices = []
        for index, tokens in enumerate(asked["prompt"]):
            first, *rest = (self.engine.llama.piece(token).decode() for token in tokens)
            (scores,) = await self.engine.score(Prompt(first, ""), ["".join(rest)])
            # Nothing stands before the first token; the last number is that of the token written.
            choices.append({"index": index, "logprobs": {"token_logprobs": [None, *scores, -1.0]}})
        return web.json_response({"choices": choices})

    async def _write(self, request: web.Request, asked: Json, prompt: Prompt) -> web.StreamResponse:
        how = self.spoiled.pop(0) if self.spoiled else Spoiled()
        if how.status != 200 or how.body:
            return web.Response(
                status=how.status, headers=how.headers, text=how.body, content_type="application/json"
            )
        sampling = Sampling(
            temperature=asked["temperature"],
            min_p=asked.get("min_p", 0.0),
            grammar=asked.get("grammar") or asked.get("structured_outputs", {}).get("grammar"),
            max_tokens=asked["max_tokens"],
            stop=tuple(asked.get("stop", ())),
        )
        count = asked.get("n", 1) if self.slots > 1 else 1
        found = await self.engine.candidates(prompt, sampling, count=count, seed=asked.get("seed", 0))
        self.written.append(found.items)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for number, chunk in enumerate(self._chunks(asked, found.items)):
                if how.then and number == how.after:
                    await self._spoil(how, request, response)
                    break
                await _send(response, chunk)
            if how.then != "cut":
                await response.write(b"data: [DONE]\n\n")
        except (asyncio.CancelledError, ConnectionError):
            self.left.put_nowait(None)
            raise
        return response

    async def _spoil(self, how: Spoiled, request: web.Request, response: web.StreamResponse) -> None:
        transport = request.transport
        assert transport is not None
        if how.then == "cut":
            transport.abort()
        elif how.then == "garbage":
            await response.write(b"data: <html>\n\n")
        elif how.then == "error":
            await _send(response, {"error": {"code": 500, "message": "Compute error."}})
        elif how.then == "hang":
            await asyncio.Event().wait()

    def _chunks(self, asked: Json, items: list[Candidate]) -> list[Json]:
        """Every text word by word, the texts by turns."""
        rounds: list[list[Json]] = []
        for index, item in enumerate(items):
            pieces = re.findall(r"\S+\s*|\s+", item.text) or [""]
            for at, piece in enumerate(pieces):
                last = at == len(pieces) - 1
                told = item.logprobs[at:] if last else item.logprobs[at : at + 1]
                choice = {"index": index, "finish_reason": None, **self._piece(asked, piece, told)}
                if at == len(rounds):
                    rounds.append([])
                rounds[at].append({"choices": [choice]})
            reason = "stop" if item.complete else "length"
            rounds[len(pieces) - 1].append({"choices": [{"index": index, "finish_reason": reason}]})
        return [chunk for chunks in rounds for chunk in chunks]

    def _piece(self, asked: Json, piece: str, told: list[float]) -> Json:
        if not asked.get("logprobs"):
            logprobs = None
        elif self.kind == "llamacpp" or "messages" in asked:
            logprobs = {"content": [{"logprob": value} for value in told]}
        else:
            logprobs = {"token_logprobs": told}
        return {
            **({"delta": {"content": piece}} if "messages" in asked else {"text": piece}),
            "logprobs": logprobs,
        }


@asynccontextmanager
async def running(server: OpenAI) -> AsyncIterator[OpenAI]:
    """Serve on a free port of this machine for as long as the block runs."""
    app = web.Application()
    app.add_routes(
        [
            web.get("/v1/models", server.models),
            web.post("/v1/completions", server.completions),
            web.post("/v1/chat/completions", server.chat),
        ]
    )
    if server.kind == "llamacpp":
        app.add_routes([web.get("/props", server.props)])
    if server.kind == "vllm":
        app.add_routes([web.post("/tokenize", server.tokenize)])
    async with TestServer(app) as listening:
        server.url = str(listening.make_url("/v1"))
        yield server


def _error(kind: type[web.HTTPError], message: str) -> web.HTTPError:
    return kind(text=json.dumps({"error": {"message": message}}), content_type="application/json")


async def _send(response: web.StreamResponse, chunk: Json) -> None:
    await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
