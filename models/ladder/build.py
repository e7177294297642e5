"""Has a level built by a process of its own, which a cancel ends at once."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO

from models.ladder.job import Built, Job
from models.partial import Progress
from scene.errors import ModelError

LOOK_SECONDS = 0.2
"""How often something that waits looks whether it was cancelled."""

_ROOT = Path(__file__).parents[2]


def build(
    job: Job, make_room: Callable[[int], None], progress: Progress, cancelled: Callable[[], bool]
) -> Built:
    """Build a level; blocks.

    Args:
        job: What to build.
        make_room: Called with the bytes that the file will have, before it is begun; raises where they don't
            fit.
        progress: Told of tensors done under the level's name, then of bytes hashed.
        cancelled: Asked several times a second; the file is then left as it is.

    Returns:
        What was built.

    Raises:
        ModelError: ``ladder-cancelled``, ``ladder-build-failed`` with the reason, or what ``make_room``
            raised.
    """
    worker = subprocess.Popen(
        [sys.executable, "-m", "models.ladder.worker", json.dumps(asdict(job))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
    )
    try:
        return _follow(job, worker, make_room, progress, cancelled)
    finally:
        worker.kill()
        worker.wait()
        assert worker.stdin is not None
        worker.stdin.close()


def _follow(
    job: Job,
    worker: subprocess.Popen[bytes],
    make_room: Callable[[int], None],
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Built:
    assert worker.stdin is not None
    assert worker.stdout is not None
    last_words = ""
    for line in _lines(worker.stdout, cancelled, job):
        try:
            news = json.loads(line)
        except ValueError:
            # Not the worker's words but llama.cpp's, before it ended the process.
            last_words = line.decode("utf-8", "replace").strip() or last_words
            continue
        if "needed" in news:
            make_room(news["needed"])
            with suppress(BrokenPipeError):  # it died; its last words follow
                os.write(worker.stdin.fileno(), b"\n")
        elif "error" in news:
            raise ModelError(news["error"], **news["params"])
        elif "sha256" in news:
            return Built(**news)
        else:
            progress(news["done"], news["total"], news["what"])
    reason = last_words or f"exit code {worker.wait()}"
    raise ModelError("ladder-build-failed", level=job.level, path=job.source, reason=reason)


def _lines(stream: IO[bytes], cancelled: Callable[[], bool], job: Job) -> Iterator[bytes]:
    """The worker's lines as they come, until it ends or isn't wanted any more."""
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with stream:
            for line in stream:
                arrived.put(line)
        arrived.put(b"")

    threading.Thread(target=read, daemon=True).start()
    while True:
        if cancelled():
            raise ModelError("ladder-cancelled", level=job.level)
        try:
            line = arrived.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            continue
        if not line:
            return
        yield line


def _environment() -> dict[str, str]:
    """This process's, in which the worker finds these modules and llama.cpp doesn't call a debugger."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "GGML_NO_BACKTRACE": "1"}
