"""Real parts for all tests: the small model, the bundled encoder, a SQLite file in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import catalog, fetch
from models.embedder import Embedder
from models.engine import Engine

TEST_MODEL = "smollm2-135m"


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The test model's file, as ``make test`` fetched it."""
    path = fetch.locate(catalog.find(TEST_MODEL))
    assert path is not None, "run make test, which fetches the model"
    return path


@pytest.fixture(scope="session")
def engine(model_path: Path) -> Iterator[Engine]:
    """One engine for all tests that only ask it for texts."""
    engine = Engine(model_path, context=8192)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The bundled encoder."""
    return Embedder()
