"""The backend for a server that runs already.

Every text is streamed, so that what has been written is at hand when the deadline passes or enough
others are complete; closing the connection is what stops a server's work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from models.backend import (
    MAX_CANDIDATES,
    Backend,
    Candidates,
    Message,
    Place,
    Prompt,
    Sampling,
    Sieve,
    seed_of,
)
from models.catalog import Server
from models.remote import wire
from models.remote.facts import Facts, ask, tokenized
from models.remote.line import Line
from models.remote.refusals import Refused, named
from models.remote.wire import Draft
from scene.errors import ModelError


@dataclass(slots=True)
class _Work:
    """One call while it runs.

    Attributes:
        prompt: What the model reads.
        sampling: How tokens are chosen.
        drafts: What it writes, in the order of their seeds.
        changed: Called whenever a draft has grown or ended.
        answered: When the server began to answer, by ``time.perf_counter``; 0.0 before.
        began: When the first token came; 0.0 before.
    """

    prompt: Prompt
    sampling: Sampling
    drafts: list[Draft]
    changed: Callable[[], None]
    answered: float = 0.0
    began: float = 0.0


class Remote(Backend):
    """A model behind HTTP.

    A prompt with messages goes to ``/chat/completions``, where the server lays it out; any other to
    ``/completions``. llama-server and vLLM are recognised by their list of models and get all of the
    sampling that they know (vLLM has no DRY); others get temperature, ``min_p``, seed and stop strings, and
    what they refuse of these is not sent again.

    Args:
        server: Where it is.
        key: What it wants to be shown, or nothing.
    """

    def __init__(self, server: Server, key: str = "") -> None:
        self._server = server
        self._key = key
        self._facts: Facts | None = None
        self._asking = asyncio.Lock()
        self._refused: set[str] = set()
        self._running: set[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = set()
        self._closed = False

    async def facts(self) -> Facts:
        """Ask the server what it is, once.

        Raises:
            ModelError: It can't be reached, refuses the key, or is no such server.
        """
        async with Line(self._server.url, self._key) as line:
            return await self._ask(line)

    def chat(self, messages: Sequence[Message]) -> str:
        """Never: the server lays messages out by itself.

        Raises:
            ModelError: ``model-no-template``.
        """
        raise ModelError("model-no-template", path=self._server.url)

    async def candidates(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        count: int,
        seed: int,
        enough: int | None = None,
        owner: int = 0,
        deadline: float | None = None,
        watch: Callable[[str], None] | None = None,
        sieve: Sieve | None = None,
    ) -> Candidates:
        """Sample several texts for one prompt; see ``Backend``.

        The server keeps the queue: ``owner`` doesn't matter, and ``waiting_seconds`` last until its answer
        begins. Texts with the same seed are the same as far as the server is.

        Raises:
            ModelError: ``prompt-too-long``, ``engine-late``, ``engine-closed``, or one of ``server-…``.
        """
        started = time.perf_counter()
        count = max(1, min(count, MAX_CANDIDATES))
        wanted = count if enough is None else enough
        ended = asyncio.get_running_loop().create_future()

        def changed() -> None:
            if watch is not None and (piece := work.drafts[0].news()):
                watch(piece)
            if sum(draft.done for draft in work.drafts) >= wanted and not ended.done():
                ended.set_result(None)

        work = _Work(prompt, sampling, _drafts(count, seed, sampling), changed)
        async with self._working(work) as job:
            await asyncio.wait({job, ended}, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                _check(job)
                if not job.done() and not any(draft.text for draft in work.drafts):
                    raise ModelError("engine-late")
        if watch is not None and (piece := work.drafts[0].news(last=True)):
            watch(piece)
        now = time.perf_counter()
        return Candidates(
            items=[draft.candidate() for draft in work.drafts],
            waiting_seconds=(work.answered or now) - started,
            first_token_seconds=(work.began or now) - started,
            seconds=now - started,
            tokens=sum(draft.tokens for draft in work.drafts),
        )

    async def score(self, prompt: Prompt, texts: Sequence[str], *, owner: int = 0) -> list[list[float]]:
        """Say how likely texts are; see ``Backend``. Of the servers, only vLLM tells.

        The prompt's head and tail stand before the texts, even where it has messages. The very first token
        of a model without a start token has no log-probability and is left out.

        Raises:
            ModelError: ``model-no-scores`` for any other server, or one of ``server-…``.
        """
        async with Line(self._server.url, self._key) as line:
            facts = await self._ask(line)
            if facts.kind != "vllm":
                raise ModelError("model-no-scores", url=self._server.url)
            before = await tokenized(line, facts.model, prompt.head + prompt.tail, start=True)
            after = [await tokenized(line, facts.model, text) for text in texts]
            asked = [number for number, tokens in enumerate(after) if tokens]
            found: list[list[float]] = [[] for _ in texts]
            if not asked:
                return found
            answer = await line.post(
                "/completions",
                {
                    "model": facts.model,
                    "prompt": [before + after[number] for number in asked],
                    "echo": True,
                    "logprobs": 1,
                    "max_tokens": 1,  # one token more than is looked at: older versions won't write none
                },
            )
            with line.understanding():
                for choice in answer["choices"]:
                    number = asked[choice["index"]]
                    told = choice["logprobs"]["token_logprobs"][len(before) :][: len(after[number])]
                    found[number] = [float(value) for value in told if value is not None]
            return found

    def load(self) -> int:
        """Calls of ours that the server works on; what others want of it can't be told."""
        return len(self._running)

    def place(self, owner: int) -> Place | None:
        """None: the queue is the server's."""
        return None

    def close(self) -> None:
        """Stop what runs. Safe to call twice, and from any thread."""
        self._closed = True
        for loop, job in list(self._running):
            loop.call_soon_threadsafe(job.cancel)

    @asynccontextmanager
    async def _working(self, work: _Work) -> AsyncIterator[asyncio.Task[None]]:
        """Write for as long as the block runs; afterwards the connection is closed and the server stops."""
        if self._closed:
            raise ModelError("engine-closed")
        job = asyncio.create_task(self._write(work))
        entry = (asyncio.get_running_loop(), job)
        self._running.add(entry)
        try:
            yield job
        finally:
            self._running.discard(entry)
            job.cancel()
            await asyncio.wait({job})
            if not job.cancelled():
                job.exception()  # looked at, so that nobody is told that it wasn't

    async def _write(self, work: _Work) -> None:
        if work.prompt.adapters:
            path = str(work.prompt.adapters[0].path)
            raise ModelError("server-no-adapter", url=self._server.url, path=path)
        async with Line(self._server.url, self._key) as line:
            facts = await self._ask(line)
            bias: dict[int, float] = {}
            if facts.kind == "vllm":
                for text, value in work.sampling.bias:
                    bias |= dict.fromkeys(await tokenized(line, facts.model, text), value)
            many = 1 if "n" in self._refused else facts.together
            groups = [work.drafts[start : start + many] for start in range(0, len(work.drafts), many)]
            await _together(self._request(line, facts, work, bias, group) for group in groups)

    async def _request(
        self, line: Line, facts: Facts, work: _Work, bias: dict[int, float], drafts: list[Draft]
    ) -> None:
        """Have one request's drafts written; those that the server left out are asked for one by one."""
        asked = wire.body(facts, work.prompt, work.sampling, bias, seed=drafts[0].seed, texts=len(drafts))
        dropped = set(self._refused)
        while True:
            fields = {name: value for name, value in asked.items() if name not in dropped}
            try:
                await self._read(line, fields, work, drafts)
                break
            except Refused as refused:
                extras = sorted(wire.EXTRAS & fields.keys())
                if not extras:
                    raise
                dropped |= named(refused.reason, extras) or set(extras)
        self._refused |= dropped
        missing = [draft for draft in drafts if not draft.done]
        if missing and len(drafts) > 1:
            self._refused.add("n")
            await _together(self._request(line, facts, work, bias, [draft]) for draft in missing)

    async def _read(self, line: Line, fields: dict[str, Any], work: _Work, drafts: list[Draft]) -> None:
        path = "/chat/completions" if work.prompt.messages else "/completions"
        async with aclosing(line.choices(path, fields)) as choices:
            async for choice in choices:
                with line.understanding():
                    draft = drafts[choice.get("index", 0)]
                    draft.take(choice)
                now = time.perf_counter()
                work.answered = work.answered or now
                work.began = work.began or (now if draft.tokens else 0.0)
                work.changed()
                if all(draft.done for draft in drafts):
                    return
        for draft in drafts:
            if not draft.done and (draft.text or len(drafts) == 1):
                draft.done = draft.complete = True  # some servers end without saying why
        work.changed()

    async def _ask(self, line: Line) -> Facts:
        async with self._asking:
            if self._facts is None:
                self._facts = await ask(line, self._server.name)
            return self._facts


def _check(job: asyncio.Task[None]) -> None:
    """Raise what stopped the job, if something did: nobody but ``close`` cancels it from outside."""
    if job.cancelled():
        raise ModelError("engine-closed")
    if job.done():
        job.result()


def _drafts(count: int, seed: int, sampling: Sampling) -> list[Draft]:
    # Half of what a seed may be in llama-server, because some servers read it as a signed number.
    return [Draft(seed_of(seed, number) % 2**31, sampling.stop) for number in range(count)]


async def _together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of them; when one fails, stop the others and raise what it raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
