"""Scene to text to scene by the archive: ``python -m tests.bench roundtrip``; ``unseen`` measures the
model's part.

Texts come from the pools of ``tests.bench.readings_pool``; each is a rendering of an archive. The writer's
choice for every scene and form is asked about: with its mark, without, and edited. Short texts may belong to
several scenes, which no reader can tell apart; so a scene counts as right when it has that very text
(``fair``), beside ``strict``, by which only the scene that was meant counts. Where no step claims a scene,
that is a miss.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.reading import CLAIM, Reader, Reading
from models.embedder import Embedder
from models.mnemonist import Mnemonist
from scene import mark
from scene.atoms import Lang
from scene.errors import HyperBridgeError, ModelError
from scene.forms import Form
from scene.parse import parse
from storage.archive import Archive
from storage.exchange import Entry
from storage.records import Rendering
from storage.spelling import key
from tests.bench.edits import EDITS
from tests.bench.readings_pool import OUT, Text, chosen, distinct, read_pools, split

WANTED = 10_000
"""Renderings in the archive."""

_OWNER = 0


@dataclass(slots=True)
class Tally:
    """Answers to one kind of question."""

    fair: list[bool] = field(default_factory=list)
    strict: list[bool] = field(default_factory=list)
    claimed: list[bool] = field(default_factory=list)
    wrong: int = 0

    def add(self, other: Tally) -> None:
        """Count another's answers as well."""
        self.fair += other.fair
        self.strict += other.strict
        self.claimed += other.claimed
        self.wrong += other.wrong

    def __str__(self) -> str:
        if not self.fair:
            return "–"
        return f"{_share(self.fair):.1%} ({_share(self.strict):.1%}) of {len(self.fair)}"


class Kept:
    """An archive of a pool's texts.

    Args:
        folder: Where it is made.
        texts: Its renderings.
        embedder: Makes the scenes' signatures.
    """

    def __init__(self, folder: Path, texts: Sequence[Text], embedder: Embedder) -> None:
        self.archive = Archive.open(folder / "archive.db")
        by_source: dict[str, list[Text]] = defaultdict(list)
        for text in texts:
            by_source[text.source].append(text)
        self.scenes = {source: parse(source) for source in by_source}
        entries = [
            Entry(
                self.scenes[source], renderings=[_rendering(text) for text in own],
                signature=embedder.scene(self.scenes[source]), embedder=embedder.name,
            )
            for source, own in by_source.items()
        ]  # fmt: skip
        began = time.perf_counter()
        self.archive.restore(_OWNER, entries)
        self.seconds = time.perf_counter() - began
        self._owners: dict[bytes | None, set[str]] = defaultdict(set)
        for text in texts:
            self._owners[key(text.text)].add(self.scenes[text.source].mnemonic)

    def fair(self, text: Text) -> set[str]:
        """Mnemonics of the scenes that have this very text."""
        return self._owners[key(text.text)]


async def _no_model() -> Mnemonist:
    raise ModelError("model-missing", name="", path="")


async def _ask(reader: Reader, asked: str) -> Reading | None:
    """What the archive says; None when no step claims a scene."""
    try:
        return await reader.read(_OWNER, asked, Lang.RU)
    except HyperBridgeError:
        return None


async def stripped(kept: Kept, embedder: Embedder, asked: Sequence[Text], console: Console) -> None:
    """Texts without their marks: as they are, and edited."""

    async def loaded() -> Embedder:
        return embedder

    reader = Reader(kept.archive, loaded, _no_model)
    rng = random.Random(7)
    tallies: dict[str, dict[Form, Tally]] = {
        name: {form: Tally() for form in Form} for name in ("stripped", *EDITS)
    }
    seconds: list[float] = []
    misses: list[dict[str, str]] = []
    for text in asked:
        for name in tallies:
            edited = EDITS[name](text.text, rng) if name in EDITS else text.text
            if edited is None:
                continue
            began = time.perf_counter()
            reading = await _ask(reader, edited)
            seconds.append(time.perf_counter() - began)
            tally = tallies[name][text.form]
            said = reading.scene.mnemonic if reading else ""
            tally.strict.append(said == kept.scenes[text.source].mnemonic)
            tally.fair.append(said in kept.fair(text))
            claimed = reading is not None and reading.score >= CLAIM
            tally.claimed.append(claimed)
            tally.wrong += claimed and not tally.fair[-1]
            if not tally.fair[-1]:
                misses.append(
                    {"edit": name, "form": text.form, "asked": edited, "text": text.text, "said": said}
                )
    (OUT / "roundtrip-misses.jsonl").write_text(
        "".join(json.dumps(miss, ensure_ascii=False) + "\n" for miss in misses), encoding="utf-8"
    )
    _show(tallies, console)
    console.print(
        f"a reading takes {statistics.median(seconds) * 1000:.0f} ms (median), "
        f"{sorted(seconds)[int(len(seconds) * 0.99)] * 1000:.0f} ms (p99) of {len(seconds)}"
    )


