"""``compare``, ``archive zones``, ``archive map`` and ``archive versions`` by command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import complaint, rows, run

SCENES = [
    "море·волна·берег",
    "волна·соль·прилив",
    "🌊⛵🏝",
    "огонь·пламя·искра",
    "костёр·дым·огонь",
    "fire·flame·spark",
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("zones") / "archive.db"
    rendering = {"form": "poem", "persona": "", "lang": "ru", "text": "Волна ушла.", "model": "m", "seed": 7}
    rendering |= {"candidates": 1, "seconds": 1, "resonance": 0.5, "created_at": "2026-11-01T10:00:00+00:00"}
    lines = [json.dumps({"source": text}) for text in SCENES]
    lines[0] = json.dumps({"source": SCENES[0], "renderings": [rendering, rendering | {"seed": 8}]})
    assert run("archive", "import", "-", db=db, stdin="\n".join(lines).encode()).returncode == 0
    return db


def test_two_scenes_are_compared(db: Path, tmp_path: Path) -> None:
    plot = tmp_path / "two.png"
    (row,) = rows(run("compare", "SCN-4", "🜂 искраогонь", "--plot", str(plot), "--json", db=db))
    assert {"resonance", "shared", "only_a", "only_b", "order"} <= row.keys()
    assert (row["shared"], row["only_a"], row["only_b"], row["order"]) == (
        ["огонь", "искра"],
        ["пламя"],
        [],
        -1.0,
    )
    assert 0 < row["resonance"] < 1
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "Both have: огонь · искра." in run("compare", "SCN-4", "искраогонь", db=db).stdout.decode()
    assert "no scene SCN-99" in complaint(run("compare", "SCN-4", "SCN-99", db=db))
    nowhere = str(tmp_path / "no" / "such.png")
    assert "can't be written" in complaint(run("compare", "снег", "волк", "--plot", nowhere, db=db))


def test_zones_are_told_and_drawn(db: Path, tmp_path: Path) -> None:
    found = rows(run("archive", "zones", "--json", db=db))
    assert any({"SCN-1", "SCN-2"} <= set(zone["codes"]) for zone in found)
    assert all(zone["size"] == len(zone["codes"]) and zone["name"] for zone in found)
    assert found[0]["name"] in run("archive", "zones", db=db).stdout.decode()
    out = tmp_path / "map.png"
    (row,) = rows(run("archive", "map", "--out", str(out), "--json", db=db))
    assert (row["scenes"], row["zones"]) == (6, len(found))
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "it takes three" in complaint(run("archive", "map", "--out", str(out), db=tmp_path / "new.db"))


def test_versions_are_listed_and_read(db: Path) -> None:
    listed = rows(run("archive", "versions", "SCN-1", "--json", db=db))
    assert [(row["version"], row["form"], row["seed"], row["resonance"]) for row in listed] == [
        (1, "poem", 7, 0.5),
        (2, "poem", 8, 0.5),
    ]
    read = run("archive", "versions", "SCN-1", "2", db=db).stdout.decode()
    assert read.startswith("Волна ушла.\n")
    assert "SCN-1" in read
    assert "no version 3" in complaint(run("archive", "versions", "SCN-1", "3", db=db))
