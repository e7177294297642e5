"""What this machine does best with a model: how many threads, and how long batches take.

Measured once, when other programs leave the machine to it; among others, one thread can seem the fastest.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from models.engine.context import BATCH, Context, Row

_SEQUENCES = 4  # a batch as replies make it
_SIZES = (*range(1, 17), 20, 24, 28, 32)
_STEPS = 2
_ROUNDS = 2  # each number is tried again later: other programs come and go
_DEPTH = 512  # tokens that each sequence looks back at, as many as a head has
_TOKEN = 100  # any token will do
LEAST_CELLS = _DEPTH + max(_SIZES) * _STEPS
"""Cells that a KV cache must have to be measured in."""

_BETTER = 0.95  # fewer threads must be clearly faster: a moment's other load looks just like that
_DISTURBING = 0.2  # cores that others use
_NOT_BUSY = ("idle", "iowait", "guest", "guest_nice")  # guests' time is in the user's as well
_LISTENED = 0.2  # seconds, to hear whether they still do


@dataclass(frozen=True, slots=True)
class Machine:
    """What was measured.

    Attributes:
        threads: CPU threads that decode fastest.
        costs: Seconds that a batch takes, by rows; empty where nothing was measured.
        disturbed: Other programs were at work as well, so that nothing can be said for sure.
    """

    threads: int
    costs: dict[int, float] = field(default_factory=dict)
    disturbed: bool = False


class _Others:
    """How busy programs other than this one are, from now on."""

    def __init__(self) -> None:
        self._before = self._now()

    def disturb(self) -> bool:
        """Whether they have taken so much that measurements are worth nothing."""
        wall, busy, own = (now - before for now, before in zip(self._now(), self._before, strict=True))
        return busy - own > _DISTURBING * wall

    @staticmethod
    def _now() -> tuple[float, float, float]:
        everything, own = psutil.cpu_times(), psutil.Process().cpu_times()
        busy = sum(seconds for name, seconds in everything._asdict().items() if name not in _NOT_BUSY)
        return time.monotonic(), busy, own.user + own.system


def cores() -> int:
    """Physical cores this process may use: hyper-threads slow llama.cpp's matrix kernels down."""
    allowed = _allowed()
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def measure(context: Context, threads: int | None, made_by: str, memory: Path) -> Machine:
    """Measure, or remember what was measured.

    What was measured while other programs were at work is not believed: all cores are used then, without
    knowing what batches cost, and it is measured again at a later start, when these have ended.

    Args:
        context: A KV cache that is empty, and will be again; it goes on with the best number of threads.
        threads: The number of threads, where somebody has chosen it.
        made_by: What the answer holds for: the model and the build.
        memory: A JSON file that answers are remembered in.
    """
    key = f"{made_by} {_allowed()} {threads}"
    known = _remembered(memory)
    if key not in known or (known[key].disturbed and _is_quiet()):
        others = _Others()
        tried = [threads] if threads else sorted({cores(), max(1, cores() // 2), _allowed()})
        _fill(context)
        _seconds(context, 1)  # the weights come from the disk
        best = _fastest(context, tried, preferred=threads or cores())
        context.use_threads(best)
        costs = {rows: _seconds(context, rows) for rows in _SIZES}
        context.clear()
        disturbed = others.disturb()
        known[key] = Machine(threads or cores(), disturbed=True) if disturbed else Machine(best, costs)
        with suppress(OSError):
            memory.parent.mkdir(parents=True, exist_ok=True)
            partial = memory.with_suffix(f".{os.getpid()}.part")
            text = json.dumps({name: asdict(machine) for name, machine in known.items()}, indent=1)
            partial.write_text(text, encoding="utf-8")
            partial.replace(memory)
    context.use_threads(known[key].threads)
    return known[key]


def _is_quiet() -> bool:
    others = _Others()
    time.sleep(_LISTENED)
    return not others.disturb()


def _allowed() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fastest(context: Context, tried: list[int], preferred: int) -> int:
    if len(tried) == 1:
        return tried[0]
    seconds = dict.fromkeys(tried, float("inf"))
    for _ in range(_ROUNDS):
        for count in tried:
            context.use_threads(count)
            seconds[count] = min(seconds[count], _seconds(context, _SEQUENCES))
    best = preferred
    for count in tried:
        if seconds[count] < seconds[best] * _BETTER:
            best = count
    return best


def _fill(context: Context) -> None:
    """Put a head into the last sequence."""
    for begin in range(0, _DEPTH, BATCH):
        context.decode([Row(_TOKEN, begin + i, context.slots - 1, False) for i in range(min(BATCH, _DEPTH))])


def _seconds(context: Context, rows: int) -> float:
    """Best time of a batch."""
    for slot in range(rows):
        context.copy(context.slots - 1, slot)
    times = []
    for step in range(_STEPS):
        started = time.perf_counter()
        context.decode([Row(_TOKEN, _DEPTH + step, slot, True) for slot in range(rows)])
        context.finish()
        times.append(time.perf_counter() - started)
    for slot in range(rows):
        context.remove(slot)
    return min(times)


def _remembered(memory: Path) -> dict[str, Machine]:
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        return {
            str(key): Machine(
                int(found["threads"]),
                {int(n): float(s) for n, s in found["costs"].items()},
                bool(found.get("disturbed")),
            )
            for key, found in json.loads(memory.read_text(encoding="utf-8")).items()
        }
    return {}
