"""How well the writer writes: ``python -m tests.bench quality``.

The scenes of ``quality_scenes.txt`` (Russian, English, emoji), none of which any weight was fitted on, each
in every form, by the default model, best of eight, seed 7. Printed: the mean of each term over the chosen
texts, beside what must be reached; the same for one sample (the mean over all candidates); how much nearer
texts are to their own scene than to the others. Every text is in ``bench/out/quality-MODEL.txt`` for a person
to read, and every candidate in ``bench/out/pool-quality-MODEL.jsonl``. A run that was broken off goes on.

The judge's terms are also what candidates are chosen by, so that they flatter; only a reader's grades
(``fit_ranking``) say whether a text is good.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models import catalog, fetch
from models.embedder import Embedder
from models.engine import Engine
from models.judge import TERMS
from models.writer import Writer
from scene import signature
from scene.atoms import Lang, Scene
from scene.forms import Form
from scene.parse import parse
from tests.bench.pool import AT_ONCE, OUT, SEED, language, read, row_of, scenes, scores

COUNT = 8
WANTED = {"coverage": 0.95, "order": 0.9, "shape": 0.98, "language": 0.99, "known": 0.98}
SHOWN = (*WANTED, "usual", "agreement", "tempo", "fresh", "varied", "clean", "resonance")
Asked = tuple[Scene, Form, Lang]


def main() -> None:
    """Write what is missing, then print the figures."""
    model = catalog.default_id()
    name = f"quality-{model}"
    OUT.mkdir(parents=True, exist_ok=True)
    listed = list(enumerate(scenes("quality_scenes")))
    asked = [(scene, form, language(scene, number)) for number, scene in listed for form in Form]
    # By turns: a run that is broken off has texts of every scene and every form.
    half = [each for at, each in enumerate(asked) if (at // len(Form) + at) % 2 == 0]
    asyncio.run(_write(model, name, [*half, *(each for each in asked if each not in half)]))
    report(name)


async def _write(model: str, name: str, wanted: list[Asked]) -> None:
    have = {(row["source"], row["form"]) for row in read(name)}
    left = [asked for asked in wanted if (asked[0].source, asked[1]) not in have]
    if not left:
        return
    path = fetch.locate(catalog.find(model))
    assert path is not None, "fetch the model first"
    with tempfile.TemporaryDirectory() as cache:
        engine = Engine(path, cache=Path(cache))
        writer, queue, started = (
            Writer(engine, catalog.find(model), Embedder()),
            iter(left),
            time.perf_counter(),
        )
        with (OUT / f"pool-{name}.jsonl").open("a", encoding="utf-8") as file:

            async def work(turns: Iterator[Asked]) -> None:
                for scene, form, lang in turns:
                    written = await writer.write(scene, form, lang, seed=SEED, count=COUNT, owner=id(scene))
                    rows = [
                        {**row_of(scene, form, lang, text, found), "chosen": not at, "failed": failed}
                        for at, (text, found, failed) in enumerate(
                            [
                                (written.text, written.scores, written.failed),
                                *((o.text, o.scores, o.scores.failed(form)) for o in written.others),
                            ]
                        )
                    ]
                    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                    file.flush()

            await asyncio.gather(*(work(queue) for _ in range(AT_ONCE)))
        print(f"{len(left)} texts, best of {COUNT}, in {time.perf_counter() - started:.0f} s")
        engine.close()


def report(name: str) -> None:
    """Print a pool's figures and write its texts down."""
    rows = read(name)
    chosen = [row for row in rows if row["chosen"]]
    spoken = [row for row in chosen if row["form"] != Form.SILENCE]  # one word keeps no scene
    print(f"{len(chosen)} texts of {len({row['source'] for row in chosen})} scenes, {len(rows)} candidates")
    print(f"{'term':10} {'wanted':>6} {'best of 8':>9} {'one':>6}")
    every = [row for row in rows if row["form"] != Form.SILENCE]
    for term in SHOWN:
        means = [statistics.mean(getattr(scores(row), term) for row in group) for group in (spoken, every)]
        print(f"{term:10} {WANTED.get(term, ''):>6} {means[0]:9.3f} {means[1]:6.3f}")
    below = [row for row in chosen if row["failed"]]
    print(f"below the bar: {len(below)} of {len(chosen)}; of candidates {_share_below(rows):.0%}")
    _by_form(chosen)
    own, other, auc = _resonance(spoken)
    print(f"resonance with its own scene {own:.3f}, with others {other:.3f}; its own is nearer in {auc:.1%}")
    _keep(name, chosen)


def _share_below(rows: list[dict[str, Any]]) -> float:
    return statistics.mean(bool(row["failed"]) for row in rows)


def _by_form(chosen: list[dict[str, Any]]) -> None:
    groups = defaultdict(list)
    for row in chosen:
        groups[row["form"], row["lang"]].append(row)
    print(f"{'form':10} {'lang':4} {'texts':>5} {'below':>5} " + " ".join(f"{term[:8]:>8}" for term in SHOWN))
    for (form, lang), group in sorted(groups.items()):
        means = [statistics.mean(getattr(scores(row), term) for row in group) for term in SHOWN]
        below = sum(bool(row["failed"]) for row in group)
        print(f"{form:10} {lang:4} {len(group):5} {below:5} " + " ".join(f"{mean:8.3f}" for mean in means))


def _resonance(rows: list[dict[str, Any]]) -> tuple[float, float, float]:
    """With a text's own scene, with all others, and how often the first is greater."""
    embedder = Embedder()
    sources = sorted({row["source"] for row in rows})
    asked = np.stack([embedder.scene(parse(source)) for source in sources])
    own, others, wins = [], [], []
    for row in rows:
        vector = embedder.text(row["text"])
        if vector is None:
            continue
        cosines = np.array([max(0.0, signature.resonance(each, vector)) for each in asked])
        at = sources.index(row["source"])
        rest = np.delete(cosines, at)
        own.append(cosines[at])
        others.append(rest.mean())
        wins.append((cosines[at] > rest).mean())
    return float(np.mean(own)), float(np.mean(others)), float(np.mean(wins))


def _keep(name: str, chosen: list[dict[str, Any]]) -> None:
    with (OUT / f"{name}.txt").open("w", encoding="utf-8") as file:
        for row in sorted(chosen, key=lambda row: (row["lang"], row["form"], row["source"])):
            found = {term: row["scores"][term] for term in TERMS}
            note = f"  BELOW THE BAR: {', '.join(row['failed'])}" if row["failed"] else ""
            file.write(f"{row['source']} · {row['form']} · {row['lang']}{note}\n{row['text']}\n{found}\n\n")


if __name__ == "__main__":
    main()
