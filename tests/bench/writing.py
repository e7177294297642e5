"""How long a reply takes, how much memory, and how much of the scene it keeps.

For the default and the light model, each in a process of its own: time to load, to the first token and to
the whole reply for every form (the head read for the first time, then kept), peak memory; then atom
coverage over the scenes of ``scenes.txt``, every text printed to ``bench/out/writing-MODEL.txt``.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from models import catalog, fetch
from models.backend import Prompt
from models.embedder import Embedder
from models.engine import Engine
from models.writer import Writer, Written
from scene.atoms import Lang, Scene
from scene.forms import Form
from scene.parse import parse

MODELS = ("qwen2.5-coder-1.5b", "gemma-3-270m")
SCENES = Path(__file__).with_name("scenes.txt").read_text(encoding="utf-8").split()
OUT = Path("bench/out")
_FORMS = (Form.POEM, Form.NARRATIVE, Form.ESSAY, Form.METAPHOR)


def main() -> None:
    """Measure each model in a process of its own, so that memory is its own."""
    for model in MODELS:
        subprocess.run([sys.executable, "-m", "tests.bench.writing", model], check=True)


async def measure(name: str) -> None:
    """Measure one model and print the figures."""
    model = catalog.find(name)
    path = fetch.locate(model) or fetch.pull(model, lambda done, total, what: None)
    started = time.perf_counter()
    embedder = Embedder()
    embedder.scene(parse(SCENES[0]))
    cache = tempfile.TemporaryDirectory()
    engine = Engine(path, cache=Path(cache.name))
    print(f"{name}: loaded in {time.perf_counter() - started:.1f} s (with the embedder)")
    # The machine is measured at the first request; afterwards that is remembered.
    await engine.score(Prompt("", "a"), ["b"])
    print(f"machine measured, {time.perf_counter() - started:.1f} s from the start")
    writer = Writer(engine, model, embedder)
    print("seconds, best of 8; cold: the form's examples are read for the first time")
    print(f"{'form':10} {'first token, cold':>18} {'warm':>6} {'reply, cold':>12} {'warm':>6}")
    for form in Form:
        cold = await _write(writer, parse(SCENES[0]), form)
        warm = [await _write(writer, parse(source), form) for source in SCENES[1:4]]
        first = statistics.median(written.first_token_seconds for written in warm)
        whole = statistics.median(written.seconds for written in warm)
        waited = f"{cold.first_token_seconds:18.2f} {first:6.2f}"
        print(f"{form:10} {waited} {cold.seconds:12.1f} {whole:6.1f}", flush=True)
    written = [
        await _write(writer, parse(source), _FORMS[i % len(_FORMS)]) for i, source in enumerate(SCENES)
    ]
    _keep(name, written)
    engine.close()
    cache.cleanup()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _keep(name: str, written: list[Written]) -> None:
    """Every text to a file for a person to read, the means to the screen."""
    OUT.mkdir(parents=True, exist_ok=True)
    terms = ("coverage", "order", "shape", "known", "language", "resonance")
    with (OUT / f"writing-{name}.txt").open("w", encoding="utf-8") as file:
        for source, result in zip(SCENES, written, strict=True):
            scores = {term: round(getattr(result.scores, term), 2) for term in terms}
            file.write(f"{source} · {result.form}\n{result.text}\n{json.dumps(scores)}\n\n")
    for term in terms:
        mean = statistics.mean(getattr(result.scores, term) for result in written)
        print(f"{term} over {len(SCENES)} scenes: {mean:.3f}")


async def _write(writer: Writer, scene: Scene, form: Form) -> Written:
    return await writer.write(scene, form, Lang.EN if scene.lang is Lang.EN else Lang.RU, seed=7)


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1])) if len(sys.argv) > 1 else main()