def _show(tallies: dict[str, dict[Form, Tally]], console: Console) -> None:
    table = Table("form", *tallies, title="recall@1, fair (strict)")
    for form in Form:
        table.add_row(form.value, *(str(by_form[form]) for by_form in tallies.values()))
    together = {name: Tally() for name in tallies}
    everything = Tally()
    for name, by_form in tallies.items():
        for tally in by_form.values():
            together[name].add(tally)
            if name in EDITS:
                everything.add(tally)
    table.add_row("all", *map(str, together.values()))
    console.print(table)
    console.print(
        f"all edits together: {everything}; "
        f"claimed {_share(everything.claimed):.1%}, {everything.wrong} of these wrongly"
    )


def marked(asked: Sequence[Text], console: Console) -> None:
    """Texts with their marks whole, and no archive."""
    strengths = [each for each in getattr(mark, "Strength", ()) if each.name in ("VISIBLE", "WOVEN")]
    for strength in strengths or [None]:
        right = 0
        for text in asked:
            scene = parse(text.source)
            how = () if strength is None else (strength,)
            found = mark.read(mark.seal(text.text, scene.mnemonic, 42, *how))
            read = parse(found.mnemonic) if found and found.mnemonic else None
            right += read is not None and [a.text for a in read.atoms] == [a.text for a in scene.atoms]
        name = strength.value if strength else "visible"
        console.print(f"mark intact, {name}, no archive: {right / len(asked):.1%} of {len(asked)}")


def time_long(kept: Kept, embedder: Embedder, asked: Sequence[Text], console: Console) -> None:
    """A message of 35,000 bytes, with and without a kept text in the middle."""

    async def loaded() -> Embedder:
        return embedder

    reader = Reader(kept.archive, loaded, _no_model)
    noise = " ".join(text.text for text in asked[:400] if text.form is Form.NARRATIVE)
    other = "".join(reversed(noise))  # words that nobody wrote
    long = (other * (1 + 35_000 // max(1, len(other.encode()))))[:17_000]
    for name, asked_text in (("long, nothing in it", long), ("long, a poem in it", _within(long, asked))):
        began = time.perf_counter()
        reading = asyncio.run(_ask(reader, asked_text))
        took = time.perf_counter() - began
        said = f"{reading.how} {reading.score:.2f}" if reading else "nothing claimed"
        console.print(f"{name}: {took:.1f} s, {said}")


def _within(long: str, asked: Sequence[Text]) -> str:
    poem = next(text.text for text in asked if text.form is Form.POEM)
    return f"{long[:8000]} {poem} {long[8000:16000]}"


def _rendering(text: Text) -> Rendering:
    return Rendering(text.form, "", text.lang, text.text, "pool", 0, None, None, 16, 0.0)


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


def main() -> None:
    """Measure what there are texts for."""
    console = Console(width=200)
    texts = read_pools()
    if not texts:
        console.print("no texts: make some with “python -m tests.bench.readings_pool gemma-3-270m 3600”")
        return
    kept_texts, held = split(texts)
    asked = chosen(kept_texts)
    embedder = Embedder()
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(Path(folder), kept_texts, embedder)
        count = len(kept_texts)
        console.print(
            f"{count} renderings of {len(kept.scenes)} scenes kept in {kept.seconds:.1f} s, "
            f"{len(asked)} of them asked about; {len(distinct(held))} scenes held out"
        )
        if count < WANTED:
            console.print(
                f"fewer than {WANTED}: “python -m tests.bench.readings_pool gemma-3-270m 3600” adds more"
            )
        marked(asked, console)
        asyncio.run(stripped(kept, embedder, asked, console))
        time_long(kept, embedder, asked, console)
        kept.archive.close()


if __name__ == "__main__":
    main()
