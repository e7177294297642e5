"""The engine's thread: between two tokens requests join and leave, then all go one token further."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.engine.adapters import Adapters
from models.engine.batch import Part, compose
from models.engine.context import Context, Row
from models.engine.drafts import MOST_GUESSES
from models.engine.heads import Heads
from models.engine.request import Request
from models.engine.sampler import Desk
from models.engine.scheduler import Room, Scheduler
from models.engine.shelf import Shelf
from models.llama import Llama
from scene.errors import HyperBridgeError, ModelError

logger = logging.getLogger(__name__)

_TOGETHER = 0.002  # seconds; who comes at the same moment as the first is served in the same batch


@dataclass(slots=True)
class Meter:
    """What the worker did since it started.

    Attributes:
        steps: Batches decoded.
        tokens: Tokens in them.
        drafted: Guesses among them.
        accepted: Guesses that were right.
        prompt_tokens: Tokens of heads, and of tails longer than one token, that were read.
        busy_seconds: Time in which something was running.
        decode_seconds: The part of it that llama.cpp computed.
        sample_seconds: The part of it that went into choosing tokens and spelling them.
        requests: Requests that ended, however.
    """

    steps: int = 0
    tokens: int = 0
    drafted: int = 0
    accepted: int = 0
    prompt_tokens: int = 0
    busy_seconds: float = 0.0
    decode_seconds: float = 0.0
    sample_seconds: float = 0.0
    requests: int = 0


@dataclass(slots=True)
class _Lease:
    """What a running request has of the KV cache, and whether it stands at the end of its head."""

    cells: int
    slots: list[int]
    begun: bool = False


class Worker(threading.Thread):
    """Owns the KV cache and serves requests until it is told to stop.

    Args:
        llama: The model.
        context: Its KV cache.
        shelf: Where heads are kept.
        measure: Called on the thread before anything else; it tells how long batches take. Whatever decodes
            must do so here: each thread that does gets a pool of OpenMP threads, and with more of those than
            cores their barriers go to sleep, which nearly halves the speed.
    """

    def __init__(
        self, llama: Llama, context: Context, shelf: Shelf, measure: Callable[[], Mapping[int, float]]
    ) -> None:
        super().__init__(name="engine", daemon=True)
        self._measure = measure
        self._costs: Mapping[int, float] = {}
        self.scheduler = Scheduler()
        self.meter = Meter()
        self._llama = llama
        self._context = context
        self._room = Room(context.cells - MOST_GUESSES, context.slots)
        self._heads = Heads(context, self._room, shelf)
        self._adapters = Adapters(llama)
        self._adapted = ""
        self._desk = Desk(llama.vocab_size)
        self._inbox: queue.SimpleQueue[Request | float] = queue.SimpleQueue()
        self._end = math.inf  # when to stop, in time.monotonic seconds
        self._leases: dict[Request, _Lease] = {}

    # From any thread.

    def submit(self, request: Request) -> None:
        """Take a request; its outcome comes by ``request.answer``."""
        self._inbox.put(request)

    def stop(self, grace: float) -> None:
        """Take no more requests, and end when those that run are done or the seconds of grace are over."""
        self._inbox.put(grace)

    # What follows happens on the thread itself.

    def run(self) -> None:
        """Serve until ``stop``."""
        try:
            self._costs = self._measure()
        except ModelError:  # it serves without guesses
            logger.exception("The machine could not be measured")
        while self._end == math.inf or self.scheduler.running:
            self._receive()
            started = time.perf_counter()
            try:
                self._turn()
            except Exception as error:  # nobody else must lose a reply by what one of them ran into
                logger.exception("The engine lost a turn")
                for request in list(self.scheduler.running):
                    self._leave(request, ModelError("model-decode-failed", code=0, reason=repr(error)))
            self.meter.busy_seconds += time.perf_counter() - started
        while not self._inbox.empty():
            late = self._inbox.get()
            if isinstance(late, Request):
                late.answer(ModelError("engine-closed"))
        self._adapters.close()

    def _receive(self) -> None:
        """Take what has come; with nothing to do, wait for it."""
        idle = not self.scheduler.running and not self.scheduler.waiting
        while idle or not self._inbox.empty():
            item = self._inbox.get()
            if idle:
                time.sleep(_TOGETHER)
            idle = False
            if isinstance(item, Request):
                self._welcome(item)
            else:
                self._end = min(self._end, time.monotonic() + item)
                for request in self.scheduler.waiting:
                    self.scheduler.give_up(request)
                    request.answer(ModelError("engine-closed"))

    def _welcome(self, request: Request) -> None:
        try:
            if self._end < math.inf:
                raise ModelError("engine-closed")
            request.tokenize(self._llama)
            request.handles = [(self._adapters.load(each), each.scale) for each in request.adapters]
            request.adapters_name = self._adapters.name(request.adapters)
            need = len(request.head) + request.cells
            for tokens, room in ((need, self._room.size), (request.longest, self._llama.trained_context)):
                if tokens > room:
                    raise ModelError("prompt-too-long", tokens=tokens, room=room)
            self.scheduler.add(request)
        except HyperBridgeError as error:
            request.answer(error)

    def _turn(self) -> None:
        self._drop()
        self._admit()
        self._fill()
        groups: dict[str, list[Request]] = {}
        for request in self.scheduler.running:
            if self._begun(request):
                groups.setdefault(request.adapters_name, []).append(request)
        for group in groups.values():
            self._decode(compose(group, self._context.slots, self._costs))
        for request in [request for request in self.scheduler.running if request.done]:
            self._leave(request, request.result())

    def _drop(self) -> None:
        """Let go of those who are not wanted any more, or late."""
        now = time.monotonic()
        for request in self.scheduler.waiting:
            if request.cancelled or _late(request, now):
                self.scheduler.give_up(request)
                request.answer(ModelError("engine-late"))
        for request in list(self.scheduler.running):
            if request.cancelled or _late(request, now) or now > self._end:
                reason = "engine-closed" if now > self._end else "engine-late"
                self._leave(request, request.result() or ModelError(reason))

    def _admit(self) -> None:
        """Let in as many as there is room for, in turn: a large one must not be overtaken for ever."""
        while (request := self.scheduler.next()) is not None:
            cells, slots = self._heads.need(request)
            if not self._room.fits(cells + request.cells, slots + request.slots):
                return
            if not self.scheduler.running:
                self._context.clear()
            lease = _Lease(request.cells, self._room.take(request.cells, request.slots))
            self._leases[request] = lease
            self.scheduler.admit(request)
            request.admitted = time.monotonic()
            self._heads.take(request)
            try:
                request.begin(lease.slots, self._llama, self._desk)
            except ModelError as error:
                self._leave(request, error)

    def _fill(self) -> None:
        """Read a chunk of the next head that is not there yet."""
        head = self._heads.unfilled()
        if head is None:
            return
        self._adapt(head.first)
        started = time.perf_counter()
        try:
            self.meter.prompt_tokens += self._heads.fill(head)
        except ModelError as error:
            for request in self._heads.users(head, self.scheduler.running):
                self._leave(request, error)
        self.meter.decode_seconds += time.perf_counter() - started

    def _begun(self, request: Request) -> bool:
        """Whether a request can go on, now that its head may be ready."""
        lease = self._leases[request]
        if not lease.begun and request.head:
            head = self._heads.slot(request)
            if head is None:
                return False
            for sequence in request.sequences:
                if sequence.feed:  # the others will fork from it
                    self._context.copy(head, sequence.slot)
        lease.begun = True
        return True

    def _decode(self, parts: list[Part]) -> None:
        """Decode parts together and let their requests read the logits.

        Where that fails, each request is tried alone, so that only the one at fault is lost.
        """
        if not parts:
            return
        rows = [
            Row(token, part.sequence.position + i, part.sequence.slot, i in part.outputs)
            for part in parts
            for i, token in enumerate(part.tokens)
        ]
        self._adapt(parts[0].request)
        started = time.perf_counter()
        try:
            self._context.decode(rows)
        except ModelError as error:
            self._retry(parts, error)
            return
        finally:
            self.meter.decode_seconds += time.perf_counter() - started
        self.meter.steps += 1
        self.meter.tokens += len(rows)
        self.meter.drafted += sum(part.guessed for part in parts)
        prompts = (len(part.tokens) for part in parts if len(part.tokens) > 1 + part.guessed)
        self.meter.prompt_tokens += sum(prompts)
        started = time.perf_counter()
        first = 0
        for part in parts:
            if part.request in self._leases:  # else an earlier part of it has failed
                self._read(part, first)
            first += len(part.tokens)
        self.meter.sample_seconds += time.perf_counter() - started

    def _read(self, part: Part, first: int) -> None:
        """Let a request read its part of the batch, which begins at a row.

        After a wrong guess, the rest of the part is what would have followed that guess: it is taken back.
        """
        sequence, certain = part.sequence, len(part.tokens) - part.guessed
        sequence.position += certain
        del sequence.feed[:certain]
        try:
            for index in part.outputs:
                if index >= certain:
                    if sequence.done or sequence.back or sequence.feed != [part.tokens[index]]:
                        break
                    sequence.position += 1
                    self.meter.accepted += 1
                part.request.read(sequence, self._context.logits(first + index), self._context.copy)
        except ModelError as error:
            self._leave(part.request, error)
            return
        if part.guessed or sequence.back:
            self._context.remove(sequence.slot, sequence.position)
            sequence.back = False
        for each in part.request.sequences:
            if each.done:
                self._context.remove(each.slot)

    def _retry(self, parts: list[Part], error: ModelError) -> None:
        for part in parts:
            self._context.remove(part.sequence.slot, part.sequence.position)
        requests = list(dict.fromkeys(part.request for part in parts))
        if len(requests) == 1:
            self._leave(requests[0], error)
            return
        for request in requests:
            self._decode([part for part in parts if part.request is request])

    def _adapt(self, request: Request) -> None:
        """Decode with a request's adapters from now on."""
        if request.adapters_name != self._adapted:
            self._context.adapt(request.handles)
            self._adapted = request.adapters_name

    def _leave(self, request: Request, outcome: object) -> None:
        """Free what a running request had and give its caller the outcome."""
        lease = self._leases.pop(request)
        for slot in lease.slots:
            self._context.remove(slot)
        self._room.give(lease.cells, lease.slots)
        self._heads.give(request)
        self.scheduler.leave(request, time.monotonic() - request.admitted)
        self.meter.requests += 1
        request.answer(outcome)
        request.end()


def _late(request: Request, now: float) -> bool:
    return request.due is not None and now > request.due
