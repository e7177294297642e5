"""Weights of the scores that a reading gives: ``python -m tests.bench.fit_reading`` (minutes).

Two small regressions, printed for a person to put into the code: ``storage.near.probability`` on edited texts
of a pool, and ``models.mnemonist.Evidence`` on what ``tests.bench.unseen`` has written to ``bench/out``. A
part of the scenes is never kept, so that false claims are seen. The first is fitted on half of the scenes,
checked on the other half, and printed for all.
"""

from __future__ import annotations

import json
import math
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from sklearn.linear_model import LogisticRegression, Ridge

from models.embedder import Embedder
from storage.near import near
from tests.bench.edits import EDITS
from tests.bench.readings_pool import OUT, Text, read_pools, split
from tests.bench.roundtrip import Kept

_ASKED = 400  # texts that are edited in every way
_EVIDENCE = ("agreement", "heard", "resonance", "gain")

Rows = list[tuple[list[float], bool, str]]


def nearness(kept: Kept, texts: Sequence[Text]) -> Rows:
    """The best scene for every edited text: what they share, whether it is right, and whose text it is."""
    rng = random.Random(7)
    rows: Rows = []
    for text in rng.sample(list(texts), min(_ASKED, len(texts))):
        own = kept.scenes.get(text.source)
        for edit in EDITS.values():
            edited = edit(text.text, rng)
            hits = near(kept.archive, 0, edited, 1) if edited else []
            if not hits:
                continue
            shared = hits[0].alignment
            more, less = max(shared.explained, shared.covered), min(shared.explained, shared.covered)
            [found] = kept.archive.by_ids(0, [hits[0].scene_id])
            right = own is not None and found.scene.mnemonic in kept.fair(text) | {own.mnemonic}
            rows.append(([more, less, math.log1p(shared.letters)], right, text.source))
    return rows


def fit(name: str, rows: Rows, console: Console) -> None:
    """Print weights, and how the probabilities hold on scenes that they were not fitted on."""
    features = np.array([row[0] for row in rows])
    right = np.array([row[1] for row in rows])
    sources = np.array([row[2] for row in rows])
    half = np.isin(sources, np.random.default_rng(7).permutation(np.unique(sources))[::2])
    likely = np.zeros(len(rows))
    for fitted in (half, ~half):
        model = LogisticRegression(C=10, max_iter=2000).fit(features[fitted], right[fitted])
        likely[~fitted] = model.predict_proba(features[~fitted])[:, 1]
    model = LogisticRegression(C=10, max_iter=2000).fit(features, right)
    console.print(f"{name}: {model.intercept_.round(1)} {model.coef_.round(1)} of {len(rows)}")
    console.print(f"  claimed {np.mean(likely >= 0.5):.1%}, right of these {right[likely >= 0.5].mean():.1%}")
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.99), (0.99, 1.01)):
        inside = (likely >= low) & (likely < high)
        if inside.any():
            console.print(f"  {likely[inside].mean():.3f} → {right[inside].mean():.3f} ({inside.sum()})")


def evidence(console: Console) -> None:
    """Print the weights of what speaks for a proposed scene, for each model that was asked."""
    for path in sorted(OUT.glob("unseen-*.jsonl")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        proposals = [each for line in lines for each in line["proposals"]]
        # As many as there are of one text, so much less does each count.
        weights = [1 / len(line["proposals"]) for line in lines for _ in line["proposals"]]
        features = [[min(each[name], 1.0) for name in _EVIDENCE] for each in proposals]
        model = Ridge(alpha=1.0).fit(features, [each["f1"] for each in proposals], weights)
        console.print(f"{path.stem}: {model.intercept_:.2f} {model.coef_.round(2)} of {len(proposals)}")


def main() -> None:
    """Fit everything there are data for."""
    console = Console()
    texts, embedder = read_pools(), Embedder()
    if texts:
        kept_texts, _ = split(texts)
        with tempfile.TemporaryDirectory() as folder:
            kept = Kept(Path(folder), kept_texts, embedder)
            fit("near", nearness(kept, texts), console)
            kept.archive.close()
    evidence(console)


if __name__ == "__main__":
    main()
