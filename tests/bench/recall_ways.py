"""One way of searching, measured in this process: ``recall_ways.py WAY SIZE FOLDER`` prints JSON.

``memory`` is the resident memory of a process that has opened what is on disk and answered all queries; pages
that the system caches belong to no process.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from scene.atoms import Lang
from scene.signature import Vector
from storage.archive import Archive
from storage.database import transaction
from storage.exchange import Entry
from tests.bench import recall_scenes
from tests.bench.recall import K

EMBEDDER = "bench"
RESTORED = 20_000  # scenes that are restored, in batches
BATCH = 200
SLOW = 0.2  # seconds a query after which fewer are asked
RESCORED = 500
Ask = Callable[[Vector], list[int]]


class Figures(dict[str, Any]):
    """What was measured; ``ask`` fills in what every way has."""

    def ask(self, folder: Path, rows: NDArray[np.float32], ask: Ask) -> None:
        """Ask all queries, fewer if that would take long, after a few to warm up."""
        queries, kth = np.load(folder / "queries.npy"), np.load(folder / "kth.npy")
        begin = time.perf_counter()
        for query in queries[:3]:
            ask(query)
        if (time.perf_counter() - begin) / 3 > SLOW:
            queries = queries[:30]
        walls, cpus, recalls = [], [], []
        for query, worst in zip(queries, kth, strict=False):
            wall, cpu = time.perf_counter(), time.process_time()
            found = ask(query)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            recalls.append(min(K, int((rows[found] @ query >= worst - 1e-5).sum())) / K)
        p50, p99 = np.percentile(walls, [50, 99]) * 1e3
        self |= {"p50": p50, "p99": p99, "cpu": float(np.median(cpus)) * 1e3, "recall": recalls}


def _resident() -> int:
    # Pages of the mapped signatures, which only serve to check answers, are not this way's own.
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


def archive(folder: Path, rows: NDArray[np.float32], figures: Figures) -> Ask:
    """The archive itself, opened anew once it is filled."""
    path = folder / "archive.db"
    chains = np.load(folder / "chains.npy", mmap_mode="r")[: len(rows)]
    texts, langs = json.loads((folder / "texts.json").read_text())
    known = recall_scenes.Vocabulary(texts, [Lang(lang) for lang in langs], np.empty(0, np.float32), {})
    filled = max(0, len(rows) - RESTORED)
    with Archive.open(path) as kept:
        _fill(kept, known, chains[:filled], rows)
        kept.signing.renew_indexes(EMBEDDER)
        begin, cpu = time.perf_counter(), time.process_time()
        for start in range(filled, len(rows), BATCH):
            entries = [
                Entry(recall_scenes.scene(known, chains[row]), signature=rows[row], embedder=EMBEDDER)
                for row in range(start, min(start + BATCH, len(rows)))
            ]
            kept.restore(0, entries)
        seconds = time.perf_counter() - begin
        figures["inserts"] = (len(rows) - filled) / seconds
        figures["inserts_cpu"] = (len(rows) - filled) / (time.process_time() - cpu)
    figures["filling_memory"] = _resident()
    figures["disk"] = sum(each.stat().st_size for each in folder.glob("archive.db*"))
    figures["disk_index"] = sum(each.stat().st_size for each in folder.glob("archive.db-index*"))
    # The process that searches is another one, as a bot that has just been started.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_search, args=(path, folder, len(rows), there))
    process.start()
    figures |= here.recv()
    process.join()
    raise SystemExit(print(json.dumps(figures)))


def _search(path: Path, folder: Path, size: int, pipe: Any) -> None:
    rows = np.load(folder / "signatures.npy", mmap_mode="r")[:size]
    figures = Figures()
    with Archive.open(path) as kept:
        begin = time.perf_counter()
        kept.nearest.find(0, EMBEDDER, np.array(rows[0]), K)
        figures["ready"] = time.perf_counter() - begin
        figures.ask(
            folder,
            rows,
            lambda q: [scene - 1 for scene, _ in kept.nearest.find(0, EMBEDDER, q, K)],
        )
        figures["memory"] = _resident()
    pipe.send(dict(figures))


def _fill(
    kept: Archive, known: recall_scenes.Vocabulary, chains: NDArray[np.int32], rows: NDArray[np.float32]
) -> None:
    with kept.reading() as db:
        for start in range(0, len(chains), 10_000):
            numbers = range(start + 1, min(start + 10_000, len(chains)) + 1)
            scenes = [recall_scenes.scene(known, chains[n - 1]) for n in numbers]
            with transaction(db):
                db.execute("INSERT OR REPLACE INTO owners VALUES (0, ?)", [numbers[-1]])
                db.conn.executemany(
                    "INSERT INTO scenes VALUES (?, 0, ?, ?, ?, ?, ?, ?, '2026-01-01T00:00:00+00:00')",
                    [
                        (n, n, n.to_bytes(32, "big"), s.source, s.mnemonic, s.lang, s.kind)
                        for n, s in zip(numbers, scenes, strict=True)
                    ],
                )
                db.conn.executemany(
                    "INSERT INTO atoms VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (n, place, atom.text, atom.lemma, atom.lang, atom.phase)
                        for n, s in zip(numbers, scenes, strict=True)
                        for place, atom in enumerate(s.atoms)
                    ],
                )
                db.conn.executemany(
                    "INSERT INTO signatures (owner, scene_id, embedder, dimension, dtype, vector) "
                    "VALUES (0, ?, ?, ?, 'float32', ?)",
                    [(n, EMBEDDER, rows.shape[1], rows[n - 1].tobytes()) for n in numbers],
                )


def numpy_exact(folder: Path, rows: NDArray[np.float32], figures: Figures) -> Ask:
    """All signatures in memory and one product."""
    begin = time.perf_counter()
    held = np.array(rows)
    figures["ready"] = time.perf_counter() - begin
    figures |= {"inserts": len(rows) / figures["ready"], "disk": rows.nbytes}

    def ask(query: Vector) -> list[int]:
        cosines = held @ query
        return np.argpartition(-cosines, K - 1)[:K].tolist()

    return ask


def _vectors(folder: Path, rows: NDArray[np.float32], figures: Figures, columns: str, of: str) -> Any:
    import sqlite_vec

    path = folder / "vec.db"
    path.unlink(missing_ok=True)
    db = _connect(path)
    db.execute(f"CREATE VIRTUAL TABLE rows USING vec0({columns})")
    begin = time.perf_counter()
    for start in range(0, len(rows), 10_000):
        with db:
            db.executemany(
                f"INSERT INTO rows (rowid, {of.partition('|')[0]}) VALUES (?, {of.partition('|')[2]})",
                ((n, rows[n].tobytes(), rows[n].tobytes())[: 1 + of.count("?")]
                 for n in range(start, min(start + 10_000, len(rows)))),
            )  # fmt: skip
    figures |= {"inserts": len(rows) / (time.perf_counter() - begin), "disk": path.stat().st_size}
    db.close()
    begin = time.perf_counter()
    db = _connect(path)
    figures["ready"] = time.perf_counter() - begin
    assert sqlite_vec
    return db


def _connect(path: Path) -> Any:
    import sqlite_vec

    try:
        from pysqlite3 import dbapi2 as engine
    except ImportError:
        engine = sqlite3
    db = engine.connect(path)
    db.enable_load_extension(True)
    sqlite_vec.load(db)
    return db


def sqlite_vec_exact(folder: Path, rows: NDArray[np.float32], figures: Figures) -> Ask:
    """sqlite-vec's full scan."""
    column = f"v float[{rows.shape[1]}] distance_metric=cosine"
    db = _vectors(folder, rows, figures, column, "v|?")

    def ask(query: Vector) -> list[int]:
        sql = "SELECT rowid FROM rows WHERE v MATCH ? AND k = ?"
        return [row for (row,) in db.execute(sql, [query.tobytes(), K])]

    return ask


