"""Fit what the judge's terms weigh: ``python -m tests.bench.fit_ranking [--write]``.

``quality_grades.jsonl`` holds candidates of the default model for scenes of ``label_scenes.txt`` (none of
them is in the quality bench), eight for each, graded by a reader from 0 (broken) to 4 (beautiful) without
seeing any score; ``examples`` says which of two sets of few-shots they were written after. Weights are a
ridge regression of grades on terms, both relative to their group of eight, drawn towards what we would
guess, and none below zero: a text must never gain by losing its scene.

Printed: the mean grade of the text that is chosen from each group, beside one at random, the guess and the
best there is; weights for each group come from the other groups. ``--write`` renews ``models/ranking.toml``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from models.backend import Candidate
from models.embedder import Embedder
from models.judge import TERMS, Judge, Scores
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse

GRADES = Path(__file__).with_name("quality_grades.jsonl")
WEIGHTS = Path("models/ranking.toml")
# What we would guess, in grades: a term that is lost altogether makes a text so much worse.
GUESS = {
    "coverage": 1.5, "order": 0.5, "shape": 0.8, "tempo": 0.3, "known": 2.0, "usual": 1.0, "agreement": 1.0,
    "language": 2.0, "resonance": 1.0, "fresh": 1.0, "varied": 1.0, "clean": 1.0, "whole": 0.3,
    "logprob": 0.0, "worst": 0.1,
}  # fmt: skip
PULL = 8.0  # texts that the guess counts as, for each term


def graded() -> tuple[list[dict[str, Any]], list[Scores]]:
    """The graded texts, with what the judge finds in them now."""
    judge = Judge(Embedder())
    rows = [json.loads(line) for line in GRADES.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        scores = judge.scores(
            parse(row["source"]), Form(row["form"]), Lang(row["lang"]), row["text"],
            Candidate(row["text"], [], row["complete"]),
        )  # fmt: skip
        likely = {"logprob": row["logprob"], "worst": row["worst"]}
        found.append(Scores(**{term: likely.get(term, getattr(scores, term)) for term in TERMS}))
    return rows, found


class Fit:
    """Grades and terms, each relative to its group.

    Args:
        terms: Shape (texts, terms).
        grades: Shape (texts,).
        groups: Which scene and form each text is of, shape (texts,).
    """

    def __init__(self, terms: np.ndarray, grades: np.ndarray, groups: np.ndarray) -> None:
        self.terms, self.grades, self.groups = terms, grades, groups
        self._relative = self._centred(terms)
        self._wanted = self._centred(grades)

    def weights(self, chosen: np.ndarray, without: int | None = None) -> np.ndarray:
        """Weights from some of the texts, shape (terms,), none below zero.

        Args:
            chosen: Which texts, a mask.
            without: A term that must weigh nothing.
        """
        guess = np.array([GUESS[term] for term in TERMS])
        pull = np.sqrt(PULL) * np.diag(self._relative.std(axis=0) + 1e-2)
        a = np.vstack([self._relative[chosen], pull])
        b = np.concatenate([self._wanted[chosen], pull @ guess])
        if without is not None:
            a[:, without] = 0.0
        found: np.ndarray = nnls(a, b)[0]
        return found

    def crossed(self, without: int | None = None) -> np.ndarray:
        """Each text's total by weights that its own group had no part in, shape (texts,)."""
        totals = np.zeros(len(self.grades))
        for group in np.unique(self.groups):
            inside = self.groups == group
            totals[inside] = self.terms[inside] @ self.weights(~inside, without)
        return totals

    def chosen(self, totals: np.ndarray) -> float:
        """Mean grade of the best text by total, over groups."""
        best = [self.grades[at][totals[at].argmax()] for at in self._each()]
        return float(np.mean(best))

    def at_random(self) -> float:
        """Mean grade of any text, over groups."""
        return float(np.mean([self.grades[at].mean() for at in self._each()]))

    def at_best(self) -> float:
        """Mean grade of the text with the best grade, over groups."""
        return float(np.mean([self.grades[at].max() for at in self._each()]))

    def _each(self) -> list[np.ndarray]:
        return [self.groups == group for group in np.unique(self.groups)]

    def _centred(self, values: np.ndarray) -> np.ndarray:
        centred = values.astype(float).copy()
        for at in self._each():
            centred[at] -= centred[at].mean(axis=0)
        return centred


def main() -> None:
    """Print the figures; with ``--write``, renew the weights."""
    rows, scores = graded()
    terms = np.array([[getattr(found, term) for term in TERMS] for found in scores])
    names = sorted({(row["source"], row["form"], row["examples"]) for row in rows})
    groups = np.array([names.index((row["source"], row["form"], row["examples"])) for row in rows])
    fit = Fit(terms, np.array([row["grade"] for row in rows]), groups)
    passed = np.array(
        [not found.failed(Form(row["form"])) for row, found in zip(rows, scores, strict=True)], dtype=float
    )
    guess = terms @ np.array([GUESS[term] for term in TERMS])
    crossed = fit.crossed()
    print(f"{len(rows)} texts, {len(names)} groups; mean grade of the chosen text")
    print(f"at random {fit.at_random():.2f}, best there is {fit.at_best():.2f}")
    print(f"guessed weights {fit.chosen(guess):.2f}, fitted {fit.chosen(crossed):.2f}")
    print(f"and those first that reach the bar: {fit.chosen(crossed + 100 * passed):.2f}")
    weights = dict(zip(TERMS, fit.weights(np.ones(len(rows), dtype=bool)), strict=True))
    print(f"{'term':10} {'weight':>7} {'chosen without it':>18}")
    for at, (term, weight) in enumerate(weights.items()):
        print(f"{term:10} {weight:7.2f} {fit.chosen(fit.crossed(at) + 100 * passed):18.2f}")
    if "--write" in sys.argv:
        lines = [f"{term} = {weight:.3f}" for term, weight in weights.items()]
        head = "# Written by tests/bench/fit_ranking.py from graded texts; docs/forms.md tells how.\n"
        WEIGHTS.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
