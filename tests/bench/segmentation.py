"""How well and how fast fused words are read, beside others: ``python -m tests.bench.segmentation``.

wordninja and wordsegment read English only; the plain lattice is unigrams of wordfreq and nothing else.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import regex
import wordfreq
from rich.console import Console
from rich.table import Table

from scene.facts import LONGEST
from scene.segment import segment

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("HYPERBRIDGE_SHARED", ROOT.parent / "shared")) / "data"
OWN = ROOT / "tests" / "scene" / "fused.tsv"
SECONDS = 2.0  # how long a segmenter is timed

Segmenter = Callable[[str], list[str]]
Row = tuple[str, frozenset[str]]

_MEASURE = """
import resource, sys, time
sys.path.insert(0, {root!r})
import scene.segment
from scene import lexis
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.perf_counter()
for lang in ("ru", "en"):
    lexis.load(lang)
seconds = time.perf_counter() - begin
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(seconds, (after - before) / 1024, after / 1024)
"""


def plain(lang: str) -> Segmenter:
    """A lattice of unigrams: the likeliest words by frequency alone, unknown ones at a price a letter."""
    known = {word: math.log(f) for word, f in wordfreq.get_frequency_dict(lang, wordlist="best").items()}

    def read(text: str) -> list[str]:
        low = text.lower()
        best, start = [0.0] + [-math.inf] * len(low), [0] * (len(low) + 1)
        for end in range(1, len(low) + 1):
            for begin in range(max(0, end - LONGEST), end):
                piece = low[begin:end]
                score = best[begin] + known.get(piece, math.log(1e-7) + len(piece) * math.log(1 / 22))
                if score > best[end]:
                    best[end], start[end] = score, begin
        words: list[str] = []
        end = len(low)
        while end:
            words.insert(0, low[start[end] : end])
            end = start[end]
        return words

    return lambda text: [word for part in regex.findall(r"[\p{L}\p{N}]+", text) for word in read(part)]


def wordninja() -> Segmenter | None:
    """wordninja, if installed."""
    if not importlib.util.find_spec("wordninja"):
        return None
    split: Segmenter = importlib.import_module("wordninja").split
    return lambda text: split(text.replace("_", ""))


def wordsegment() -> Segmenter | None:
    """wordsegment, if installed."""
    if not importlib.util.find_spec("wordsegment"):
        return None
    module = importlib.import_module("wordsegment")
    module.load()
    read: Segmenter = module.segment
    return read


def development(lang: str) -> list[Row]:
    """Shared rows: a source, and its accepted answers in lower case, without separators."""
    rows: list[Row] = []
    for line in (DATA / f"fused_{lang}_dev.tsv").read_text(encoding="utf-8").splitlines():
        source, *answers = line.split("\t")
        folded = (answer.lower().replace("_", "").split("|") for answer in answers)
        rows.append((source, frozenset("|".join(filter(None, words)) for words in folded)))
    return rows


def accuracy(read: Segmenter, rows: list[Row]) -> float:
    """Share of rows that are read as one of their accepted answers."""
    return sum("|".join(read(source)).lower() in answers for source, answers in rows) / len(rows)


def speed(read: Segmenter, sources: list[str]) -> float:
    """Sources read a second, after a first round."""
    for source in sources:
        read(source)
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS:
        for source in sources:
            read(source)
        done += len(sources)
    return done / (time.perf_counter() - begin)


def own_set(console: Console) -> None:
    """Accuracy on the scenes in ``tests/scene/fused.tsv``."""
    rows = [line.split("\t") for line in OWN.read_text(encoding="utf-8").splitlines()]
    for level in ("plain", "hard"):
        these = [(row[0], frozenset(answer.lower() for answer in row[2:])) for row in rows if row[1] == level]
        console.print(f"own scenes, {level}: {accuracy(segment, these):.2%} of {len(these)}")
    console.print(f"own scenes, lattice alone: {speed(segment, [row[0] for row in rows]):,.0f} a second")


def compare(console: Console) -> None:
    """Accuracy and speed beside others on the shared data."""
    table = Table("segmenter", "language", "rows", "exact match", "a second", title="development data")
    for lang in ("ru", "en"):
        rows = development(lang)
        others = {"wordninja": wordninja(), "wordsegment": wordsegment()} if lang == "en" else {}
        for name, read in {"scene.segment": segment, "plain unigrams": plain(lang), **others}.items():
            if read is None:
                console.print(f"{name} is not installed: pip install {name}")
                continue
            figures = f"{accuracy(read, rows):.2%}", f"{speed(read, [source for source, _ in rows]):,.0f}"
            table.add_row(name, lang, str(len(rows)), *figures)
    console.print(table)


def main() -> None:
    """Print everything that is measured of segmentation."""
    console = Console()
    command = [sys.executable, "-c", _MEASURE.format(root=str(ROOT))]
    measured = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, grown, total = map(float, measured.split())
    console.print(
        f"language data: {seconds:.2f} s to load, {grown:.0f} MB ({total:.0f} MB with Python and imports)"
    )
    own_set(console)
    if DATA.is_dir():
        compare(console)
    else:
        console.print(f"no development data in {DATA}: set HYPERBRIDGE_SHARED to the folder that holds data/")


if __name__ == "__main__":
    main()
