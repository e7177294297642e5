"""Candidates from one model: a shared head prefilled once, many sequences decoded together.

All native calls happen on the engine's one worker thread, so that the event loop never waits for the
model and the KV cache has one owner. A prompt is a *head* (the few-shot or system part, the same for
every scene of a form) and a *tail* (the scene). Heads stay in the KV cache as sequences of their own;
a request's candidates fork from the head with ``llama_memory_seq_cp``, which copies no numbers in a
unified cache.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import psutil

from models.llama import Llama, last_reason
from scene.errors import ModelError

MAX_CANDIDATES = 16
_HEADS = 20  # eight forms in two languages, and room for personas
_BATCH = 512  # tokens a prefill step takes


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads.

    Attributes:
        head: Part shared by many requests; kept in the KV cache.
        tail: Part that is this request's own.
        special: Whether control tokens in the head and tail count as such (chat templates).
    """

    head: str
    tail: str
    special: bool = False


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        temperature: Above 0; lower is calmer.
        min_p: Drop tokens less likely than this share of the likeliest one (Nguyen et al. 2024).
        repeat_penalty: Divides the logits of the last 64 tokens; 1.0 is off.
        grammar: GBNF that the text must follow, or None.
        max_tokens: Longest text, in tokens.
        stop: Strings that end the text; they are not part of it.
    """

    temperature: float = 0.7
    min_p: float = 0.12
    repeat_penalty: float = 1.0
    grammar: str | None = None
    max_tokens: int = 96
    stop: tuple[str, ...] = ("\n\n",)


@dataclass(slots=True)
class Candidate:
    """One sampled text.

    Attributes:
        text: What was written, without the stop string.
        logprobs: Natural log-probability of each token under the unmodified model.
        complete: True when the model ended by itself or met a stop string, False at ``max_tokens``.
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
        first_token_seconds: From the start of work on the request to its first sampled token.
        seconds: The whole time of work on the request.
        tokens: Tokens decoded over all candidates.
    """

    items: list[Candidate]
    first_token_seconds: float
    seconds: float
    tokens: int


@dataclass(slots=True)
class _Sequence:
    """One candidate while it is being written."""

    number: int
    sampler: Any  # llama_sampler_p
    row: int  # where in the last batch this sequence's logits are
    position: int
    token: int = 0
    data: bytearray = field(default_factory=bytearray)
    logprobs: list[float] = field(default_factory=list)
    done: bool = False
    complete: bool = False


class Cancelled(Exception):
    """The request was given up while the worker was on it."""


class Engine:
    """One model, one KV cache, one worker thread.

    Args:
        path: A GGUF file.
        context: Tokens the KV cache holds, over all heads and sequences together.
        threads: CPU threads; by default the physical cores this process may use.
        gpu_layers: Layers to put on a GPU, -1 for all.

    Raises:
        ModelError: ``model-load-failed`` or ``model-context-failed`` (mostly too little memory).
    """

    def __init__(
        self, path: Path, *, context: int = 12288, threads: int | None = None, gpu_layers: int = -1
    ) -> None:
        self.llama = Llama(path, gpu_layers)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = context
        params.n_batch = _BATCH
        params.n_ubatch = _BATCH
        params.n_seq_max = MAX_CANDIDATES + _HEADS
        params.kv_unified = True  # one buffer for all sequences: forks share cells
        params.n_threads = params.n_threads_batch = threads or _cores()
        params.no_perf = True
        self._context = llama_cpp.llama_init_from_model(self.llama.pointer, params)
        if not self._context:
            self.llama.close()
            raise ModelError("model-context-failed", path=str(path), tokens=context, reason=last_reason())
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._cells = context
        self._batch = llama_cpp.llama_batch_init(_BATCH, 0, 1)
        self._heads: OrderedDict[tuple[int, ...], int] = OrderedDict()  # tokens -> sequence number
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._closed = False

    async def candidates(
        self, prompt: Prompt, sampling: Sampling, *, count: int, seed: int, enough: int | None = None
    ) -> Candidates:
        """Sample several texts for one prompt.

        Args:
            prompt: What the model reads.
            sampling: How tokens are chosen.
            count: How many texts, 1 to 16; they are decoded together.
            seed: The same seed, prompt and count give the same texts on the same machine.
            enough: Stop when so many are complete; the others come as far as they got. None waits for all.

        Raises:
            ModelError: ``prompt-too-long`` or ``model-decode-failed``.
            asyncio.CancelledError: At the next token boundary after the task is cancelled.
        """
        given_up = threading.Event()
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(
            self._worker, self._run, prompt, sampling, count, seed, enough, given_up.is_set
        )
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            given_up.set()
            # The worker's own Cancelled is expected and nobody waits for it any more.
            job.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def score(self, head: str, texts: Sequence[str]) -> list[list[float]]:
        """Natural log-probability of each token of each text as a continuation of head; one batch.

        Args:
            head: What the model has read before; kept in the KV cache.
            texts: Up to 16 texts.

        Raises:
            ModelError: ``prompt-too-long`` or ``model-decode-failed``.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._worker, self._score, head, tuple(texts)))

    def close(self) -> None:
        """Wait for the running request and free everything. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._worker.shutdown(wait=True, cancel_futures=True)
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        self.llama.close()

    # What follows runs on the worker thread only.

    def _run(
        self,
        prompt: Prompt,
        sampling: Sampling,
        count: int,
        seed: int,
        enough: int | None,
        given_up: Callable[[], bool],
    ) -> Candidates:
        started = time.perf_counter()
        count = max(1, min(count, MAX_CANDIDATES))
        enough = count if enough is None else enough
        head = self.llama.tokenize(prompt.head, start=True, special=prompt.special)
        tail = self.llama.tokenize(prompt.tail, special=prompt.special)
        need = len(tail) + count * sampling.max_tokens
        if len(head) + need > self._cells:
            raise ModelError("prompt-too-long", tokens=len(head) + need, room=self._cells)
        running: list[_Sequence] = []
        try:
            head_sequence = self._head(tuple(head), need, given_up)
            llama_cpp.llama_memory_seq_cp(self._memory, head_sequence, 0, -1, -1)
            row = self._prefill(tail, len(head), 0, given_up)
            position = len(head) + len(tail)
            for number in range(count):
                if number:
                    llama_cpp.llama_memory_seq_cp(self._memory, 0, number, -1, -1)
                sampler = self._sampler(sampling, seed * 1_000_003 + number)
                running.append(_Sequence(number, sampler, row, position))
            first_token_seconds = 0.0
            for step in range(sampling.max_tokens):
                if given_up():
                    raise Cancelled
                live = [sequence for sequence in running if not sequence.done]
                self._choose(live, sampling)
                if step == 0:
                    first_token_seconds = time.perf_counter() - started
                live = [sequence for sequence in live if not sequence.done]
                if count - len(live) >= enough or step == sampling.max_tokens - 1:
                    break
                self._step(live)
        finally:
            for sequence in running:
                llama_cpp.llama_sampler_free(sequence.sampler)
            for number in range(count):
                llama_cpp.llama_memory_seq_rm(self._memory, number, -1, -1)
        return Candidates(
            items=[
                Candidate(_decode(sequence.data, sampling.stop), sequence.logprobs, sequence.complete)
                for sequence in running
            ],
            first_token_seconds=first_token_seconds,
            seconds=time.perf_counter() - started,
            tokens=sum(len(sequence.logprobs) for sequence in running),
        )

    def _score(self, head: str, texts: Sequence[str]) -> list[list[float]]:
        before = self.llama.tokenize(head, start=True)
        after = [self.llama.tokenize(text) for text in texts]
        need = sum(map(len, after)) + len(after)
        if len(before) + need > self._cells or need > _BATCH or len(after) > MAX_CANDIDATES:
            raise ModelError("prompt-too-long", tokens=len(before) + need, room=min(self._cells, _BATCH))
        # The head's last token is decoded with each text, for the logits of the text's first token.
        head_sequence = self._head(tuple(before[:-1]), need, lambda: False)
        try:
            row, rows = 0, list[range]()
            for number, tokens in enumerate(after):
                llama_cpp.llama_memory_seq_cp(self._memory, head_sequence, number, -1, -1)
                rows.append(range(row, row + len(tokens)))
                for step, token in enumerate([before[-1], *tokens[:-1]]):
                    self._put(row, token, len(before) - 1 + step, number, True)
                    row += 1
            self._batch.n_tokens = row
            self._decode()
            return [
                [self._logprob(row, token) for row, token in zip(its, tokens, strict=True)]
                for its, tokens in zip(rows, after, strict=True)
            ]
        finally:
            for number in range(len(after)):
                llama_cpp.llama_memory_seq_rm(self._memory, number, -1, -1)

    def _logprob(self, row: int, token: int) -> float:
        pointer = llama_cpp.llama_get_logits_ith(self._context, row)
        logits = np.ctypeslib.as_array(pointer, shape=(self.llama.vocab_size,))
        peak = logits.max()
        return float(logits[token] - peak - np.log(np.exp(logits - peak).sum(dtype=np.float32)))

    def _head(self, head: tuple[int, ...], need: int, given_up: Callable[[], bool]) -> int:
        """The sequence that holds this head, prefilled if it is new; the least used ones make room."""
        if head in self._heads:
            self._heads.move_to_end(head)
        while self._heads and (
            sum(map(len, self._heads)) + (0 if head in self._heads else len(head)) + need > self._cells
            or (head not in self._heads and len(self._heads) >= _HEADS)
        ):
            _, number = self._heads.popitem(last=False)
            llama_cpp.llama_memory_seq_rm(self._memory, number, -1, -1)
        if head not in self._heads:
            taken = set(self._heads.values())
            number = next(n for n in range(MAX_CANDIDATES, MAX_CANDIDATES + _HEADS) if n not in taken)
            try:
                self._prefill(list(head), 0, number, given_up)
            except BaseException:
                llama_cpp.llama_memory_seq_rm(self._memory, number, -1, -1)
                raise
            self._heads[head] = number
        return self._heads[head]

    def _prefill(self, tokens: list[int], position: int, sequence: int, given_up: Callable[[], bool]) -> int:
        """Decode tokens of one sequence; returns the batch row that holds the last one's logits."""
        row = 0
        for start in range(0, len(tokens), _BATCH):
            if given_up():
                raise Cancelled
            chunk = tokens[start : start + _BATCH]
            self._batch.n_tokens = len(chunk)
            for i, token in enumerate(chunk):
                self._put(i, token, position + start + i, sequence, start + i == len(tokens) - 1)
            self._decode()
            row = len(chunk) - 1
        return row

    def _step(self, live: list[_Sequence]) -> None:
        """One token further for every live sequence, in one batch."""
        self._batch.n_tokens = len(live)
        for row, sequence in enumerate(live):
            self._put(row, sequence.token, sequence.position, sequence.number, True)
            sequence.row = row
            sequence.position += 1
        self._decode()

    def _put(self, row: int, token: int, position: int, sequence: int, logits: bool) -> None:
        self._batch.token[row] = token
        self._batch.pos[row] = position
        self._batch.n_seq_id[row] = 1
        self._batch.seq_id[row][0] = sequence
        self._batch.logits[row] = logits

    def _decode(self) -> None:
        code = llama_cpp.llama_decode(self._context, self._batch)
        if code != 0:
            raise ModelError("model-decode-failed", code=code, reason=last_reason())

    def _choose(self, live: list[_Sequence], sampling: Sampling) -> None:
        """Sample one token for each live sequence and mark those that end with it."""
        for sequence in live:
            # Read the logits first: sampling may reorder candidates but leaves this buffer alone.
            pointer = llama_cpp.llama_get_logits_ith(self._context, sequence.row)
            logits = np.ctypeslib.as_array(pointer, shape=(self.llama.vocab_size,))
            peak = logits.max()
            log_total = peak + np.log(np.exp(logits - peak).sum(dtype=np.float32))
            token = llama_cpp.llama_sampler_sample(sequence.sampler, self._context, sequence.row)
            if self.llama.ends(token):
                sequence.done = sequence.complete = True
                continue
            sequence.token = token
            sequence.logprobs.append(float(logits[token] - log_total))
            sequence.data += self.llama.piece(token)
            tail = bytes(sequence.data[-64:])
            if any(stop.encode() in tail for stop in sampling.stop):
                sequence.done = sequence.complete = True

    def _sampler(self, sampling: Sampling, seed: int) -> Any:
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        links = []
        if sampling.grammar is not None:
            links.append(
                llama_cpp.llama_sampler_init_grammar(self.llama.vocab, sampling.grammar.encode(), b"root")
            )
        if sampling.repeat_penalty != 1.0:
            links.append(
                llama_cpp.llama_sampler_init_penalties(
                    self.llama.vocab_size, 64, sampling.repeat_penalty, 0.0, 0.0
                )
            )
        links.append(llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1))
        links.append(llama_cpp.llama_sampler_init_temp(sampling.temperature))
        links.append(llama_cpp.llama_sampler_init_dist(seed & 0xFFFFFFFF))
        if not all(links):
            llama_cpp.llama_sampler_free(chain)
            raise ModelError("model-grammar-failed", reason=last_reason())
        for link in links:
            llama_cpp.llama_sampler_chain_add(chain, link)
        return chain


def _decode(data: bytearray, stop: tuple[str, ...]) -> str:
    """Bytes to text: cut at the first stop string; a character that was cut in half is dropped."""
    text = data.decode("utf-8", "ignore")
    cut = min((at for at in map(text.find, stop) if at >= 0), default=len(text))
    return text[:cut].strip()


def _cores() -> int:
    """Physical cores this process may use: hyper-threads slow llama.cpp's matrix kernels down."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
