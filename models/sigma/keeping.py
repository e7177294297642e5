"""Oracles in files: plain JSON, so that one from a stranger can hold numbers and nothing that runs.

Those of the light model come with the package; others, and newer ones, are in the cache.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np

from models.catalog import Model, cache_dir
from models.noise.results import Floats
from models.sigma.features import FEATURES
from models.sigma.oracle import VERSION, Classifier
from models.sigma.results import Oracle
from models.sigma.training import Trained

_DIGITS = 9  # all that tells anything


def path_of(model: Model) -> Path:
    """Where a model's oracles are kept once trained here."""
    return cache_dir() / "oracles" / f"{model.id}.json"


def save(trained: dict[str, Trained], model: Model, path: Path) -> None:
    """Write a model's oracles to a file.

    Args:
        trained: By task.
        model: Whose noise they know.
        path: The file; its folder is made.
    """
    record = {
        "version": VERSION,
        "model": model.id,
        "sha256": model.sha256,
        "tasks": {
            task: {"oracle": asdict(each.oracle), "classifier": _plain(each.classifier)}
            for task, each in trained.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(record, indent=1), encoding="utf-8")
    part.replace(path)


def load(model: Model) -> dict[str, Trained]:
    """A model's oracles by task: those trained here, or else the package's; empty where there are none."""
    own = resources.files("models.sigma").joinpath("oracles", f"{model.id}.json")
    return read(path_of(model), model) or read(own, model)


def read(path: Path | Traversable, model: Model) -> dict[str, Trained]:
    """The oracles in a file; empty where it is none, of another model's weights, or of another version."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if (record["version"], record["sha256"]) != (VERSION, model.sha256):
            return {}
        return {
            task: Trained(_classifier(each["classifier"]), _oracle(each["oracle"]))
            for task, each in record["tasks"].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _plain(classifier: Classifier) -> dict[str, Any]:
    arrays = {name: getattr(classifier, name) for name in ("centre", "scale", "weights", "bias")}
    return {
        "names": classifier.names,
        "columns": classifier.columns,
        **{name: _rounded(array) for name, array in arrays.items()},
    }


def _rounded(array: Floats) -> list[Any]:
    found: list[Any] = np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"))(array).tolist()
    return found


def _classifier(record: dict[str, Any]) -> Classifier:
    names, columns = tuple(record["names"]), tuple(record["columns"])
    shapes: dict[str, tuple[int, ...]] = {
        "centre": (len(columns),),
        "scale": (len(columns),),
        "weights": (len(names), len(columns)),
        "bias": (len(names),),
    }
    arrays = {name: np.array(record[name], dtype=np.float64) for name in shapes}
    whole = all(arrays[name].shape == shape for name, shape in shapes.items())
    if not whole or not {*columns} <= {*FEATURES}:
        raise ValueError
    return Classifier(names, columns, **arrays)


def _oracle(record: dict[str, Any]) -> Oracle:
    return Oracle(**{**record, "labels": tuple(record["labels"])})
