"""The engine's asyncio face: callers await texts while the worker's thread runs the model."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from models.backend import MAX_CANDIDATES, Backend, Candidates, Message, Place, Prompt, Sampling, Sieve
from models.engine import machine
from models.engine.context import Context, Hardware
from models.engine.request import Request
from models.engine.scoring import Scoring
from models.engine.shelf import Shelf
from models.engine.worker import Meter, Worker
from models.engine.writing import Writing
from models.llama import Llama, start_backend
from scene.errors import ModelError

CELLS = 8192  # tokens: eight replies of eight candidates and the heads of four forms
_SLOTS = 72  # sequences: as many candidates, and heads
_GRACE = 20.0  # seconds in which those who are being served may finish
_SAMPLES, _SAMPLE_BYTES = 64, 1 << 14  # of a model's file, to tell it from others without reading it all


class Engine(Backend):
    """One model for all callers. Loading blocks; the calls do not.

    Args:
        path: A GGUF file.
        hardware: What it runs on.
        cells: Tokens that the KV cache holds, over all that runs at once; less where memory does not suffice.
        cache: Folder for heads that were read, and for what was measured of this machine; None measures
            nothing, and keeps heads for this process only.

    Raises:
        ModelError: ``model-load-failed`` or ``model-context-failed`` (mostly too little memory).
    """

    def __init__(
        self,
        path: Path,
        *,
        hardware: Hardware = Hardware(),  # noqa: B008 - frozen
        cells: int = CELLS,
        cache: Path | None = None,
    ) -> None:
        self.llama = Llama(path, hardware.gpu_layers)
        try:
            self._context = Context(self.llama, cells, _SLOTS, hardware.threads or machine.cores(), hardware)
        except ModelError:
            self.llama.close()
            raise
        build = f"{_fingerprint(path)} {llama_cpp.__version__} {start_backend()} {hardware.gpu_layers}"
        made_by = f"{build} {hardware.kv_type} {hardware.flash_attention}"
        self._shelf = Shelf(cache / "heads" if cache else None, made_by)

        def measure() -> dict[int, float]:
            if cache is None or self._context.cells < machine.LEAST_CELLS:
                return {}
            found = machine.measure(self._context, hardware.threads, made_by, cache / "machine.json")
            return found.costs if self.llama.forgets else {}

        self._worker = Worker(self.llama, self._context, self._shelf, measure)
        self._worker.start()
        self._asked = 0  # requests without an answer yet; counted on the event loop
        self._closing = threading.Lock()
        self._closed = False

    @property
    def meter(self) -> Meter:
        """What the engine did since it was loaded."""
        return self._worker.meter

    def chat(self, messages: Sequence[Message]) -> str:
        """See :meth:`models.backend.Backend.chat`."""
        return self.llama.chat(messages)

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
        """See :meth:`models.backend.Backend.candidates`."""
        found: Candidates = await self._ask(
            Writing(
                prompt,
                sampling,
                count=max(1, min(count, MAX_CANDIDATES)),
                seed=seed,
                enough=enough,
                owner=owner,
                due=None if deadline is None else time.monotonic() + deadline,
                watch=watch,
                sieve=sieve,
            )
        )
        return found

    async def score(self, prompt: Prompt, texts: Sequence[str], *, owner: int = 0) -> list[list[float]]:
        """See :meth:`models.backend.Backend.score`."""
        groups = [texts[at : at + MAX_CANDIDATES] for at in range(0, len(texts), MAX_CANDIDATES)]
        found = await asyncio.gather(*(self._ask(Scoring(prompt, list(group), owner)) for group in groups))
        return [logprobs for group in found for logprobs in group]

    def load(self) -> int:
        """See :meth:`models.backend.Backend.load`."""
        return self._asked

    def place(self, owner: int) -> Place | None:
        """See :meth:`models.backend.Backend.place`."""
        return self._worker.scheduler.place(owner)

    def close(self, grace: float = _GRACE) -> None:
        """Stop and free everything; blocks. Safe to call twice.

        Args:
            grace: Seconds in which those who are being served may finish; then they get what they have.
        """
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._worker.stop(grace)
            self._worker.join()
            self._context.close()
            self._shelf.close()
            self.llama.close()

    async def _ask(self, request: Request) -> Any:
        if self._closed:
            raise ModelError("engine-closed")
        self._worker.submit(request)
        self._asked += 1
        try:
            return await request.outcome
        except asyncio.CancelledError:
            request.cancelled = True
            raise
        finally:
            self._asked -= 1


def _fingerprint(path: Path) -> str:
    """What tells a model's file from others: size, time of change, and samples of its content."""
    state = path.stat()
    found = hashlib.sha256(f"{state.st_size} {state.st_mtime_ns}".encode())
    with path.open("rb") as stream:
        for number in range(_SAMPLES):
            stream.seek(number * state.st_size // _SAMPLES)
            found.update(stream.read(_SAMPLE_BYTES))
    return found.hexdigest()
