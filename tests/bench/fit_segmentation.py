"""Fit the segmenter's weights: ``python -m tests.bench.fit_segmentation`` (some minutes; needs scipy).

The weights maximize the likelihood of the development rows' accepted answers among the lattice's n best
readings (a log-linear ranker over n-best lists: Collins and Koo, "Discriminative Reranking for Natural
Language Parsing", 2005), and of made-up scenes, so that hashtags are not the only taste learnt. The lists
are made anew with the new weights and added to the old ones until little changes.

It first prints the accuracy on rows that the weights were not fitted on (two-fold cross-validation).
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pymorphy3
import simplemma
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from scene import lexis
from scene.evidence import Evidence, Trait
from scene.facts import ZIPF_STEP, Facts
from scene.lattice import Lattice
from scene.lexis import Lexis
from scene.segment import runs, shape_of, spell

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("HYPERBRIDGE_SHARED", ROOT.parent / "shared")) / "data"
WEIGHTS = lexis.DATA / "weights.toml"

N_BEST = 16
ROUNDS = 3
RIDGE = 0.3
SCENES = 1200  # made-up scenes a language …
SCENE_WEIGHT = 0.4  # … and what each counts beside a development row

Answers = frozenset[tuple[str, ...]]
Row = tuple[str, Answers, float]

# Where fitting starts when there are no weights yet: a plain unigram model with a price for each word.
START: Evidence = {
    "known": -9.0, "zipf": 1.0, "dictionary": 0.5, "odd-letter": -4.0, "unknown": -8.0, "letter-model": 1.0,
    "digits": -2.0, "digits-and-letters": -6.0, "digits-and-letters-size": -1.0, "border-lU": 2.0,
    "capital-inside": -3.0, "border-UU": -2.0, "border-Ul": -4.0, "capitals-unknown": 2.0, "bigram-pmi": 0.5,
}  # fmt: skip


def development(lang: str) -> list[Row]:
    """Rows of the shared development data: source, accepted answers, weight."""
    rows: list[Row] = []
    for line in (DATA / f"fused_{lang}_dev.tsv").read_text(encoding="utf-8").splitlines():
        source, *answers = line.split("\t")
        rows.append((source, frozenset(map(_answer, answers)), 1.0))
    return rows


def _answer(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.lower().replace("_", "").split("|") if word)


def scenes(lang: str, facts: Facts, count: int, seed: int) -> list[Row]:
    """Made-up scenes: chains of one to five common words, some with prepositions or grammar between them."""
    rng = random.Random(seed)
    atom = _russian_atoms(facts, rng) if lang == "ru" else _english_atoms(facts, rng)
    rows: list[Row] = []
    while len(rows) < count:
        if rng.random() < 0.1:
            words = [next(atom)[-1]] * rng.choice((2, 3)) + next(atom)
        else:
            words = [word for _ in range(rng.choice((1, 1, 2, 3, 3, 4, 4, 5))) for word in next(atom)]
        rows.append(("".join(words), frozenset({tuple(words)}), SCENE_WEIGHT))
    return rows


def _common(facts: Facts, zipf: float) -> list[str]:
    listed = (facts.traits & np.uint32(Trait.DICTIONARY) > 0) & (facts.length > 2)
    return [facts.trie.restore_key(int(n)) for n in np.flatnonzero(listed & (facts.zipf * ZIPF_STEP >= zipf))]


def _english_atoms(facts: Facts, rng: random.Random) -> Iterator[list[str]]:
    every = [word for word in _common(facts, 4.9 - 1) if word.isascii()]
    lemmas = [word for word in every if simplemma.lemmatize(word, lang="en") == word]
    small = "the of in on to and with from my your over under no into at by for".split()
    while True:
        chance = rng.random()
        if chance < 0.7:
            yield [rng.choice(lemmas)]
        elif chance < 0.85:
            yield [rng.choice(every)]
        else:
            yield [rng.choice(small), rng.choice(every)]


def _russian_atoms(facts: Facts, rng: random.Random) -> Iterator[list[str]]:
    analyzer = pymorphy3.MorphAnalyzer()
    parsed = [analyzer.parse(word)[0] for word in _common(facts, 4.3)]
    proper = {"Name", "Surn", "Patr", "Geox", "Abbr", "Orgn", "Trad"}
    lemmas = [parse for parse in parsed if parse.normal_form == parse.word]
    nouns = [p for p in lemmas if p.tag.POS == "NOUN" and not proper & p.tag.grammemes]
    adjectives = [p for p in lemmas if p.tag.POS == "ADJF" and "Qual" in p.tag]
    verbs = [p for p in lemmas if p.tag.POS == "INFN"]
    cases = {
        "в": "loct accs", "на": "loct accs", "из": "gent", "от": "gent", "до": "gent", "у": "gent",
        "без": "gent", "под": "ablt", "над": "ablt", "за": "ablt", "к": "datv", "по": "datv",
        "сквозь": "accs", "через": "accs", "между": "ablt", "о": "loct", "с": "ablt", "перед": "ablt",
        "после": "gent",
    }  # fmt: skip

    def form(parse: object, *grammemes: str | None) -> str | None:
        found = parse.inflect(set(grammemes)) if all(grammemes) else None  # type: ignore[attr-defined]
        return found.word if found else None

    while True:
        noun, other, chance = rng.choice(nouns), rng.choice(nouns), rng.random()
        preposition = rng.choice(list(cases))
        words: list[str | None] = [noun.word]
        if chance < 0.16:
            words = [preposition, form(noun, rng.choice(cases[preposition].split()))]
        elif chance < 0.22:
            words = [other.word, form(noun, "gent")]
        elif chance < 0.28:
            words = [form(rng.choice(adjectives), noun.tag.gender), noun.word]
        elif chance < 0.34:
            words = [noun.word, form(rng.choice(verbs), "3per", "sing")]
        elif chance < 0.38:
            words = [noun.word, "и", other.word]
        elif chance < 0.42:
            words = [form(noun, "plur")]
        if all(words):
            yield [word for word in words if word]


def _lattice(known: Lexis, source: str) -> Lattice | None:
    """The lattice of a source that is one run."""
    found = list(runs(source))
    if len(found) != 1:
        return None
    return Lattice(known, spell(found[0]), shape_of(found[0]))


def _words(source: str, ends: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(source[begin:end].lower() for begin, end in pairwise((0, *ends)))


def fit(facts: Facts, rows: list[Row], start: Evidence) -> Evidence:
    """Weights that make the rows' answers likeliest."""
    weights = start
    pools: list[dict[tuple[str, ...], Evidence]] = [{} for _ in rows]
    for _ in range(ROUNDS):
        known = Lexis(facts, weights)
        for (source, _, _), pool in zip(rows, pools, strict=True):
            lattice = _lattice(known, source)
            for _, ends in islice(lattice.ranked(), N_BEST) if lattice else ():
                words = _words(source, ends)
                if words not in pool:
                    pool[words] = lattice.evidence(ends)  # type: ignore[union-attr]
        weights = _maximize(rows, pools, weights)
    return weights


