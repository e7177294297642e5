"""Builds one level, as a process of its own: ``python -m models.ladder.worker JOB``.

llama.cpp can't be stopped in the middle of a level and ends the whole process where a file breaks its
assumptions. Here the one is a kill and the other costs nothing but the build. What there is to tell goes to
stdout, a line of JSON each; the build begins once a line comes in, and ends with the process that asked for
it.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import llama_cpp

from models.ladder.job import Built, Job
from models.llama import forget_reasons, last_reason, listening, read_header, start_backend
from models.partial import hash_file
from scene.errors import ModelError

_BUFFER_BYTES = 256 << 20
"""Rows in memory at once; llama.cpp's own 8 GiB take all of a large vocabulary's. The bits are the same."""


def _tell(**news: object) -> None:
    print(json.dumps(news), flush=True)


def _progress(done: int, total: int, what: str) -> None:
    _tell(done=done, total=total, what=what)


def _tensor_bytes(job: Job) -> int:
    """What the tensors will take, to a hundredth of a MiB, by llama.cpp's own reckoning."""
    sizes: list[str] = []

    def read(text: str) -> None:
        sizes.extend(re.findall(r"quant size\s*=\s*([\d.]+) MiB", text))

    _quantize(job, read, dry_run=True)
    return round(float(sizes[-1]) * (1 << 20))


def _write(job: Job) -> None:
    """Write the file, following llama.cpp's log: ``[  12/ 272] blk.0.ffn_up.weight …``."""

    def read(text: str) -> None:
        if match := re.match(r"\[\s*(\d+)/\s*(\d+)\]", text):
            _progress(int(match[1]), int(match[2]), job.level)

    _quantize(job, read, dry_run=False)


def _quantize(job: Job, listener: Callable[[str], None], *, dry_run: bool) -> None:
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = job.ftype
    params.allow_requantize = True
    params.dry_run = dry_run
    params.max_buf_size = _BUFFER_BYTES
    if job.importance and not dry_run:
        # Imported here, for it takes half a second and most levels do without.
        from models.ladder.importance import for_llama, means_of

        means = means_of(Path(job.source), Path(job.importance), _progress)
        params.imatrix = for_llama(means)
    forget_reasons()
    with listening(listener):
        paths = job.source.encode(), job.target.encode()
        failed = llama_cpp.llama_model_quantize(*paths, ctypes.byref(params))
    if failed:
        raise ModelError("ladder-build-failed", level=job.level, path=job.source, reason=last_reason())


def _leave_with_parent() -> None:
    """End as soon as nobody is left at the other end of stdin, and leave half a file to the next build."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def _work(job: Job) -> Built:
    target = Path(job.target)
    start_backend()
    source = Path(job.source)
    _tell(needed=source.stat().st_size - read_header(source).tensor_bytes + _tensor_bytes(job))
    if not os.read(sys.stdin.fileno(), 1):
        os._exit(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _write(job)
    return Built(hash_file(target, _progress), read_header(target).bits_per_weight)


def main() -> None:
    """Do the job on the command line."""
    # Ctrl-C reaches the whole group; what asked for the build ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        built = _work(Job(**json.loads(sys.argv[1])))
    except ModelError as error:
        _tell(error=error.key, params=error.params)
    else:
        _tell(**asdict(built))


if __name__ == "__main__":
    main()
