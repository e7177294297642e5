"""How many CPU threads decode fastest here: measured once for a model and a machine, and remembered."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

import psutil

from models.engine.context import Context, Row

_SEQUENCES = 4  # a batch as replies make it
_STEPS = 4
_ROUNDS = 2  # each number is tried again later: other programs come and go
_TOKEN = 100  # any token will do
_BETTER = 0.95  # fewer threads must be clearly faster: a moment's other load looks just like that


def cores() -> int:
    """Physical cores this process may use: hyper-threads slow llama.cpp's matrix kernels down."""
    allowed = _allowed()
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def choose(context: Context, made_by: str, memory: Path | None) -> int:
    """The number of threads that decodes fastest.

    Args:
        context: A KV cache that is empty, and will be again.
        made_by: What the answer holds for: the model and the build.
        memory: A JSON file that answers are remembered in, or None.
    """
    key = f"{made_by}\n{_allowed()}"
    known = _remembered(memory)
    if key not in known:
        most = cores()
        tried = sorted({most, max(1, most // 2), max(1, most * 3 // 4), _allowed()})
        rounds = [{count: _seconds(context, count) for count in tried} for _ in range(_ROUNDS)]
        seconds = {count: min(found[count] for found in rounds) for count in tried}
        best = most
        for count in tried:
            if seconds[count] < seconds[best] * _BETTER:
                best = count
        known[key] = best
        if memory is not None:
            with suppress(OSError):
                memory.parent.mkdir(parents=True, exist_ok=True)
                partial = memory.with_suffix(f".{os.getpid()}.part")
                partial.write_text(json.dumps(known), encoding="utf-8")
                partial.replace(memory)
    return known[key]


def _allowed() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _seconds(context: Context, threads: int) -> float:
    """Best time of a step; the first one is left out, it may wait for the disk."""
    context.use_threads(threads)
    times = []
    for step in range(_STEPS):
        started = time.perf_counter()
        context.decode([Row(_TOKEN, step, slot, True) for slot in range(_SEQUENCES)])
        context.finish()
        times.append(time.perf_counter() - started)
    context.clear()
    return min(times[1:])


def _remembered(memory: Path | None) -> dict[str, int]:
    if memory is not None:
        with suppress(OSError, ValueError):
            found = json.loads(memory.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return {str(key): int(value) for key, value in found.items()}
    return {}
