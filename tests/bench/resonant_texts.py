"""Texts for the calibration of resonance, by the light model: ``python -m tests.bench.resonant_texts``.

Voices the scenes of ``resonant.tsv`` and ``triples.tsv`` in turns as Russian words, English words and
emoji, each in two forms or one. Writes ``resonant_texts.jsonl`` line by line: it takes about half an hour on
an idle core, and what there is when it is stopped can be used.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from models import catalog, fetch
from models.embedder import Embedder
from models.engine import Engine, Hardware
from models.writer import Writer
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse

HERE = Path(__file__).parent
TEXTS = HERE / "resonant_texts.jsonl"
MODEL = "gemma-3-270m"
_COLUMNS = ("ru", "en", "emoji")
_FORMS = (Form.NARRATIVE, Form.POEM, Form.ESSAY, Form.LOGIC, Form.METAPHOR)
_TEXTS = {"resonant": 2, "triples": 1}  # for each scene
_CANDIDATES = 4


async def write() -> None:
    """Write every text anew."""
    path = fetch.locate(catalog.find(MODEL)) or fetch.pull(catalog.find(MODEL), lambda *_: None)
    engine = Engine(path, hardware=Hardware(threads=1))
    writer = Writer(engine, catalog.find(MODEL), Embedder())
    rows = {name: (HERE / f"{name}.tsv").read_text("utf-8").splitlines()[1:] for name in _TEXTS}
    turns = sorted(
        (i, name, i + more)
        for name, count in _TEXTS.items()
        for i in range(len(rows[name]))
        for more in range(count)
    )
    with TEXTS.open("w", encoding="utf-8") as file:
        for i, name, turn in turns:
            column = turn % len(_COLUMNS)
            scene = parse(rows[name][i].split("\t")[column])
            lang = (Lang.RU, Lang.EN)[turn % 2] if scene.lang is Lang.EMOJI else scene.lang
            form = _FORMS[turn % len(_FORMS)]
            written = await writer.write(scene, form, lang, seed=turn, count=_CANDIDATES)
            kept = {
                "source": scene.source,
                "form": written.form,
                "lang": written.lang,
                "model": MODEL,
                "text": written.text,
            }
            file.write(json.dumps(kept, ensure_ascii=False) + "\n")
            file.flush()
    engine.close()


def main() -> None:
    """Write the corpus."""
    asyncio.run(write())


if __name__ == "__main__":
    main()
