"""Texts that nobody has kept: ``python -m tests.bench unseen``.

The model names scenes for texts whose scenes are not in any archive, and for the texts of ``unseen.tsv``,
which were written by hand for this: atom F1 and exact chains, beside the same model asked once and
believed, and beside the proposal that is made without it.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.loading import load_backend
from bot.settings import load
from models import catalog, keywords
from models.embedder import Embedder
from models.mnemonist import Mnemonist
from scene import emoji, mark
from scene.atoms import Atom, Lang, Scene
from scene.forms import Form
from scene.parse import parse
from scene.words import lemmas_of
from tests.bench.readings_pool import OUT, Text, chosen, read_pools, split

_NEVER_SEEN = 40  # texts of held-out scenes that the model is asked about
_UNSEEN = Path(__file__).with_name("unseen.tsv")


@dataclass(frozen=True, slots=True)
class Unseen:
    """A text that nobody has kept, with the scene it was written for."""

    group: str
    text: str
    lang: Lang
    scene: Scene


def unseen(held: Iterable[Text]) -> list[Unseen]:
    """Texts of held-out scenes, and those written by hand."""
    found = [
        Unseen(f"held out, {text.form}", text.text, text.lang, parse(text.source))
        for text in held
        if text.form not in (Form.SILENCE, Form.EMOJI)  # one word, or a scene already
    ][:_NEVER_SEEN]
    for line in _UNSEEN.read_text(encoding="utf-8").splitlines()[1:]:
        chain, lang, form, text = line.split("\t")
        scene = parse(mark.fuse(chain.split(), dotted=True))
        group = "seeds" if form == "seed" else f"by hand, {lang}"
        found.append(Unseen(group, text.replace(" / ", "\n"), Lang(lang), scene))
    return found


def f1(read: Scene | None, meant: Scene) -> float:
    """Atom F1 by lemma; a word is as good as an emoji that is named so."""
    if read is None:
        return 0.0
    wanted = [_spellings(atom) for atom in meant.atoms]
    free = list(range(len(wanted)))
    hits = 0
    for atom in read.atoms:
        own = _spellings(atom)
        match = next((at for at in free if wanted[at] & own), None)
        if match is not None:
            free.remove(match)
            hits += 1
    return 2 * hits / (len(read.atoms) + len(meant.atoms))


def _spellings(atom: Atom) -> frozenset[str]:
    if atom.lang is Lang.EMOJI:
        names = [word for lang in (Lang.RU, Lang.EN) for word in emoji.keywords(atom.text, lang)]
        return frozenset({atom.text}).union(*(lemmas_of(name) for name in names))
    return lemmas_of(atom.text) | {atom.lemma.replace("ё", "е")}


async def ask(texts: Sequence[Unseen], embedder: Embedder, model_id: str) -> list[dict[str, Any]]:
    """What the model names, checked and unchecked, for each text; a line each in ``bench/out``."""
    settings = load().model_copy(update={"model": model_id})
    backend = await asyncio.to_thread(load_backend, settings)
    mnemonist = Mnemonist(backend, catalog.find(model_id), embedder)
    lines = []
    for number, each in enumerate(texts):
        began = time.perf_counter()
        proposals = await mnemonist.propose(each.text, each.lang, seed=number)
        took = time.perf_counter() - began
        once = await mnemonist.name(each.text, each.lang, own=frozenset(), seed=number, count=1)
        plain = keywords.scene(each.text, each.lang, frozenset(), embedder)
        named = {
            "checked": proposals[0].scene if proposals else None,
            "asked once": once[0] if once else None,
            "no model": plain,
        }
        lines.append(
            {
                "group": each.group,
                "text": each.text,
                "meant": each.scene.mnemonic,
                "seconds": took,
                "named": {way: scene.mnemonic if scene else None for way, scene in named.items()},
                "f1": {way: f1(scene, each.scene) for way, scene in named.items()},
                "exact": {way: exact(scene, each.scene) for way, scene in named.items()},
                "proposals": [
                    {
                        "scene": " ".join(atom.text for atom in proposal.scene.atoms),
                        "score": proposal.score,
                        "f1": f1(proposal.scene, each.scene),
                        **asdict(proposal.evidence),
                    }
                    for proposal in proposals
                ],
            }
        )
    backend.close()
    return lines


def show(lines: Sequence[dict[str, Any]], console: Console) -> None:
    """Means by group."""
    ways = ("checked", "asked once", "no model")
    table = Table("texts", "n", *(f"F1, {way}" for way in ways), *(f"exact, {way}" for way in ways), "s")
    for group in (*sorted({line["group"] for line in lines}), "all"):
        found = [line for line in lines if group in (line["group"], "all")]
        means = [
            statistics.mean(line[what][way] for line in found) for what in ("f1", "exact") for way in ways
        ]
        seconds = statistics.median(line["seconds"] for line in found)
        table.add_row(group, str(len(found)), *(f"{mean:.3f}" for mean in means), f"{seconds:.1f}")
    console.print(table)
    best = [(line["proposals"][0]["score"], line["f1"]["checked"]) for line in lines if line["proposals"]]
    for low, high in pairwise((0.0, 0.3, 0.45, 0.6, 0.75, 1.01)):
        inside = [pair for pair in best if low <= pair[0] < high]
        if inside:
            score, reached = (statistics.mean(column) for column in zip(*inside, strict=True))
            console.print(f"expected F1 {score:.2f}: reached {reached:.2f} ({len(inside)} texts)")


def exact(read: Scene | None, meant: Scene) -> float:
    """Whether the chain is the very one, in order."""
    return float(
        read is not None
        and len(read.atoms) == len(meant.atoms)
        and all(_spellings(a) & _spellings(b) for a, b in zip(read.atoms, meant.atoms, strict=True))
    )


def main() -> None:
    """Ask the model that is set."""
    held = chosen(split(read_pools())[1])
    random.Random(7).shuffle(held)
    model_id = load().model
    lines = asyncio.run(ask(unseen(held), Embedder(), model_id))
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"unseen-{model_id}.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    console = Console(width=160)
    console.print(f"{len(lines)} texts that nobody kept, {model_id}; every answer is in {path}")
    show(lines, console)


if __name__ == "__main__":
    main()
