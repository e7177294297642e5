"""Dialogues belong to both of their scenes: they are kept, exported and forgotten with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from making import rendering

from scene.atoms import Lang
from scene.errors import ArchiveError
from scene.parse import parse
from storage import exchange
from storage.archive import Archive
from storage.dialogues import Dialogue, StoredDialogue, Voice
from storage.exchange import Entry
from storage.records import StoredScene

SPOKEN = Dialogue(
    voices=(Voice("body+poet", "body"), Voice("philosopher")),
    replicas=("Пепел остыл.", "Снег всё помнит.", "Вспышка была моей.", "А волк — мой."),
    lang=Lang.RU,
    model="smollm2-135m",
    seed=7,
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        yield archive


def both(archive: Archive, owner: int = 0) -> tuple[StoredScene, StoredScene]:
    return archive.keep(owner, parse("пепелвспышка")), archive.keep(owner, parse("снегволк"))


def test_a_dialogue_is_found_from_either_scene(archive: Archive) -> None:
    scenes = both(archive)
    assert archive.dialogues.last(0) is None
    archive.dialogues.add(scenes, SPOKEN)
    kept = StoredDialogue(scenes, SPOKEN)
    assert archive.dialogues.of(scenes[0]) == archive.dialogues.of(scenes[1]) == [kept]
    assert archive.dialogues.last(0) == kept
    assert archive.dialogues.last(1) is None
    assert kept.dialogue.text.startswith("— Пепел остыл.\n— Снег")
    turned = (scenes[1], scenes[0])
    archive.dialogues.add(turned, SPOKEN)
    assert archive.dialogues.last(0) == StoredDialogue(turned, SPOKEN)


@pytest.mark.parametrize("gone", [0, 1])
def test_who_forgets_one_scene_forgets_the_dialogue(archive: Archive, gone: int) -> None:
    scenes = both(archive)
    archive.dialogues.add(scenes, SPOKEN)
    archive.renderings.add(scenes[1 - gone], rendering("Текст."))
    archive.forget(0, scenes[gone].number)
    assert archive.dialogues.of(scenes[1 - gone]) == []
    assert archive.dialogues.last(0) is None
    assert len(archive.renderings.of(scenes[1 - gone])) == 1
    assert "Снег всё помнит" not in json.dumps(list(archive.export(0)), ensure_ascii=False)
    with archive.reading() as db:
        for table in ("replicas", "dialogue_keys"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]
    with pytest.raises(ArchiveError) as caught:
        archive.dialogues.add(scenes, SPOKEN)
    assert caught.value.key == "archive-scene-gone"


@pytest.mark.parametrize("turned", [False, True])
def test_an_export_takes_dialogues_along_and_nothing_comes_twice(archive: Archive, turned: bool) -> None:
    first, second = both(archive)
    scenes = (second, first) if turned else (first, second)
    archive.dialogues.add(scenes, SPOKEN)
    lines = [json.dumps(line) for line in archive.export(0)]
    assert sum("with" in line for line in lines) == 1
    for _ in range(2):
        entries = [exchange.read(line, frozenset()) for line in lines]
        archive.restore(1, [entry for entry in entries if isinstance(entry, Entry)])
    found = archive.dialogues.last(1)
    assert found is not None
    assert found.dialogue == SPOKEN
    assert [stored.scene.mnemonic for stored in found.scenes] == [stored.scene.mnemonic for stored in scenes]
    assert archive.dialogues.of(found.scenes[0]) == [found]
    # The later scene's line alone brings the other along.
    archive.restore(2, [entries[-1]])  # type: ignore[list-item]
    assert archive.count(2) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"voices": []},
        {"voices": [{"persona": "poet"}] * 2},
        {"replicas": "А"},
        {"replicas": [1]},
        {"begins": 1},
        {"lang": "de"},
        {"with": 5},
    ],
)
def test_a_bad_dialogue_is_told(archive: Archive, change: dict[str, object]) -> None:
    archive.dialogues.add(both(archive), SPOKEN)
    *_, line = archive.export(0)
    line["dialogues"][0] |= change
    with pytest.raises(ArchiveError) as caught:
        exchange.read(json.dumps(line), frozenset())
    assert caught.value.key == "archive-line-wrong"
