"""How well phases and kinds are read, beside simpler rules: ``python -m tests.bench.movement``.

The scenes in ``tests/scene/movement.tsv`` were labelled before the rules were written and serve nothing but
this measurement. An atom with two labels (``decay/awakening``) is right as either, one with ``-`` is not
counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scene import emoji, words
from scene.atoms import Kind, Lang, Phase
from scene.labels import WEIGHTS, Source, key, labelled
from scene.movement import Movement, Part, read

SCENES = Path(__file__).resolve().parents[1] / "scene" / "movement.tsv"
BINS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Labelled:
    """A scene with its labels: a set of right phases for each atom, empty where none is scored."""

    lemmas: tuple[str, ...]
    kind: Kind
    phases: tuple[frozenset[Phase], ...]


def scenes() -> list[Labelled]:
    """The labelled scenes, their atoms lemmatized as ``parse`` does it."""
    found: list[Labelled] = []
    for line in SCENES.read_text(encoding="utf-8").splitlines()[1:]:
        _, kind, atoms, phases = line.split("\t")
        langs = [Lang.EMOJI if emoji.is_emoji(a) else words.language_of(a) for a in atoms.split("|")]
        lemmas = (words.lemma(a, lang or Lang.EN) for a, lang in zip(atoms.split("|"), langs, strict=True))
        right = (frozenset(map(Phase, filter("-".__ne__, each.split("/")))) for each in phases.split("|"))
        found.append(Labelled(tuple(lemmas), Kind(kind), tuple(right)))
    return found


def old_phases(lemmas: Sequence[str]) -> list[Phase]:
    """The rule before neighbours: known atoms keep their label, the rest lie evenly between them."""
    order, known = tuple(Phase), labelled("phase")
    places = [order.index(Phase(known[k])) if k in known else None for k in map(key, lemmas)]
    if places == [None]:
        return [Phase.ACTION]
    places[0] = 0 if places[0] is None else places[0]
    places[-1] = 3 if places[-1] is None else places[-1]
    fixed = [(i, place) for i, place in enumerate(places) if place is not None]
    found = [order[place] for _, place in fixed[:1]]
    for (start, from_place), (end, to_place) in pairwise(fixed):
        way, steps = (to_place - from_place) % 4, end - start
        for step in range(1, steps + 1):
            found.append(order[(from_place + (2 * way * step + steps) // (2 * steps)) % 4])
    return found


def old_kind(lemmas: Sequence[str]) -> Kind:
    """The rule before neighbours: weights of known atoms."""
    known = labelled("kind")
    total = Counter(dict.fromkeys(Kind, 0.0))
    for k in map(key, lemmas):
        if k in known:
            total[Kind(known[k])] += WEIGHTS[Kind(known[k])]
    best = [kind for kind in Kind if total[kind] == max(total.values())]
    return best[0] if len(best) == 1 else Kind.ARCHETYPAL


def share(right: Sequence[bool]) -> str:
    """``81.2 % of 340``."""
    return f"{sum(right) / len(right):.1%} of {len(right)}" if right else "none"


def phase_scores(rows: list[Labelled], phases: Callable[[Sequence[str]], Sequence[Phase]]) -> list[bool]:
    """Whether each scored atom is read right."""
    return [
        found in right
        for row in rows
        for found, right in zip(phases(row.lemmas), row.phases, strict=True)
        if right
    ]


def compare(console: Console, rows: list[Labelled], moves: list[Movement]) -> None:
    """Accuracy beside the old rule and the commonest label."""
    phases = {row.lemmas: [part.phase for part in move.parts] for row, move in zip(rows, moves, strict=True)}
    kinds = {row.lemmas: move.kind for row, move in zip(rows, moves, strict=True)}
    readers: dict[str, tuple[Callable[[Sequence[str]], Sequence[Phase]], Callable[[Sequence[str]], Kind]]] = {
        "lexicon, neighbours, place": (lambda a: phases[tuple(a)], lambda a: kinds[tuple(a)]),
        "lexicon and place (the old rule)": (old_phases, old_kind),
        **{
            f"always {phase}, {kind}": (lambda a, p=phase: [p] * len(a), lambda _, k=kind: k)
            for phase, kind in ((Phase.DECAY, Kind.ARCHETYPAL), (Phase.ACTION, Kind.ARCHETYPAL))
        },
    }
    nothing: frozenset[Phase] = frozenset()
    sure = [
        Labelled(row.lemmas, row.kind, tuple(each if len(each) == 1 else nothing for each in row.phases))
        for row in rows
    ]
    table = Table("read by", "phase, all atoms", "atoms with one label", "kind")
    for name, (phase_of, kind_of) in readers.items():
        right = [kind_of(row.lemmas) is row.kind for row in rows]
        both = (share(phase_scores(these, phase_of)) for these in (rows, sure))
        table.add_row(name, *both, share(right))
    console.print(table)


def confusion(console: Console, title: str, pairs: Counter[tuple[str, str]], names: Sequence[str]) -> None:
    """What was meant, by rows, and what was read, by columns."""
    table = Table("meant \\ read", *names, "found", title=title)
    for meant in names:
        counts = [pairs[meant, found] for found in names]
        table.add_row(meant, *map(str, counts), f"{pairs[meant, meant] / max(1, sum(counts)):.0%}")
    console.print(table)


def by_confidence(console: Console, scored: list[tuple[float, bool]], title: str) -> None:
    """Mean confidence and accuracy in bins of confidence, and their mean distance."""
    table = Table("confidence", "mean", "right", title=title)
    distance = 0.0
    for low, high in pairwise(BINS):
        these = [(sure, right) for sure, right in scored if low <= sure < high]
        if these:
            mean, right = (sum(column) / len(these) for column in zip(*these, strict=True))
            distance += abs(mean - right) * len(these) / len(scored)
            table.add_row(f"{low:.1f}-{min(high, 1.0):.1f}", f"{mean:.2f}", f"{right:.2f} of {len(these)}")
    console.print(table)
    console.print(f"expected calibration error {distance:.3f}")


def main() -> None:
    """Print everything that is measured of phases and kinds."""
    console = Console()
    rows = scenes()
    begin = time.perf_counter()
    moves = [read(row.lemmas) for row in rows]
    first = time.perf_counter() - begin
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        for row in rows:
            read(row.lemmas)
    atoms = sum(len(row.lemmas) for row in rows)
    again = (time.perf_counter() - begin) / ROUNDS / atoms
    console.print(f"{len(rows)} scenes, {atoms} atoms: {first * 1e3:.0f} ms with loading")
    console.print(f"then {again * 1e6:.0f} µs an atom")

    compare(console, rows, moves)
    scored: list[tuple[Part, frozenset[Phase]]] = [
        pair
        for row, move in zip(rows, moves, strict=True)
        for pair in zip(move.parts, row.phases, strict=True)
        if pair[1]
    ]
    for source in Source:
        right = [part.phase in meant for part, meant in scored if part.source is source]
        console.print(f"phases from {source}: {share(right)}")
    one = [(next(iter(meant)), part.phase) for part, meant in scored if len(meant) == 1]
    confusion(console, "phases, atoms with one label", Counter(one), list(Phase))
    kinds = [(row.kind, move.kind) for row, move in zip(rows, moves, strict=True)]
    confusion(console, "kinds", Counter(kinds), list(Kind))
    by_confidence(console, [(part.confidence, part.phase in meant) for part, meant in scored], "phases")
    sure = [move.confidence for move in moves]
    by_confidence(
        console, [(c, meant is found) for c, (meant, found) in zip(sure, kinds, strict=True)], "kinds"
    )


if __name__ == "__main__":
    main()
