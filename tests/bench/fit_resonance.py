"""Fits what a resonance means, and says how well it holds: ``python -m tests.bench.fit_resonance``.

Pairs with known labels come from ``resonant.tsv`` and ``triples.tsv``: one scene in two forms; scenes that
share some atoms, or all in another order; strangers. Texts come from ``resonant_texts.jsonl``. Curves are
fitted to ``resonant.tsv`` and tested on ``triples.tsv``; then they are fitted to both and cross-validated by
scene, and these are kept. Writes ``scene/calibration.toml`` and ``docs/resonance.png``.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from models.embedder import Embedder
from scene import signature
from scene.calibration import Pair
from scene.parse import parse
from scene.signature import Vector
from tests.bench import resonance as bench

ROOT = Path(__file__).resolve().parents[2]
CURVES = ROOT / "scene" / "calibration.toml"
PLOT = ROOT / "docs" / "resonance.png"
LABELS = ("one scene", "related", "strangers")
# Half of the pairs are one scene, however many of each were drawn.
SHARES = (0.5, 0.25, 0.25)
FOLDS = 10
BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Compared pairs, a row each.

    Attributes:
        cosine: Of the two signatures.
        label: A place in `LABELS`.
        group: Which scene it was made of, so that no scene is on both sides of a cross-validation.
        length: Atoms of the shorter, or of the scene beside a text.
    """

    cosine: Floats
    label: NDArray[np.int64]
    group: NDArray[np.int64]
    length: NDArray[np.int64]

    @property
    def same(self) -> NDArray[np.bool_]:
        """Whether both are one scene."""
        return np.asarray(self.label == 0)

    @property
    def weight(self) -> Floats:
        """Weights that give every label its share; they sum to 1."""
        counts = np.bincount(self.label, minlength=len(LABELS))
        return np.asarray((np.array(SHARES) / np.maximum(counts, 1))[self.label])


class Maker:
    """Makes pairs of the scenes of one table.

    Args:
        name: The table.
        embedder: Gives signatures.
    """

    def __init__(self, name: str, embedder: Embedder) -> None:
        self.rows = bench.read(name)
        self._embedder = embedder
        self._random = random.Random(name)
        self._lexicon = bench.lexicon()
        self._found: list[tuple[float, int, int, int]] = []

    def scenes(self) -> Pairs:
        """Scenes against scenes."""
        for row in range(len(self.rows["ru"])):
            for a, b in itertools.combinations(bench.FORMS, 2):
                here = self._scene(self.rows[a][row])
                chain = bench.atoms(self.rows[b][row])
                for label, other in enumerate((chain, self._related(chain, b), self._stranger(row, b))):
                    self._add(here, self._scene(bench.join(other)), label, row, min(len(chain), len(other)))
        return self._done()

    def texts(self, sources: list[dict[str, str]]) -> Pairs:
        """Texts against their scenes in every form, and others."""
        place = {source: (form, i) for form, column in self.rows.items() for i, source in enumerate(column)}
        for text in sources:
            vector = self._embedder.text(text["text"])
            if vector is None or text["source"] not in place:
                continue
            row = place[text["source"]][1]
            for form in bench.FORMS:
                chain = bench.atoms(self.rows[form][row])
                # Of the order a text keeps too little: only atoms make a scene another one.
                for label, other in enumerate(
                    (chain, self._replaced(chain, form), self._stranger(row, form))
                ):
                    self._add(vector, self._scene(bench.join(other)), label, row, len(other))
        return self._done()

    def _scene(self, source: str) -> Vector:
        return self._embedder.scene(parse(source))

    def _add(self, a: Vector, b: Vector, label: int, row: int, length: int) -> None:
        self._found.append((signature.resonance(a, b), label, row, length))

    def _done(self) -> Pairs:
        cosine, *rest = (np.array(column) for column in zip(*self._found, strict=True))
        self._found = []
        return Pairs(cosine, *rest)

    def _related(self, chain: list[str], form: str) -> list[str]:
        """Some atoms replaced; or, one time in four, all in another order."""
        if self._random.randrange(4):
            return self._replaced(chain, form)
        orders = [list(order) for order in itertools.permutations(chain) if list(order) != chain]
        return self._random.choice(orders)

    def _replaced(self, chain: list[str], form: str) -> list[str]:
        new = list(chain)
        for i in self._random.sample(range(len(chain)), self._random.randint(1, len(chain) - 1)):
            new[i] = self._random.choice(self._lexicon[form if form in self._lexicon else "ru"])
        return new

    def _stranger(self, row: int, form: str) -> list[str]:
        column = self.rows[form]
        return bench.atoms(column[self._random.choice([i for i in range(len(column)) if i != row])])


