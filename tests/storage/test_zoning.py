"""Zones in a real database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from making import scene, vector

from scene.zone_names import Name
from storage.archive import Archive
from storage.zones import Place, Zone, Zoning

ME, YOU = 1, 2
EMBEDDER = "test"
NAME = Name("🌊 море · берег", "🌊 sea", ("море", "берег", "sea", "🌊"))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.open(tmp_path / "archive.db")


def zoning(archive: Archive, owner: int = ME) -> Zoning:
    """Two scenes in a zone and one alone, not yet kept."""
    ids = [
        archive.keep(owner, scene(word, "берег"), vector(1, i), EMBEDDER).id for i, word in enumerate("абв")
    ]
    zone = Zone(1, NAME, np.array([0.5, 0.25], dtype=np.float32), 0.75)
    places = {i: Place(1, 0.5, -1.25, True) for i in ids[:2]} | {ids[2]: Place(None, 3.0, 4.0, False)}
    return Zoning({1: zone}, places, 1, 2, 3)


def test_zones_come_back_as_they_were_kept(archive: Archive) -> None:
    kept = zoning(archive)
    archive.zones.keep(ME, EMBEDDER, kept)
    held = archive.zones.of(ME, EMBEDDER)
    assert held.places == kept.places
    assert (held.last_number, held.clustered, held.laid) == (1, 2, 3)
    assert held.zones[1].name == NAME
    assert held.zones[1].centre is not None
    assert held.zones[1].centre.tolist() == [0.5, 0.25]
    assert held.zones[1].created_at == kept.zones[1].created_at
    assert held.members(1) == sorted(held.places)[:2]
    assert archive.zones.of(YOU, EMBEDDER) == Zoning()
    assert archive.zones.of(ME, "another") == Zoning()


def test_nothing_of_a_forgotten_scene_stays_in_a_name_or_a_centre(archive: Archive) -> None:
    archive.zones.keep(ME, EMBEDDER, zoning(archive))
    yours = zoning(archive, YOU)
    archive.zones.keep(YOU, EMBEDDER, yours)
    archive.forget(ME, 1)
    held = archive.zones.of(ME, EMBEDDER)
    assert len(held.places) == 2
    assert held.zones[1].name is None
    assert held.zones[1].centre is None
    assert archive.zones.of(YOU, EMBEDDER).zones[1].name == NAME


def test_a_scene_forgotten_while_zones_were_looked_for_leaves_nothing(archive: Archive) -> None:
    found = zoning(archive)
    archive.forget(ME, 1)
    archive.zones.keep(ME, EMBEDDER, found)
    held = archive.zones.of(ME, EMBEDDER)
    assert len(held.places) == 2
    assert held.zones[1].name is None


def test_zones_are_replaced_and_places_moved(archive: Archive) -> None:
    kept = zoning(archive)
    archive.zones.keep(ME, EMBEDDER, kept)
    moved = {i: replace(place, zone=2, x=9.0) for i, place in kept.places.items()}
    archive.zones.keep(ME, EMBEDDER, Zoning({2: Zone(2, NAME, kept.zones[1].centre)}, moved, 2, 3, 3))
    held = archive.zones.of(ME, EMBEDDER)
    assert list(held.zones) == [2]
    assert held.places == moved


def test_common_atoms_are_counted_for_the_owners_scenes_alone(archive: Archive) -> None:
    mine = zoning(archive)
    yours = zoning(archive, YOU)
    found = archive.zones.common_atoms(ME, [*mine.places, *yours.places])
    assert [(each.lemma, each.count) for each in found] == [("берег", 3), ("а", 1), ("б", 1), ("в", 1)]
