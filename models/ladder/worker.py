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
from dataclasses import asdict, dataclass
from pathlib import Path

import llama_cpp

from models.llama import forget_reasons, last_reason, listening, read_header, start_backend
from models.partial import hash_file
from scene.errors import ModelError

_BUFFER_BYTES = 256 << 20
"""Rows in memory at once; llama.cpp's own 8 GiB take all of a large vocabulary's. The bits are the same."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to build.

    Attributes:
        source: The GGUF file to build from.
        target: The file to write.
        level: Name of the level.
        ftype: Its number.
    """

    source: str
    target: str
    level: str
    ftype: int


@dataclass(frozen=True, slots=True)
class Built:
    """What was built.

    Attributes:
        sha256: Hash of the file in hex.
        bits_per_weight: Bits of its tensors by number of weights.
    """

    sha256: str
    bits_per_weight: float


def _tell(**news: object) -> None:
    print(json.dumps(news), flush=True)


def _progress(done: int, total: int, what: str) -> None:
    _tell(done=done, total=total, what=what)


class _Tensors:
    """Follows a build by llama.cpp's log: ``[  12/ 272] blk.0.ffn_up.weight …``, at the end the size."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.mebibytes = 0.0

    def __call__(self, text: str) -> None:
        if match := re.match(r"\[\s*(\d+)/\s*(\d+)\]", text):
            _progress(int(match[1]), int(match[2]), self.level)
        elif match := re.search(r"quant size\s*=\s*([\d.]+) MiB", text):
            self.mebibytes = float(match[1])


def _quantize(job: Job, *, dry_run: bool) -> float:
    """Write the file, or only reckon; gives the size of its tensors in MiB."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = job.ftype
    params.allow_requantize = True
    params.dry_run = dry_run
    params.max_buf_size = _BUFFER_BYTES
    forget_reasons()
    tensors = _Tensors(job.level)
    with listening(tensors):
        failed = llama_cpp.llama_model_quantize(
            job.source.encode(), job.target.encode(), ctypes.byref(params)
        )
    if failed:
        raise ModelError("ladder-build-failed", level=job.level, path=job.source, reason=last_reason())
    return tensors.mebibytes


def _leave_with_parent() -> None:
    """End as soon as nobody is left at the other end of stdin, and leave half a file to the next build."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def _work(job: Job) -> Built:
    target = Path(job.target)
    start_backend()
    header = Path(job.source).stat().st_size - read_header(Path(job.source)).tensor_bytes
    _tell(needed=header + round(_quantize(job, dry_run=True) * (1 << 20)))
    if not os.read(sys.stdin.fileno(), 1):
        os._exit(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _quantize(job, dry_run=False)
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
