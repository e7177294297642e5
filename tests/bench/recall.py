"""Recall among many signatures: ``python -m tests.bench recall``, or ``python -m tests.bench.recall 10000``.

Every way of searching runs in a process of its own, on the same signatures (``recall_scenes``), so that its
memory is its own. The archive is filled through SQL but for its last scenes, which are restored as an import
does it and give the rate of inserting into the whole: database, full-text index and index of signatures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.embedder import Embedder
from tests.bench import recall_scenes

SIZES = (10_000, 100_000, 1_000_000)
QUERIES = 200  # of each sort
K = 10
# Peers that take too long to fill, or to ask, with more than this.
WAYS = {
    "archive": 10**9,
    "numpy exact": 10**9,
    "sqlite-vec exact": 10**9,
    "sqlite-vec bits, rescored": 10**9,
    "usearch HNSW int8": 100_000,
}


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print what each way costs at each size."""
    console = Console(width=150)
    embedder = Embedder()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.perf_counter()
        known = recall_scenes.vocabulary(embedder)
        made = recall_scenes.chains(known, max(sizes), np.random.default_rng(1))
        rows = np.lib.format.open_memmap(
            folder / "signatures.npy", "w+", np.float32, (len(made), 2 * known.vectors.shape[1])
        )
        at = 0
        for chunk in recall_scenes.signatures(known, made):
            rows[at : at + len(chunk)] = chunk
            at += len(chunk)
        rows.flush()
        np.save(folder / "chains.npy", made)
        (folder / "texts.json").write_text(json.dumps([known.texts, [str(lang) for lang in known.langs]]))
        console.print(f"{len(made)} scenes of {len(known.texts)} words: {time.perf_counter() - begin:.0f} s")
        for size in sizes:
            asked = recall_scenes.queries(known, made[:size], QUERIES, np.random.default_rng(2))
            vectors = np.stack([next(recall_scenes.signatures(known, each)) for each in asked.values()], 1)
            np.save(folder / "queries.npy", vectors.reshape(-1, rows.shape[1]))  # the sorts take turns
            _truth(folder, rows[:size])
            _table(console, size, folder, list(asked))
            for path in folder.glob("*.db*"):
                path.unlink()


def _truth(folder: Path, rows: NDArray[np.float32]) -> None:
    """The exact cosine of the K-th best row for each query."""
    asked = np.load(folder / "queries.npy")
    best = np.full((len(asked), K), -2, dtype=np.float32)
    for start in range(0, len(rows), 20_000):
        cosines = np.concatenate([best, asked @ rows[start : start + 20_000].T], axis=1)
        best = -np.partition(-cosines, K - 1, axis=1)[:, :K]
    np.save(folder / "kth.npy", best.min(axis=1))


def _table(console: Console, size: int, folder: Path, sorts: list[str]) -> None:
    figures_of = ("p50 ms", "p99 ms", "cpu ms", "inserts/s", "ready s", "memory MB", "disk MB", "load")
    table = Table("way", "recall@10", *sorts, *figures_of, title=f"{size:,} signatures")
    for way, most in WAYS.items():
        if size > most:
            continue
        command = [sys.executable, "-m", "tests.bench.recall_ways", way, str(size), str(folder)]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        figures = json.loads(told.splitlines()[-1])
        every = np.array(figures.pop("recall"))
        console.print(f"{way}: {figures}", style="dim")
        table.add_row(
            way,
            f"{every.mean():.4f}",
            *(f"{every[at :: len(sorts)].mean():.3f}" for at in range(len(sorts))),
            f"{figures['p50']:.2f}",
            f"{figures['p99']:.2f}",
            f"{figures['cpu']:.2f}",
            f"{figures['inserts']:,.0f}",
            f"{figures['ready']:.2f}",
            f"{figures['memory'] / 1e6:,.0f}",
            f"{figures['disk'] / 1e6:,.0f}",
            f"{os.getloadavg()[0]:.1f}",
        )
    console.print(table)


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