def line(pairs: Pairs, *, lengths: bool = False) -> LogisticRegression:
    """Log-odds as a line of the cosine, and of the length and their product if asked."""
    model = LogisticRegression(C=np.inf, max_iter=1000)
    # Weights count as so many pairs.
    return model.fit(features(pairs, lengths), pairs.same, sample_weight=pairs.weight * len(pairs.cosine))


def features(pairs: Pairs, lengths: bool) -> Floats:
    """What the line is a line of."""
    by_length = np.log(pairs.length)
    columns = [pairs.cosine, by_length, pairs.cosine * by_length] if lengths else [pairs.cosine]
    return np.stack(columns, axis=1)


def part(pairs: Pairs, which: NDArray[np.bool_]) -> Pairs:
    """Some of the pairs."""
    return Pairs(pairs.cosine[which], pairs.label[which], pairs.group[which], pairs.length[which])


def together(a: Pairs, b: Pairs) -> Pairs:
    """The pairs of two tables."""
    group = np.concatenate([a.group, b.group + a.group.max() + 1])
    cosine, label, length = (
        np.concatenate([getattr(each, name) for each in (a, b)]) for name in ("cosine", "label", "length")
    )
    return Pairs(cosine, label, group, length)


def tail(strangers: Floats, whole: Pairs) -> tuple[float, float]:
    """How the cosines of strangers thin out above 0.1: start and rate of `scene.calibration`.

    An exponential through the ninth decile and one in ten thousand. It starts where its density is the mean
    density of pairs that are one scene, 1 / (2 √π σ) of a normal one.
    """
    often, seldom = np.quantile(strangers, (0.9, 0.9999))
    rate = np.log(1000) / (seldom - often)
    density = 1 / (2 * np.sqrt(np.pi) * whole.cosine[whole.same].std())
    return float(often + (np.log(rate / density) - np.log(10)) / rate), float(rate)


def cross_validated(pairs: Pairs, kind: str) -> Floats:
    """Probabilities of pairs whose scenes the curve has not seen."""
    found = np.zeros(len(pairs.cosine))
    for fold in range(FOLDS):
        held = pairs.group % FOLDS == fold
        found[held] = predicted(part(pairs, ~held), part(pairs, held), kind)
    return found


def predicted(fitted: Pairs, told: Pairs, kind: str) -> Floats:
    """Probabilities of pairs by a curve that was fitted to others."""
    if kind == "isotonic":
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        steps.fit(fitted.cosine, fitted.same, sample_weight=fitted.weight)
        return np.asarray(steps.predict(told.cosine))
    lengths = kind == "line with lengths"
    return np.asarray(line(fitted, lengths=lengths).predict_proba(features(told, lengths))[:, 1])


def bins(chance: Floats, pairs: Pairs) -> list[tuple[float, float, float, int]]:
    """Mean probability, share of one scene, weight and number of pairs, by tenths of probability."""
    places = np.minimum((chance * BINS).astype(int), BINS - 1)
    found = []
    for place in range(BINS):
        these = places == place
        if these.any():
            weight = pairs.weight[these]
            mean, right = (float(np.average(row[these], weights=weight)) for row in (chance, pairs.same))
            found.append((mean, right, float(weight.sum()), int(these.sum())))
    return found


def error(chance: Floats, pairs: Pairs) -> float:
    """Expected calibration error."""
    return sum(abs(mean - right) * weight for mean, right, weight, _ in bins(chance, pairs))