def sqlite_vec_bits(folder: Path, rows: NDArray[np.float32], figures: Figures) -> Ask:
    """sqlite-vec's signs of the components, and the exact vectors of the best by these."""
    columns = f"b bit[{rows.shape[1]}], +v blob"
    db = _vectors(folder, rows, figures, columns, "b, v|vec_quantize_binary(?), ?")

    def ask(query: Vector) -> list[int]:
        sql = """
            WITH near AS (SELECT rowid, v FROM rows WHERE b MATCH vec_quantize_binary(?) AND k = ?)
            SELECT rowid FROM near ORDER BY vec_distance_cosine(v, ?) LIMIT ?
        """
        return [row for (row,) in db.execute(sql, [query.tobytes(), RESCORED, query.tobytes(), K])]

    return ask


def usearch_int8(folder: Path, rows: NDArray[np.float32], figures: Figures) -> Ask:
    """usearch's graph of int8 vectors, and the exact vectors of the best by these."""
    from usearch.index import Index

    index = Index(ndim=rows.shape[1], metric="cos", dtype="i8", connectivity=16, expansion_add=64)
    begin = time.perf_counter()
    for start in range(0, len(rows), 5_000):
        some = np.arange(start, min(start + 5_000, len(rows)))
        index.add(some, np.asarray(rows[start : start + 5_000]), threads=1)
    figures["inserts"] = len(rows) / (time.perf_counter() - begin)
    path = folder / "usearch.db"
    index.save(path)
    figures["disk"] = path.stat().st_size
    begin = time.perf_counter()
    index = Index.restore(path)
    index.expansion_search = 512
    figures["ready"] = time.perf_counter() - begin

    def ask(query: Vector) -> list[int]:
        near = index.search(query, 50, threads=1).keys.astype(np.int64)
        return near[np.argsort(-(rows[near] @ query))[:K]].tolist()

    return ask


WAYS = {
    "archive": archive,
    "numpy exact": numpy_exact,
    "sqlite-vec exact": sqlite_vec_exact,
    "sqlite-vec bits, rescored": sqlite_vec_bits,
    "usearch HNSW int8": usearch_int8,
}


def main() -> None:
    """Measure one way."""
    way, size, name = sys.argv[1:]
    folder = Path(name)
    rows = np.load(folder / "signatures.npy", mmap_mode="r")[: int(size)]
    figures = Figures()
    ask = WAYS[way](folder, rows, figures)
    figures.ask(folder, rows, ask)
    figures["memory"] = _resident()
    print(json.dumps(figures))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
