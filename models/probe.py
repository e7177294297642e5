"""Whether llama.cpp can use a file that nobody vouches for, found out in a process of its own.

llama.cpp tells most faults of a file, but over some headers it ends the whole process (a ``GGML_ASSERT``, for
example for a forged number of layers). A catalog file has a hash and needs none of this.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import llama_cpp

from models.catalog import cache_dir
from models.llama import Llama
from scene.errors import ModelError

_SECONDS = 600.0  # a large file on a slow disk


def probe(path: Path) -> None:
    """Load a file in another process, once as long as it stays as it is.

    Args:
        path: A GGUF file.

    Raises:
        ModelError: ``model-load-failed`` when that process could not load it, or was ended by it.
    """
    there = path.stat()
    identity = f"{path.resolve()}\0{there.st_size}\0{there.st_mtime_ns}\0{llama_cpp.__version__}"
    sound = cache_dir() / "probed" / hashlib.sha256(identity.encode(errors="surrogateescape")).hexdigest()
    if sound.exists():
        return
    try:
        done = subprocess.run(
            [sys.executable, "-m", "models.probe", str(path)],
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ModelError("model-load-failed", path=str(path), reason="it takes too long") from None
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"llama.cpp ended with {done.returncode}"
        raise ModelError("model-load-failed", path=str(path), reason=reason)
    sound.parent.mkdir(parents=True, exist_ok=True)
    sound.touch()


def _try(path: Path) -> None:
    """Load a file and have it read a word."""
    llama = Llama(path, gpu_layers=0)
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = 64
    context = llama_cpp.llama_init_from_model(llama.pointer, params)
    if not context:
        raise ModelError("model-load-failed", path=str(path), reason="no context")
    tokens = llama.tokenize("snow", start=True)
    batch = (llama_cpp.llama_token * len(tokens))(*tokens)
    if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(batch, len(tokens))):
        raise ModelError("model-load-failed", path=str(path), reason="it reads nothing")


if __name__ == "__main__":
    try:
        _try(Path(sys.argv[1]))
    except ModelError as error:
        print(error.params["reason"])
        raise SystemExit(1) from None
