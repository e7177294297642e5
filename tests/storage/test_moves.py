"""What is a chat's follows it to another id: all of it, once, and to nobody else."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from making import rendering, scene, vector

from scene.atoms import Lang
from scene.forms import Form
from storage.archive import Archive
from storage.dialogues import Dialogue, Voice
from storage.jobs import Jobs, New
from storage.moving import Moves
from storage.noise import Measurement
from storage.recall import Query, recall

OLD, NEW, OTHER = -8, -1_000_000_000_008, -1_000_000_000_009
ASH, SNOW, KEY = scene("пепел", "вспышка"), scene("снег", "волк"), scene("ключ", "дверь")


def fill(archive: Archive, owner: int) -> str:
    """Everything that an owner can have; the token of a link."""
    ash = archive.keep_rendering(owner, ASH, rendering("Пепел остыл."), vector(1, 2), "test")
    snow = archive.keep_rendering(owner, SNOW, rendering("Волк уснул."), vector(2, 1), "test")
    archive.measurements.add(ash, Measurement(Form.POEM, "", Lang.RU, {"what": "noise"}))
    voices = (Voice("poet"), Voice("philosopher"))
    spoken = Dialogue(voices, ("Я — пепел.", "Я — снег."), Lang.RU, "m", 1, datetime.now(UTC))
    archive.dialogues.add((ash, snow), spoken)
    archive.own_words.teach(owner, "снежнобог")
    archive.preferences.set_persona(owner, "poet")
    archive.preferences.set_form(owner, Form.SILENCE)
    archive.answers.put(owner, 5, 6)
    return archive.shares.open(owner, 1)


def has(archive: Archive, owner: int) -> list[Any]:
    """What an owner has, as others of the house see it."""
    return [
        list(archive.export(owner)),
        archive.preferences.persona(owner),
        archive.preferences.form(owner),
        archive.own_words.of(owner),
        [(each.stored.number, each.links) for each in archive.shares.of(owner)],
        [each.measurement.found for each in archive.measurements.last(owner, 9)],
        archive.dialogues.last(owner) is not None,
        sorted(round(cosine, 5) for _, cosine in archive.nearest.find(owner, "test", vector(1, 2), 9)),
        [hit.stored.number for hit in recall(archive, owner, Query("волк"))],
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


def test_everything_follows_once_and_nothing_of_anybody_else_does(path: Path) -> None:
    with Archive.open(path) as archive, closing(Moves(path)) as moves, closing(Jobs(path, 42)) as jobs:
        token = fill(archive, OLD)
        fill(archive, OTHER)
        jobs.accept([New(1, OLD, "{}", (OLD,))])
        before, others, nothing = has(archive, OLD), has(archive, OTHER), has(archive, 99)
        assert archive.nearest.find(NEW, "test", vector(1, 2), 9) == []  # remembered, and not for long
        assert moves.to(OLD) is None
        assert moves.move(OLD, NEW)
        assert moves.to(OLD) == NEW
        assert (has(archive, OLD), has(archive, NEW), has(archive, OTHER)) == (nothing, before, others)
        assert archive.answers.get(NEW, 5) is None  # the message with that number is another
        assert archive.shares.take(99, token).stored.scene.mnemonic == ASH.mnemonic
        assert jobs.used_today() == {NEW: 1}

        # Told again, or told wrongly, nothing moves any more.
        for old, new in ((OLD, NEW), (OLD, OTHER), (OTHER, NEW), (OTHER, OLD), (NEW, NEW)):
            assert not moves.move(old, new)
            assert (has(archive, NEW), has(archive, OTHER)) == (before, others)
    with Archive.open(path) as archive, closing(Moves(path)) as moves:
        assert moves.to(OLD) == NEW
        assert not moves.move(OLD, NEW)
        assert has(archive, NEW) == before
        archive.forget_everything(NEW)
    assert str(OLD).encode() not in b"".join(each.read_bytes() for each in path.parent.iterdir())
    with closing(Moves(path)) as moves:
        assert moves.to(OLD) is None


def test_what_was_made_in_the_new_place_before_stays_and_is_numbered_on(path: Path) -> None:
    with Archive.open(path) as archive, closing(Moves(path)) as moves:
        token = fill(archive, OLD)
        archive.forget(OLD, 2)
        archive.keep_rendering(NEW, KEY, rendering("Ключ повернулся."), vector(3, 1), "test")
        archive.keep_rendering(NEW, ASH, rendering("Пепел ещё тёплый."), vector(1, 2), "test")
        archive.preferences.set_persona(NEW, "philosopher")
        archive.shares.open(NEW, 2)
        assert moves.move(OLD, NEW)
        kept = {stored.number: stored for stored in archive.scenes(NEW)}
        assert {number: stored.scene.mnemonic for number, stored in kept.items()} == {
            1: ASH.mnemonic,
            3: KEY.mnemonic,
        }
        texts = [each.text for each in archive.renderings.of(kept[1])]
        assert texts == ["Пепел остыл.", "Пепел ещё тёплый."]
        assert [hit.stored.number for hit in recall(archive, NEW, Query("тёплый"))] == [1]
        assert [(each.stored.number, each.links) for each in archive.shares.of(NEW)] == [(1, 2)]
        assert archive.preferences.persona(NEW) == "philosopher"
        assert archive.own_words.of(NEW) == {"снежнобог"}
        assert len(archive.nearest.find(NEW, "test", vector(1, 2), 9)) == 2
        assert archive.shares.take(99, token).stored.scene.mnemonic == ASH.mnemonic
        assert archive.keep(NEW, SNOW).number == 5  # what was forgotten keeps its number, here and there
        with archive.reading() as db:
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
