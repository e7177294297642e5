"""What marks cost and what they survive: ``python -m tests.bench.marks`` (a minute, no model).

Every scene is sealed into texts of each shape that renderings have, sent through the sandbox's cleaning
(which is Telegram's) and read with nothing but the text. Then characters are lost: first of the woven ones
alone, then of the whole text.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from unicodedata import normalize

from emoji import EMOJI_DATA
from rich.console import Console
from rich.table import Table

from bot.sandbox.text import clean, utf16_length
from bot.split import split
from scene import mark, woven
from scene.errors import SceneError
from scene.mark import Mark, Strength
from scene.parse import parse
from tests.bench.segmentation import DATA

BENCH = Path(__file__).parent
LINE = "Двигайся внутрь, пока тишина не станет теплом."
TEXTS = {
    "line": LINE,
    "silence": "… тепло",
    "emoji": "⚡🌫🫁",
    "poem": "\n".join([LINE, "Шаг — и снег молчит.", "Вход открыт, и жар ведёт.", "Тишина внутри."]),
    "essay": " ".join([LINE] * 14),
    "long": "\n\n".join([" ".join([LINE] * 10)] * 12),
}
HASHTAGS = 400  # of each language
MADE = 300  # scenes of random words and emoji
DAMAGED = 40  # scenes that lose characters
LOST = (1, 2, 3, 4, 5, 6, 8)


def scenes() -> dict[str, list[str]]:
    """Mnemonics of scenes from everywhere, by where they come from."""
    chance = random.Random(0)
    own = (BENCH / "scenes.txt").read_text(encoding="utf-8").split()
    words = [
        line.split("\t")[0] for line in (BENCH.parent / "scene" / "fused.tsv").read_text("utf-8").split("\n")
    ]
    found = {"scenes": _mnemonics(own), "fused": _mnemonics(words)}
    for name in ("ru", "en"):
        if (path := DATA / f"fused_{name}_dev.tsv").exists():
            rows = [row.split("\t")[0] for row in path.read_text(encoding="utf-8").splitlines()]
            found[f"hashtags {name}"] = _mnemonics(chance.sample(rows, min(HASHTAGS, len(rows))))
    parts = [*sorted(EMOJI_DATA), *own, *words]
    made = ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(MADE)]
    dotted = [
        " ".join(chance.choices(["по", "ни", "снег", "бог", "ash", "⚡", "7"], k=3)) for _ in range(MADE // 3)
    ]
    return found | {"random mixes": _mnemonics(made), "short words apart": _mnemonics(dotted)}


def _mnemonics(sources: Iterable[str]) -> list[str]:
    found = []
    for source in sources:
        try:
            found.append(parse(source).mnemonic)
        except SceneError:
            continue
    return found


def _exact(text: str, name: str, number: int) -> bool:
    """Whether a text alone, cleaned by Telegram, names its scene, atom by atom."""
    found = mark.read(clean(text)[0])
    return found == Mark(name, number) and parse(found.mnemonic or "").atoms == parse(name).atoms


def restores(console: Console, known: dict[str, list[str]]) -> None:
    """Exact restores and what a mark adds to a line, by strength and where scenes come from."""
    table = Table("scenes", "count", "letters", "strength", "exact", "characters", "UTF-16 units", "bytes")
    for name, names in known.items():
        for strength in (Strength.VISIBLE, Strength.WOVEN):
            sealed = [(each, i + 1, mark.seal(LINE, each, i + 1, strength)) for i, each in enumerate(names)]
            exact = sum(_exact(text, each, number) for each, number, text in sealed)
            added = [
                statistics.mean(size(text) - size(LINE) for _, _, text in sealed)
                for size in (len, utf16_length, lambda text: len(text.encode()))
            ]
            table.add_row(
                name, str(len(names)), f"{statistics.mean(map(len, names)):.1f}", strength.value,
                f"{exact}/{len(names)}", *(f"{each:.1f}" for each in added),
            )  # fmt: skip
    console.print(table)


def shapes(console: Console, names: list[str]) -> None:
    """The same for texts of every shape, cut into messages; and what normalisation does."""
    table = Table("text", "units", "messages", "copies", "units added", "exact", "in NFKC", "each message")
    for shape, text in TEXTS.items():
        sealed = [(name, mark.seal(text, name, 42, Strength.WOVEN)) for name in names]
        folded = [(name, normalize("NFKC", each)) for name, each in sealed]
        pieces = [(name, split(each)) for name, each in sealed]
        table.add_row(
            shape, str(utf16_length(text)), str(len(pieces[0][1])), str(len(woven.read(sealed[0][1]))),
            f"{statistics.mean(utf16_length(each) - utf16_length(text) for _, each in sealed):.1f}",
            f"{sum(mark.read(clean(each)[0]) == Mark(name, 42) for name, each in sealed)}/{len(names)}",
            f"{sum(mark.read(each) == Mark(name, 42) for name, each in folded)}/{len(names)}",
            f"{sum(all(_exact(piece, name, 42) for piece in each) for name, each in pieces)}/{len(names)}",
        )  # fmt: skip
    console.print(table)


def losses(console: Console, names: list[str]) -> None:
    """How many woven marks are read after characters are lost, and what is said of the others."""
    ways: dict[str, Callable[[str, int, random.Random], str]] = {
        "woven, lost": _lose_woven,
        "woven, a run of them": _lose_run,
        "woven, a letter instead": _type_over,
        "any, lost": _lose_any,
    }
    for shape in ("line", "poem"):
        table = Table(f"{shape}: read", *map(str, LOST), "wrong", "unread and said so")
        for way, lose in ways.items():
            chance, wrong, unread, told, row = random.Random(0), 0, 0, 0, []
            for lost in LOST:
                read = 0
                for name in names:
                    text = lose(mark.seal(TEXTS[shape], name, 42, Strength.WOVEN), lost, chance)
                    found = mark.read(text)
                    read += found == Mark(name, 42)
                    wrong += found not in (None, Mark(name, 42))
                    unread += found is None
                    told += found is None and mark.damaged(text)
                row.append(f"{read / len(names):.1%}")
            table.add_row(way, *row, str(wrong), f"{told}/{unread}")
        console.print(table)


def _carriers(text: str) -> list[int]:
    return [i for i, character in enumerate(text) if character in woven.CARRIERS]


def _lose_woven(text: str, count: int, chance: random.Random) -> str:
    return _without(text, chance.sample(_carriers(text), count))


def _lose_run(text: str, count: int, chance: random.Random) -> str:
    carriers = _carriers(text)
    begin = chance.randrange(len(carriers) - count + 1)
    return _without(text, carriers[begin : begin + count])


def _lose_any(text: str, count: int, chance: random.Random) -> str:
    return _without(text, chance.sample(range(len(text)), count))


def _type_over(text: str, count: int, chance: random.Random) -> str:
    places = set(chance.sample(_carriers(text), count))
    return "".join("я" if i in places else character for i, character in enumerate(text))


def _without(text: str, places: Iterable[int]) -> str:
    gone = set(places)
    return "".join(character for i, character in enumerate(text) if i not in gone)


def falsely(console: Console) -> None:
    """Marks that are read, or missed as damaged, in texts that have none."""
    chance = random.Random(0)
    emoji = sorted(EMOJI_DATA)

    def texts() -> Iterator[str]:
        for _ in range(20_000):
            yield "".join(chance.choices(emoji, k=12))
        for _ in range(20_000):  # somebody else's hidden text, in the characters that StegCloak writes it in
            yield "😀" + "".join(chance.choices("\u200c\u200d\u2061\u2062\u2063\u2064", k=60))

    found = [(mark.read(text) is not None, mark.damaged(text)) for text in texts()]
    for name, part in (("emoji", found[:20_000]), ("others' hidden texts", found[20_000:])):
        read, damaged = (sum(each) for each in zip(*part, strict=True))
        console.print(f"{name}: {len(part)} texts, {read} read as marks, {damaged} taken for damaged ones")


def main() -> None:
    """Print every table."""
    console = Console(width=130)
    known = scenes()
    restores(console, known)
    every = [name for names in known.values() for name in names]
    chosen = random.Random(0).sample(every, min(DAMAGED, len(every)))
    shapes(console, chosen)
    losses(console, chosen)
    falsely(console)


if __name__ == "__main__":
    main()
