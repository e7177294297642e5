"""Texts that the real writer made, to be read: ``python -m tests.bench.readings_pool MODEL SECONDS``.

Every text the writer had to choose from is a rendering, not only its choice. They are added to
``bench/out/pool-readings-MODEL.jsonl``, a line each: ``source, form, lang, text, model, seed, chosen``. What
the file has already is not written again, so that the step can be broken off and gone on with. Texts of the
pools of ``tests.bench.pool`` are read as well.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.loading import load_backend
from bot.settings import load
from models import catalog
from models.embedder import Embedder
from models.writer import Writer
from scene.atoms import Lang
from scene.errors import ModelError
from scene.forms import Form
from scene.parse import parse

OUT = Path("bench/out")
_HERE = Path(__file__).parent
_COUNT = 16
_HELD_OUT = 0.15  # of the scenes, for what must be new to an archive


@dataclass(frozen=True, slots=True)
class Text:
    """A rendering of a pool.

    Attributes:
        source: The scene as it was sent.
        form: How it was voiced.
        lang: In which language.
        text: Without a mark.
        chosen: Whether the writer chose it, so that a person would have seen it.
    """

    source: str
    form: Form
    lang: Lang
    text: str
    chosen: bool


def sources() -> list[str]:
    """Scenes to voice: those of the other benches, Russian, English, emoji and mixed."""
    movement = (_HERE.parent / "scene" / "movement.tsv").read_text(encoding="utf-8").splitlines()[1:]
    own = (_HERE / "scenes.txt").read_text(encoding="utf-8").split("\n")
    found = [*filter(None, own), *(line.split("\t")[0] for line in movement)]
    return list(dict.fromkeys(found))


def read_pools() -> list[Text]:
    """Every text of every pool there is, each once; the default model's first."""
    texts: dict[tuple[str, str, str], Text] = {}
    for path in sorted(OUT.glob("pool-*.jsonl"), key=lambda path: ("gemma" in path.name, path.name)):
        for text in read(path):
            texts.setdefault((text.source, text.form, text.text), text)
    return list(texts.values())


def read(path: Path) -> list[Text]:
    """The texts of a pool; none of a file that is not there, nor of a line that is being written."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [json.loads(line) for line in lines if line.endswith("\n")]
    return [
        Text(row["source"], Form(row["form"]), Lang(row["lang"]), text, bool(row.get("chosen")))
        for row in rows
        if row.keys() >= {"source", "form", "lang", "text"} and (text := row["text"].strip())
    ]


async def add(path: Path, model_id: str, seconds: float) -> None:
    """Voice scenes for so long, and keep every text."""
    settings = load().model_copy(update={"model": model_id})
    there = {(text.source, text.form) for text in read(path)}
    wanted = [(source, form) for source in sources() for form in Form if (source, form) not in there]
    random.Random(7).shuffle(wanted)
    backend = await asyncio.to_thread(load_backend, settings)
    writer = Writer(backend, catalog.find(model_id), Embedder())
    began = time.monotonic()
    with path.open("a", encoding="utf-8") as file:
        for number, (source, form) in enumerate(wanted):
            if time.monotonic() - began > seconds:
                break
            scene = parse(source)
            lang = (Lang.RU, Lang.EN)[number % 2] if scene.lang is Lang.EMOJI else scene.lang
            try:
                written = await writer.write(scene, form, lang, seed=number, count=_COUNT)
            except ModelError as error:
                print(f"{source} {form}: {error}", file=sys.stderr)
                continue
            rest = [other.text for other in written.others if other.scores.whole]
            for text in dict.fromkeys([written.text, *rest]):
                row = {
                    "source": source, "form": form, "lang": lang, "text": text, "model": model_id,
                    "seed": number, "chosen": text == written.text,
                }  # fmt: skip
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
    backend.close()


def distinct(texts: Sequence[Text]) -> list[str]:
    """The scenes of these texts, in order."""
    return list(dict.fromkeys(text.source for text in texts))


def split(texts: Sequence[Text]) -> tuple[list[Text], list[Text]]:
    """Texts of scenes that are kept, and of those that are held out."""
    sources = distinct(texts)
    random.Random(7).shuffle(sources)
    held = frozenset(sources[: round(len(sources) * _HELD_OUT)])
    return [t for t in texts if t.source not in held], [t for t in texts if t.source in held]


def chosen(texts: Sequence[Text]) -> list[Text]:
    """One text for each scene and form: the writer's choice, or the first where a pool does not tell."""
    best: dict[tuple[str, Form], Text] = {}
    for text in texts:
        known = best.get((text.source, text.form))
        if known is None or (text.chosen and not known.chosen):
            best[text.source, text.form] = text
    return list(best.values())


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    asyncio.run(add(OUT / f"pool-readings-{sys.argv[1]}.jsonl", sys.argv[1], float(sys.argv[2])))
