"""The instrument of noise beside llama.cpp's own: ``python -m tests.bench noise``.

Agreement, time and memory on a text of 12,000 characters in both languages, and time on a reply. The tool is
``llama-perplexity``, looked for in the folder ``LLAMA_BIN``; build it from the source that llama-cpp-python's
sdist carries, with the same compiler flags. Every run is a process of its own.

The tool wants two windows at least. On the reply it is run once on what an expert would have it read, the
writer's prompt and the reply, repeated until they fill two of its usual windows of 512 tokens; and once on
nothing but the reply, repeated until it fills two windows of 64.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from models import catalog, fetch, writer
from models.embedder import Embedder
from models.engine.context import Logits
from models.engine.machine import cores
from models.judge import Judge
from models.ladder import Ladder
from models.llama import Vocabulary
from models.noise.corpus import measure_corpus
from models.noise.distance import Distance, Figures
from models.noise.instrument import DEFAULT_LEVELS, Instrument
from models.noise.question import Question
from models.palette import Palette
from scene.atoms import Lang
from scene.forms import Form, voice
from scene.parse import parse

MODEL = "gemma-3-270m"
CHARACTERS, CONTEXT = 12_000, 512
QUESTION = Question(parse("пепелвспышкажизньтишинадорогадом"), Form.POEM, Lang.RU, seed=8)
ROOT = Path(__file__).parents[2]

_TOLD = {
    "mean_kld": (r"Mean    KLD:\s+(\S+)", 1.0),
    "median_kld": (r"Median  KLD:\s+(\S+)", 1.0),
    "p99_kld": (r"99.0%   KLD:\s+(\S+)", 1.0),
    "max_kld": (r"Maximum KLD:\s+(\S+)", 1.0),
    "rms_dp": (r"RMS Δp    :\s+(\S+)", 0.01),
    "same_top": (r"Same top p:\s+(\S+)", 0.01),
    "perplexity": (r"Mean PPL\(Q\)\s+:\s+(\S+)", 1.0),
}
"""How the tool says what we call so, and in which unit."""


def corpus() -> str:
    """A text of ``CHARACTERS``: what the forms show, then paragraphs of the documents."""
    shown = [shot.text for lang in (Lang.RU, Lang.EN) for form in Form for shot in voice(form, lang).shots]
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    told = [part for page in pages for part in re.split(r"\n\n+", page.read_text("utf-8"))]
    prose = [part.replace("\n", " ") for part in told if re.match(r"[A-Z]", part) and len(part) > 150]
    return "\n\n".join([*shown, *prose])[:CHARACTERS]


def main() -> None:
    """Print everything that is measured of the instrument."""
    console = Console()
    model = catalog.find(MODEL)
    fetch.locate(model) or fetch.pull(model, lambda *_: None)
    ladder = Ladder(model)
    paths = {name: ladder.rung(name).path for name in (ladder.reference, *DEFAULT_LEVELS)}
    files = f"files of {paths[ladder.reference].stat().st_size / 1e6:.0f} MB and less"
    ours, reply = _in_process("corpus"), _in_process("reply")
    console.print(f"{MODEL}, {len(DEFAULT_LEVELS)} levels, {cores()} threads, {files}")
    console.print(
        f"reply of {reply['tokens']} tokens: {reply['seconds']:.1f} s, peak {reply['peak'] / 1e6:.0f} MB; "
        f"in the same bits twice: {reply['deterministic']}"
    )
    console.print(
        f"text of {CHARACTERS} characters, {ours['tokens']} tokens scored: {ours['seconds']:.1f} s, "
        f"peak {ours['peak'] / 1e6:.0f} MB; in the same bits twice: {ours['deterministic']}"
    )
    program = Path(os.environ.get("LLAMA_BIN", "")) / "llama-perplexity"
    if not program.is_file():
        console.print("no llama-perplexity: set LLAMA_BIN to the folder that holds it")
        return
    with tempfile.TemporaryDirectory() as folder:
        tool = _Tool(program, Path(folder), paths, ladder.reference)
        theirs, seconds, peak = tool.run(corpus(), CONTEXT)
        console.print(_agreement(ours["levels"], theirs))
        share = ours["seconds"] / seconds
        rounded, said = _in_process("rounded")["levels"]["BF16"], theirs["BF16"]
        told = ", ".join(f"{key} {rounded[key] / said[key] - 1:+.2%}" for key in said if "kld" in key)
        console.print(f"BF16, with the reference rounded as the tool rounds it: {told}")
        console.print(f"the tool: {seconds:.1f} s, peak {peak / 1e6:.0f} MB; we take {share:.2f} of it")
        whole = f"{reply['prompt']}{reply['text']}\n\n"
        for name, text, context in (
            ("prompt and reply", whole * (1 + 2 * CONTEXT // reply["read"]), CONTEXT),
            ("the reply alone", f"{reply['text']}\n\n" * (2 + 140 // reply["tokens"]), 64),
        ):
            _, seconds, _ = tool.run(text, context)
            console.print(
                f"the tool on {name}: {seconds:.1f} s; we take {reply['seconds'] / seconds:.2f} of it"
            )


class _Tool:
    """``llama-perplexity``, run on the reference and then on each level.

    Args:
        program: Where it is.
        folder: For the text and the reference's log-probabilities.
        paths: Files by level.
        reference: Which of them.
    """

    def __init__(self, program: Path, folder: Path, paths: dict[str, Path], reference: str) -> None:
        self._program, self._folder = program, folder
        self._paths, self._reference = paths, reference

    def run(self, text: str, context: int) -> tuple[dict[str, dict[str, float]], float, int]:
        """What it says of each level, the seconds all took, and the greatest peak of memory in bytes."""
        source, base = self._folder / "text.txt", self._folder / "base"
        source.write_text(text, "utf-8")
        found, peaks, seconds = {}, [], 0.0
        for name, path in self._paths.items():
            command = [self._program, "-m", path, "-t", cores(), "-c", context]
            if name == self._reference:
                command += ["-f", source, "--save-all-logits", base]
            else:
                command += ["--kl-divergence", "--kl-divergence-base", base]
            started = time.perf_counter()
            with (self._folder / "told").open("w+", encoding="utf-8") as told:
                process = subprocess.Popen(list(map(str, command)), stdout=told, stderr=told)
                _, status, usage = os.wait4(process.pid, 0)
                seconds += time.perf_counter() - started
                peaks.append(usage.ru_maxrss * 1024)
                told.seek(0)
                said = told.read()
            if status:
                raise RuntimeError(said)
            if name != self._reference:
                matches = {key: re.search(pattern, said) for key, (pattern, _) in _TOLD.items()}
                found[name] = {key: float(each[1]) * _TOLD[key][1] for key, each in matches.items() if each}
        return found, seconds, max(peaks)


def _agreement(ours: dict[str, dict[str, float]], theirs: dict[str, dict[str, float]]) -> Table:
    table = Table("", *_TOLD, title="ours | the tool's | the relative difference")
    for name, figures in theirs.items():
        cells = (
            f"{ours[name][key]:.5g} | {value:.5g} | {ours[name][key] / value - 1:+.2%}"
            for key, value in figures.items()
        )
        table.add_row(name, *cells)
    return table


def _in_process(what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.noise", what]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def _corpus() -> dict[str, Any]:
    return _read(DEFAULT_LEVELS)


def _read(levels: Sequence[str]) -> dict[str, Any]:
    found = measure_corpus(Ladder(catalog.find(MODEL)), corpus(), CONTEXT, levels)
    levels = {each.level: asdict(each.summary) for each in found.levels}
    return {
        "levels": levels,
        "tokens": found.tokens,
        "seconds": found.seconds,
        "deterministic": found.deterministic,
    }


def _rounded() -> dict[str, Any]:
    """BF16 once more, with the reference's log-probabilities in 16 bits, and those below -16 left out.

    As llama.cpp's tools/perplexity/perplexity.cpp keeps them (both functions ``log_softmax``).
    """
    exact = Distance.row

    def row(self: Distance, reference: Logits, level: Logits, token: int) -> Figures:
        most = reference.max()
        least = max(reference.min(), most - np.float32(16))
        scale = (most - least) / np.float32(65535)
        kept = np.where(reference > least, np.rint((reference - least) / scale), np.float32(0))
        logp = scale * kept + (least - most - _log_total(reference))
        there = logp > -16
        terms = np.exp(logp[there]) * (logp[there] - level[there] + level.max() + _log_total(level))
        return exact(self, reference, level, token)._replace(kld=float(terms.sum(dtype=np.float64)))

    Distance.row = row  # type: ignore[method-assign]
    return _read(["BF16"])


def _log_total(logits: Logits) -> np.float32:
    return np.float32(np.log(np.exp(logits - logits.max()).sum(dtype=np.float64)))


def _reply() -> dict[str, Any]:
    ladder, embedder = Ladder(catalog.find(MODEL)), Embedder()
    with closing(Vocabulary(ladder.rung(ladder.source).path)) as vocabulary:
        wanted = QUESTION.scene, QUESTION.form, QUESTION.lang, None
        # A bot has written before anybody asks it for noise: its encoder and dictionaries are in memory.
        prompt, _ = writer.request(ladder.model, vocabulary.chat, embedder, Palette(embedder), *wanted)
        Judge(embedder).resonance(QUESTION.scene, QUESTION.scene.source)
        found = Instrument(ladder, embedder).measure(QUESTION)
        read = len(vocabulary.tokenize(prompt.head + prompt.tail + found.text))
    return {
        "text": found.text,
        "prompt": prompt.head + prompt.tail,
        "tokens": len(found.tokens),
        "read": read,
        "seconds": found.seconds,
        "deterministic": found.deterministic,
    }


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        figures = {"corpus": _corpus, "rounded": _rounded, "reply": _reply}[sys.argv[1]]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({**figures, "peak": peak}))
