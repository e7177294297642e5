"""What each choice of the writer is worth: ``python -m tests.bench ablation``.

Prompts and sampling: a third of the quality bench's scenes, one form each by turns (poem, narrative, essay,
metaphor, logic), sixteen candidates with the defaults and eight with one choice changed. Printed for each:
the share of candidates that reach the bar; the mean total of the text that would be chosen, and the share of
these below the bar; seconds. By the number of candidates: the same for the first 1, 2, 4, 8 and 16. Few-shot
completion and the chat template are compared again on half of the scenes.

Ranking: every text of the quality bench is chosen again with one term left out; printed is what that changes
in each measured term. What it changes in a reader's grades is ``fit_ranking``'s table.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import replace
from typing import Any

from models import catalog
from models.judge import TERMS
from models.ranking import weights
from scene.atoms import Lang, Scene
from scene.forms import Form
from tests.bench.pool import OUT, Choices, fill, language, read, scenes, scores

DEFAULT = Choices()
VARIED = {
    "few-shot completion": replace(DEFAULT, style="few-shot"),
    "three examples": replace(DEFAULT, shots=3),
    "three other examples": replace(DEFAULT, shots=-3),
    "examples in reverse": replace(DEFAULT, reverse=True),
    "no tempo asked": replace(DEFAULT, tempo=False),
    "temperature 0.4": replace(DEFAULT, temperature=0.4),
    "temperature 1.0": replace(DEFAULT, temperature=1.0),
    "min_p 0.05": replace(DEFAULT, min_p=0.05),
    "min_p 0.25": replace(DEFAULT, min_p=0.25),
    "no DRY": replace(DEFAULT, dry=0.0),
    "repeat penalty 1.1": replace(DEFAULT, repeat_penalty=1.1),
    "repeat penalty 1.2": replace(DEFAULT, repeat_penalty=1.2),
}
FORMS = (Form.POEM, Form.NARRATIVE, Form.ESSAY, Form.METAPHOR, Form.LOGIC)
EVERY = 3
EVERY_OTHER = 2
Group = list[dict[str, Any]]


def main() -> None:
    """Write what is missing, then print both tables."""
    OUT.mkdir(parents=True, exist_ok=True)
    asked = _asked(EVERY)
    asyncio.run(fill("ablation-defaults", asked, 16, DEFAULT))
    print(f"{len(asked)} scenes")
    print(f"{'candidates at the bar, chosen':30} {'share':>8} {'total':>14} {'below':>6} {'s':>5}")
    for count in (1, 2, 4, 8, 16):
        _row(f"defaults, {count}", _groups("ablation-defaults", count), 0.0)
    for name, choices in VARIED.items():
        started, pool = time.perf_counter(), f"ablation-{name.replace(' ', '-')}"
        asyncio.run(fill(pool, asked, 8, choices))
        _row(name, _groups(pool, 8), time.perf_counter() - started)
    _templates()
    _ranking(f"quality-{catalog.default_id()}")


def _asked(every: int) -> list[tuple[Scene, Form, Lang]]:
    listed = list(enumerate(scenes("quality_scenes")))[::every]
    return [(s, FORMS[at % len(FORMS)], language(s, n)) for at, (n, s) in enumerate(listed)]


def _templates() -> None:
    """Few-shot completion against the chat template on more scenes: which of them should be the default."""
    asked = _asked(EVERY_OTHER)
    for name in ("few-shot", "chat"):
        started = time.perf_counter()
        asyncio.run(fill(f"templates-{name}", asked, 8, replace(DEFAULT, style=name)))
        _row(f"{name}, {len(asked)} scenes", _groups(f"templates-{name}", 8), time.perf_counter() - started)


def _groups(name: str, count: int) -> list[Group]:
    found: dict[tuple[str, str], Group] = defaultdict(list)
    for row in read(name):
        found[row["source"], row["form"]].append(row)
    return [group[:count] for group in found.values()]


def _row(name: str, groups: list[Group], seconds: float) -> None:
    rows = [row for group in groups for row in group]
    passed = statistics.mean(not scores(row).failed(Form(row["form"])) for row in rows)
    chosen = [min(group, key=_rank) for group in groups]
    total = statistics.mean(scores(row).total for row in chosen)
    below = statistics.mean(bool(_rank(row)[0]) for row in chosen)
    print(f"{name:30} {passed:8.0%} {total:14.2f} {below:6.0%} {seconds:5.0f}", flush=True)


def _rank(row: dict[str, Any], left_out: str = "") -> tuple[int, float]:
    found = scores(row)
    total = sum(weight * getattr(found, term) for term, weight in weights().items() if term != left_out)
    return len([term for term in found.failed(Form(row["form"])) if term != left_out]), -total


def _ranking(name: str) -> None:
    """What the chosen texts of the quality bench would be without each term."""
    groups = [group for group in _groups(name, sys.maxsize) if group[0]["form"] != Form.SILENCE]
    if not groups:
        return
    shown = [term for term in TERMS if term not in ("logprob", "worst")]
    print(f"{len(groups)} texts chosen again; {'without':9} " + " ".join(f"{term[:8]:>8}" for term in shown))
    for left_out in ("", *TERMS):
        chosen = [min(group, key=lambda row: _rank(row, left_out)) for group in groups]
        means = [statistics.mean(getattr(scores(row), term) for row in chosen) for term in shown]
        print(f"{left_out or 'nothing':31} " + " ".join(f"{mean:8.3f}" for mean in means))


if __name__ == "__main__":
    main()
