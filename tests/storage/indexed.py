"""Archives with an index though they are small: ``indexed.py DATABASE OWNER FIRST COUNT`` restores scenes.

As a process it prints the number of scenes that are safe after every batch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import making
import numpy as np
from numpy.typing import NDArray

from storage import index, nearest
from storage.archive import Archive
from storage.exchange import Entry

DIMENSION = 64
EMBEDDER = "test/1"
SEED = 7


def lower_thresholds() -> None:
    """An index from 200 signatures on, in blocks of 100."""
    nearest.EXACT_UP_TO = 200
    index.BLOCK = 100


def vectors(count: int, owner: int = 0) -> NDArray[np.float32]:
    """The first of an owner's signatures: some directions matter more than others, as in life."""
    random = np.random.default_rng(SEED + owner)
    raw = random.standard_normal((5_000, DIMENSION)) / np.sqrt(np.arange(DIMENSION) + 1)
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)[:count]


def grow(archive: Archive, first: int, count: int, owner: int = 0) -> None:
    """Restore an owner's scenes with these signatures; the first becomes SCN-1."""
    rows = vectors(first + count, owner)
    archive.restore(
        owner,
        [
            Entry(making.scene("шаг", str(step)), signature=rows[step], embedder=EMBEDDER)
            for step in range(first, first + count)
        ],
    )


def main() -> None:
    lower_thresholds()
    path, owner, first, count = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    with Archive.open(Path(path)) as archive:
        for start in range(int(first), int(first) + int(count), 50):
            grow(archive, start, 50, int(owner))
            print(start + 50, flush=True)


if __name__ == "__main__":
    main()