def _maximize(rows: list[Row], pools: list[dict[tuple[str, ...], Evidence]], start: Evidence) -> Evidence:
    used = [n for n, (row, pool) in enumerate(zip(rows, pools, strict=True)) if row[1] & pool.keys()]
    names = sorted({name for n in used for found in pools[n].values() for name in found} - {"own"})
    column = {name: place for place, name in enumerate(names)}
    entries = [
        (line, column[name], value)
        for line, found in enumerate(found for n in used for found in pools[n].values())
        for name, value in found.items()
    ]
    lines, columns, values = zip(*entries, strict=True)
    matrix = csr_matrix((values, (lines, columns)))
    right = np.array([words in rows[n][1] for n in used for words in pools[n]])
    sizes = np.array([len(pools[n]) for n in used])
    firsts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    group = np.repeat(np.arange(len(used)), sizes)
    share = np.array([rows[n][2] for n in used])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        scores = matrix @ theta
        mass = np.exp(scores - np.maximum.reduceat(scores, firsts)[group])
        total = np.add.reduceat(mass, firsts)
        hit = np.add.reduceat(np.where(right, mass, 0), firsts) + 1e-300
        slope = (mass / total[group] - np.where(right, mass, 0) / hit[group]) * share[group]
        value = float((share * (np.log(total) - np.log(hit))).sum() + RIDGE * (theta**2).sum())
        return value, matrix.T @ slope + 2 * RIDGE * theta

    guess = np.array([start.get(name, 0.0) for name in names])
    best = minimize(loss, guess, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return {name: float(value) for name, value in zip(names, best, strict=True)}


def misread(facts: Facts, weights: Evidence, rows: list[Row]) -> list[tuple[str, tuple[str, ...], Answers]]:
    """Rows that are not read as any accepted answer."""
    known = Lexis(facts, weights)
    wrong: list[tuple[str, tuple[str, ...], Answers]] = []
    for source, answers, _ in rows:
        words: list[str] = []
        for run in runs(source):
            ends = Lattice(known, spell(run), shape_of(run)).best()[1]
            words += ["".join(run[begin:end]).lower() for begin, end in pairwise((0, *ends))]
        if tuple(words) not in answers:
            wrong.append((source, tuple(words), answers))
    return wrong


def cross_validate(facts: Facts, rows: list[Row], made: list[Row], seed: int = 7) -> list[float]:
    """Accuracy on each half of the rows of weights fitted on the other half."""
    order = list(rows)
    random.Random(seed).shuffle(order)
    halves = order[::2], order[1::2]
    found: list[float] = []
    for tested, fitted in (halves, halves[::-1]):
        wrong = misread(facts, fit(facts, [*fitted, *made], START), tested)
        found.append(1 - len(wrong) / len(tested))
    return found


def main() -> None:
    """Cross-validate, then fit on everything and write the weights."""
    table: dict[str, Evidence] = {}
    for lang in ("en", "ru"):
        facts = lexis.facts(lang)
        rows, made = development(lang), scenes(lang, facts, SCENES, seed=1)
        folds = cross_validate(facts, rows, made)
        print(f"{lang}: cross-validated {folds[0]:.4f} {folds[1]:.4f}, mean {sum(folds) / 2:.4f}", flush=True)
        table[lang] = fit(facts, [*rows, *made], START)
        unseen = scenes(lang, facts, SCENES, seed=2)
        print(
            f"{lang}: fitted on all rows {1 - len(misread(facts, table[lang], rows)) / len(rows):.4f}, "
            f"made-up scenes not fitted on {1 - len(misread(facts, table[lang], unseen)) / len(unseen):.4f}"
        )
    if "--dry" not in sys.argv:
        write(table)


def write(table: dict[str, Evidence]) -> None:
    """Write the weights where the segmenter reads them."""
    lines = ["# Weights of the evidence in scene/evidence.py, fitted by tests/bench/fit_segmentation.py."]
    for lang, weights in table.items():
        lines += [
            "",
            f"[{lang}]",
            *(f"{name} = {round(value, 4)}" for name, value in sorted(weights.items())),
        ]
    WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
