"""Several processes on one file, and processes that are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.archive import Archive

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def start(path: Path, word: str, count: int, owner: int = 0) -> subprocess.Popen[str]:
    """Start a writer and wait until it is ready to open the archive."""
    writer = subprocess.Popen(
        [sys.executable, str(HERE / "writer.py"), str(path), str(owner), word, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()


def acknowledged(writer: subprocess.Popen[str]) -> dict[int, str]:
    """Everything the writer was told is safe: mnemonics by number."""
    output = writer.communicate(timeout=60)[0]
    lines = [line for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {int(number): mnemonic for number, mnemonic in (line.split() for line in lines)}


def test_processes_that_create_one_archive_together_share_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    writers = [start(path, "один", 25), start(path, "два", 25), start(path, "один", 25)]
    for writer in writers:
        go(writer)
    first, second, same = (acknowledged(writer) for writer in writers)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert first == same  # one chain is one scene, whoever keeps it first
    assert not first.keys() & second.keys()
    assert first.keys() | second.keys() == set(range(1, 51))
    with Archive.open(path) as archive:
        stats = archive.figures.stats(0)
        assert (stats.scenes, stats.renderings, stats.signatures) == (50, 75, {"test": 50})


def test_killing_a_writer_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    chance = random.Random(42)
    kept: dict[int, str] = {}
    for attempt in range(6):
        writer = start(path, f"попытка{attempt}", 100_000)
        go(writer)
        time.sleep(chance.uniform(0.0, 0.25))
        writer.kill()
        new = acknowledged(writer)
        assert not new.keys() & kept.keys()
        kept |= new
        with Archive.open(path) as archive:
            assert kept.items() <= {s.number: s.scene.mnemonic for s in archive.scenes(0, 100_000)}.items()
            for stored in archive.scenes(0, 20):  # scene, text and vector came together or not at all
                assert [text.text for text in archive.renderings.of(stored)] == [stored.scene.mnemonic]
            assert archive.figures.stats(0).signatures.get("test", 0) == archive.count(0)
            with archive.reading() as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert kept


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.03])
def test_killing_a_process_that_creates_the_archive(tmp_path: Path, seconds: float) -> None:
    writer = start(tmp_path / "archive.db", "начало", 100)
    go(writer)
    time.sleep(seconds)
    writer.kill()
    kept = acknowledged(writer)
    with Archive.open(tmp_path / "archive.db") as archive:
        assert archive.count(0) >= len(kept)
