"""What writes texts, wherever it runs: the small protocol behind which the engine in this process or an
HTTP server stands, and the data that goes through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

MAX_CANDIDATES = 16
Message = tuple[str, str]
"""Role (``system``, ``user``, ``assistant``) and content."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter that changes the model's voice (Hu et al. 2021).

    Attributes:
        path: A GGUF file made for the model that runs.
        scale: How strongly it speaks; 1.0 as it was trained, 0.0 not at all.
    """

    path: Path
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads.

    Attributes:
        head: Part shared by many requests; it is read once and kept.
        tail: Part that is this request's own.
        special: Whether control tokens in the head and tail count as such (chat templates).
        messages: The same as a chat, for backends that lay it out by themselves; empty for a text that
            the model goes on with.
        adapters: Those to read and write with, all at once: what they change adds up. Their files differ.
    """

    head: str
    tail: str
    special: bool = False
    messages: tuple[Message, ...] = ()
    adapters: tuple[Adapter, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        temperature: Above 0; lower is calmer.
        min_p: Drop tokens less likely than this share of the likeliest one (Nguyen et al. 2024).
        repeat_penalty: Divides the logits of the last 64 tokens that have a letter; 1.0 is off.
        dry: Strength of the penalty on going on with a run of tokens that stands in the text already
            ("Don't repeat yourself", text-generation-webui pull request 5677); 0.0 is off.
        bias: Texts, and what is added to the logit of each of their tokens; ``-inf`` forbids them.
        grammar: GBNF that the text must follow, or None.
        max_tokens: Longest text, in tokens.
        stop: Strings that end the text; they are not part of it.
    """

    temperature: float = 0.7
    min_p: float = 0.12
    repeat_penalty: float = 1.0
    dry: float = 0.0
    bias: tuple[tuple[str, float], ...] = ()
    grammar: str | None = None
    max_tokens: int = 96
    stop: tuple[str, ...] = ("\n\n",)


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which lines of a text are kept; a line that is not is written again.

    Attributes:
        keeps: Told a text at the end of a line, and whether it is the last one. Called on the engine's
            thread, where everybody waits for it.
        tries: Lines that one candidate may write again.
    """

    keeps: Callable[[str, bool], bool]
    tries: int


@dataclass(slots=True)
class Candidate:
    """One sampled text.

    Attributes:
        text: What was written, without the stop string and without space around it.
        logprobs: Natural log-probability of each token under the unmodified model; empty where a backend
            does not tell.
        complete: True when the model ended by itself or met a stop string, False when it was cut off.
    """

    text: str
    logprobs: list[float]
    complete: bool

    @property
    def mean_logprob(self) -> float:
        """Mean log-probability of a token, in nats; minus infinity for no tokens."""
        return float(np.mean(self.logprobs)) if self.logprobs else -np.inf


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates of one request.

    Attributes:
        items: In the order of their seeds.
        waiting_seconds: From the call until the model could begin with it.
        first_token_seconds: From the call to the first token.
        seconds: From the call to the end.
        tokens: Tokens written over all candidates.
    """

    items: list[Candidate]
    waiting_seconds: float
    first_token_seconds: float
    seconds: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody's request stands in the queue.

    Attributes:
        position: Requests that go before it; 0 for the next one.
        seconds: When it may begin, by how long the last ones took; None while nothing has been measured.
    """

    position: int
    seconds: float | None


def seed_of(seed: int, number: int) -> int:
    """The sampler's seed for one of a request's candidates; a sampler takes it modulo what it can.

    Args:
        seed: The request's.
        number: The candidate's, from 0.
    """
    return seed * 1_000_003 + number


class Backend(Protocol):
    """Something that writes. Every call may be cancelled, and then stops working at once."""

    def chat(self, messages: Sequence[Message]) -> str:
        """Lay messages out as the model expects them, ready for the assistant's answer.

        Raises:
            ModelError: ``model-no-template`` where that can't be told.
        """

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
        """Sample several texts for one prompt.

        Args:
            prompt: What the model reads.
            sampling: How tokens are chosen.
            count: How many texts, 1 to 16; they are written together.
            seed: The same seed, prompt and count give the same texts on the same quiet machine.
            enough: Stop when so many are complete; the others come as far as they got. None waits for all.
            owner: Whose request it is: a chat's id, for a queue that is fair between chats.
            deadline: Seconds from now; then what is there comes as it is.
            watch: Called on the event loop with each new piece of the first candidate, as it is written.
            sieve: What lines must pass; None keeps all. The first candidate is not held to it: who watches it
                reads a text that grows. A server, and a model that can't go back, have no such thing.

        Raises:
            ModelError: ``prompt-too-long``, ``engine-busy`` when too many wait, ``engine-late`` when the
                deadline passed before any text was there, ``engine-closed``, or what went wrong.
        """

    async def stream(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        seed: int,
        owner: int = 0,
        deadline: float | None = None,
    ) -> AsyncIterator[str]:
        """Write one text and give it piece by piece; joined, they are the text.

        Args and errors as for ``candidates``. Leaving the loop early ends the writing; close the iterator
        (``contextlib.aclosing``) to be sure when.
        """
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        work = asyncio.ensure_future(
            self.candidates(
                prompt, sampling, count=1, seed=seed, owner=owner, deadline=deadline, watch=pieces.put_nowait
            )
        )
        work.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def score(self, prompt: Prompt, texts: Sequence[str], *, owner: int = 0) -> list[list[float]]:
        """Say how likely texts are.

        Args:
            prompt: What stands before each of them; an empty one is the start of a text.
            texts: What might follow.
            owner: As for ``candidates``.

        Returns:
            Natural log-probability of each token of each text, given all before it.

        Raises:
            ModelError: As for ``candidates``; ``model-no-scores`` where a backend can't tell.
        """

    def load(self) -> int:
        """How many requests run or wait now."""

    def place(self, owner: int) -> Place | None:
        """Where the owner's first waiting request stands; None when none of theirs waits."""

    def close(self) -> None:
        """Finish or give back what runs, and free everything. Safe to call twice; blocks."""
