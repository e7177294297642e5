"""Keeping scenes and getting them back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import rendering, scene, vector

from scene.atoms import Atom, Kind, Lang, Phase, Scene
from scene.errors import ArchiveError
from storage.archive import Archive
from storage.signatures import Space

ASH = scene("пепел", "вспышка")
SNOW = scene("снег", "волк")

atoms = st.builds(Atom, st.text(), st.text(), st.sampled_from(Lang), st.sampled_from(Phase))
scenes = st.builds(
    Scene,
    st.text(),
    st.lists(atoms, min_size=1, max_size=8).map(tuple),
    st.sampled_from(Lang),
    st.sampled_from(Kind),
    st.text(),
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        yield archive


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("shared") / "archive.db") as archive:
        yield archive


def test_a_scene_and_its_texts_outlive_the_process(tmp_path: Path) -> None:
    first, second = rendering("Пепел."), rendering("Вспышка.", form="essay")
    with Archive.open(tmp_path / "new" / "folder" / "archive.db") as archive:
        kept = archive.keep_rendering(0, ASH, first)
        archive.renderings.add(kept, second)
    with Archive.open(tmp_path / "new" / "folder" / "archive.db") as archive:
        found = archive.scene(0, 1)
        assert found == kept
        assert found.code == "SCN-1"
        assert found.scene == ASH
        assert archive.by_mnemonic(0, ASH.mnemonic) == kept
        assert archive.renderings.of(kept) == [first, second]


@settings(max_examples=100, deadline=None)
@given(any_scene=scenes, owner=st.integers(-(2**52), 2**52))
def test_any_unicode_comes_back_exactly(shared: Archive, any_scene: Scene, owner: int) -> None:
    kept = shared.keep(owner, any_scene)
    try:
        found = shared.scene(owner, kept.number)
        assert found is not None
        assert found.scene == any_scene
    finally:
        shared.forget(owner, kept.number)


def test_the_same_chain_is_the_same_scene(archive: Archive) -> None:
    kept = archive.keep(0, ASH)
    better_lemmas = scene("пепел", "вспышка", lemmas={"пепел": "пепелище"})
    assert archive.keep(0, replace(better_lemmas, source="ПЕПЕЛ вспышка")) == kept
    assert archive.count(0) == 1
    assert archive.keep(0, scene("вспышка", "пепел")).number == 2


def test_a_chain_is_not_its_letters(archive: Archive) -> None:
    assert archive.keep(0, scene("пар", "аллея")).number == 1
    assert archive.keep(0, scene("пара", "ллея")).number == 2


def test_numbers_are_not_given_again(archive: Archive) -> None:
    archive.keep(0, ASH)
    kept = archive.keep_rendering(0, SNOW, rendering(), vector(1, 0), "test")
    assert archive.forget(0, kept.number)
    assert not archive.forget(0, kept.number)
    assert archive.scene(0, 2) is None
    assert archive.renderings.of(kept) == []
    assert archive.keep(0, SNOW).number == 3
    with pytest.raises(ArchiveError) as caught:
        archive.renderings.add(kept, rendering())
    assert caught.value.key == "archive-scene-gone"


def test_what_is_forgotten_is_nowhere_in_the_files(archive: Archive) -> None:
    archive.keep_rendering(0, scene("xyzzyplugh"), rendering("frobozzica"), vector(1, 2), "test")
    archive.keep_rendering(0, ASH, rendering())
    archive.forget(0, 1)
    stored = b"".join(file.read_bytes() for file in archive.path.parent.iterdir())
    assert b"xyzzyplugh" not in stored
    assert b"frobozzica" not in stored
    assert archive.figures.stats(0).signatures == {}


def test_owners_never_meet(archive: Archive) -> None:
    mine = archive.keep_rendering(1, ASH, rendering())
    theirs = archive.keep(-100200300400, ASH)
    archive.keep(-100200300400, SNOW)
    assert mine.number == theirs.number == 1
    assert mine.id != theirs.id
    assert archive.count(1) == 1
    assert archive.scene(1, 2) is None
    assert archive.by_mnemonic(1, SNOW.mnemonic) is None
    assert archive.by_ids(1, [mine.id, theirs.id]) == [mine]
    assert archive.scenes(1) == [mine]
    assert archive.renderings.of(replace(mine, owner=2)) == []
    with pytest.raises(ArchiveError):
        archive.renderings.add(replace(mine, owner=2), rendering())
    assert not archive.forget(1, 2)
    assert [line["code"] for line in archive.export(1)] == ["SCN-1"]
    assert archive.figures.stats(2).scenes == archive.figures.stats(2).renderings == 0


def test_pages_go_from_new_to_old(archive: Archive) -> None:
    for step in range(5):
        archive.keep(0, scene("шаг", str(step)))
    assert [stored.number for stored in archive.scenes(0, limit=2)] == [5, 4]
    assert [stored.number for stored in archive.scenes(0, limit=2, offset=4)] == [1]


def test_an_export_is_json_with_everything(archive: Archive) -> None:
    archive.keep_rendering(0, ASH, rendering("Пепел."))
    archive.keep(0, SNOW)
    first, second = map(json.loads, map(json.dumps, archive.export(0)))
    assert first["source"] == ASH.source
    assert first["atoms"][1] == {"text": "вспышка", "lemma": "вспышка", "lang": "ru", "phase": "action"}
    assert first["renderings"][0]["text"] == "Пепел."
    assert (second["code"], second["mnemonic"], second["renderings"]) == ("SCN-2", SNOW.mnemonic, [])


def test_a_long_export_leaves_nothing_out(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.archive._EXPORT_PAGE", 3)
    for step in range(7):
        archive.keep(0, scene("шаг", str(step)))
    archive.forget(0, 3)
    assert [line["code"] for line in archive.export(0)] == [f"SCN-{n}" for n in (1, 2, 4, 5, 6, 7)]


def test_stats_count(archive: Archive) -> None:
    archive.keep_rendering(0, ASH, rendering(), vector(1, 0), "test")
    archive.keep(0, ASH, vector(1, 0, 0), "other")
    stats = archive.figures.stats(0)
    assert (stats.scenes, stats.atoms, stats.renderings) == (1, 2, 1)
    assert stats.signatures == {"test": 1, "other": 1}
    assert stats.bytes >= 4096


def test_signatures_follow_writes_of_this_and_other_connections(archive: Archive) -> None:
    kept = archive.keep(0, ASH, vector(1, 0), "test")
    known = archive.nearest.all(Space(0, "test", 2))
    assert known.scene_ids.tolist() == [kept.id]
    assert archive.nearest.all(Space(0, "test", 2)) is known
    archive.keep(0, ASH, vector(0, 1), "test")
    np.testing.assert_array_equal(archive.nearest.all(Space(0, "test", 2)).vectors, [[0, 1]])
    with Archive.open(archive.path) as other:
        other.keep(0, SNOW, vector(1, 1), "test")
    assert archive.nearest.all(Space(0, "test", 2)).vectors.shape == (2, 2)
    assert archive.nearest.all(Space(0, "test", 3)).vectors.shape == (0, 3)
    assert archive.nearest.all(Space(1, "test", 2)).vectors.shape == (0, 2)


def test_a_signature_must_be_one_finite_vector(archive: Archive) -> None:
    for wrong in (np.ones((2, 2), dtype=np.float32), np.array([np.nan, 1], dtype=np.float32)):
        with pytest.raises(ValueError, match="one finite vector"):
            archive.keep(0, ASH, wrong, "test")
    assert archive.count(0) == 0


def test_threads_share_an_archive(archive: Archive) -> None:
    def work(name: str) -> None:
        for step in range(15):
            archive.keep_rendering(0, scene(name, str(step)), rendering(name), vector(1, step), "test")
            archive.nearest.all(Space(0, "test", 2))
            archive.keep(0, scene("общая", str(step)))

    threads = [Thread(target=work, args=(name,)) for name in ("а", "б", "в")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert archive.count(0) == 15 * 4
    assert archive.figures.stats(0).renderings == 15 * 3
    assert [stored.number for stored in archive.scenes(0, limit=100)] == list(range(60, 0, -1))