def report(console: Console, pair: Pair, pairs: Pairs, tested: Pairs) -> None:
    """Every sort of curve, cross-validated and on scenes apart."""
    table = Table("curve", "on", "pairs", "ECE", "Brier", "log loss", "AUC", title=pair)
    for kind in ("line", "line with lengths", "isotonic"):
        whole = together(pairs, tested)
        for where, chance, told in (
            ("triples.tsv, fitted to resonant.tsv", predicted(pairs, tested, kind), tested),
            ("both, cross-validated", cross_validated(whole, kind), whole),
        ):
            sure = np.clip(chance, 1e-6, 1 - 1e-6)
            loss = -np.log(np.where(told.same, sure, 1 - sure))
            scores = (
                error(chance, told),
                float(np.average((chance - told.same) ** 2, weights=told.weight)),
                float(np.average(loss, weights=told.weight)),
                float(roc_auc_score(told.same, chance, sample_weight=told.weight)),
            )
            table.add_row(kind, where, str(len(told.cosine)), *(f"{score:.3f}" for score in scores))
    console.print(table)
    for label, name in enumerate(LABELS):
        these = whole.cosine[whole.label == label]
        low, middle, high = np.quantile(these, (0.05, 0.5, 0.95))
        console.print(f"{name}: cosine {low:.2f} · {middle:.2f} · {high:.2f} (5 %, median, 95 %)")
    for mean, right, _, count in bins(cross_validated(whole, "line"), whole):
        console.print(f"  said {mean:.2f}, is {right:.2f} of {count} pairs")


def draw(measured: dict[Pair, tuple[Pairs, Pairs]]) -> None:
    """What was fitted, above, and how well it holds, below."""
    figure, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
    grid = np.linspace(-0.3, 1, 200)
    for (pair, (pairs, tested)), (above, below) in zip(measured.items(), axes.T, strict=True):
        whole = together(pairs, tested)
        for label, name in enumerate(LABELS):
            above.hist(whole.cosine[whole.label == label], bins=30, range=(-0.3, 1), alpha=0.5, label=name)
        above.set(title=pair, xlabel="cosine", ylabel="pairs")
        nothing = np.zeros(len(grid), np.int64)
        curve = predicted(whole, Pairs(grid, nothing, nothing, nothing + 1), "line")
        beside = above.twinx()
        beside.plot(grid, curve, color="black", label="probability")
        beside.set(ylim=(0, 1.02), ylabel="probability of one scene")
        above.legend(loc="upper left")
        below.plot([0, 1], [0, 1], color="grey", linestyle=":")
        for name, chance, told in (
            ("cross-validated", cross_validated(whole, "line"), whole),
            ("another table", predicted(pairs, tested, "line"), tested),
        ):
            means, rights, weights, _ = zip(*bins(chance, told), strict=True)
            below.plot(means, rights, marker="o", label=f"{name}, error {error(chance, told):.3f}")
            if told is whole:
                below.bar(means, weights, width=0.04, alpha=0.25, color="grey", label="share of pairs")
        below.set(xlabel="probability told", ylabel="share that is one scene", xlim=(0, 1), ylim=(0, 1))
        below.legend(loc="upper left")
    figure.savefig(PLOT, dpi=90)


def main() -> None:
    """Fit, report, draw and write."""
    console, embedder = Console(width=110), Embedder()
    texts = bench.texts()
    fitted, tested = (Maker(name, embedder) for name in ("resonant.tsv", "triples.tsv"))
    measured = {
        Pair.SCENES: (fitted.scenes(), tested.scenes()),
        Pair.TEXT: (fitted.texts(texts), tested.texts(texts)),
    }
    rest = np.stack([embedder.scene(parse(source)) for source in bench.others(bench.OTHERS)])
    told = {
        Pair.SCENES: [embedder.scene(parse(each)) for form in bench.FORMS for each in tested.rows[form]],
        Pair.TEXT: [vector for text in texts if (vector := embedder.text(text["text"])) is not None],
    }
    lines = [
        "# Log-odds of one scene as a line of the cosine, and the tail of strangers: "
        "python -m tests.bench.fit_resonance\n"
    ]
    lines.append(f'["{embedder.name}"]')
    for pair, (pairs, apart) in measured.items():
        report(console, pair, pairs, apart)
        whole = together(pairs, apart)
        model = line(whole)
        start, rate = tail((np.stack(told[pair]) @ rest.T).ravel(), whole)
        lines.append(
            f"{pair} = {{ intercept = {model.intercept_[0]:.3f}, slope = {model.coef_[0, 0]:.3f}, "
            f"start = {start:.3f}, rate = {rate:.2f} }}"
        )
    draw(measured)
    CURVES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    console.print(CURVES.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
