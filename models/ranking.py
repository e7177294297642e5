"""What the judge's terms weigh: fitted to texts that were read and marked (``docs/forms.md``)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources


@functools.cache
def weights() -> dict[str, float]:
    """A weight for each term of ``models.judge.Scores``."""
    data = tomllib.loads(resources.files("models").joinpath("ranking.toml").read_text(encoding="utf-8"))
    return {term: float(weight) for term, weight in data.items()}
