"""How long a reply takes, and how much memory.

For the default and the light model, each in a process of its own: time to load, to the first token and to
the whole reply for every form (the head read for the first time, then kept), for many poems, for eight chats
that ask at once, and peak memory. What the texts are worth is ``quality``'s to say.
"""

from __future__ import annotations

import asyncio
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
from models.writer import DEFAULT_CANDIDATES, Writer, Written
from scene.atoms import Lang, Scene
from scene.forms import Form
from scene.parse import parse

MODELS = ("qwen2.5-coder-1.5b", "gemma-3-270m")
SCENES = Path(__file__).with_name("scenes.txt").read_text(encoding="utf-8").split()


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
    alone = [await _write(writer, parse(source), Form.POEM) for source in SCENES[12:]]
    seconds = [written.seconds for written in alone]
    print(
        f"{len(alone)} poems one by one: median {statistics.median(seconds):.1f}, mean "
        f"{statistics.mean(seconds):.1f}, longest {max(seconds):.1f} s; "
        f"{sum(written.candidates > DEFAULT_CANDIDATES for written in alone)} needed a second round, "
        f"{sum(bool(written.failed) for written in alone)} below the bar"
    )
    poems = [_write(writer, parse(source), Form.POEM, owner) for owner, source in enumerate(SCENES[4:12])]
    written = await asyncio.gather(*poems)
    print(
        f"eight chats at once, a poem each: {min(each.seconds for each in written):.1f} to "
        f"{max(each.seconds for each in written):.1f} s, "
        f"{sum(each.candidates for each in written)} candidates, "
        f"{sum(bool(each.failed) for each in written)} below the bar"
    )
    engine.close()
    cache.cleanup()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


async def _write(writer: Writer, scene: Scene, form: Form, owner: int = 0) -> Written:
    lang = Lang.EN if scene.lang is Lang.EN else Lang.RU
    return await writer.write(scene, form, lang, seed=7, owner=owner)


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1])) if len(sys.argv) > 1 else main()
