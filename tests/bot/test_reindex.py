"""Signatures made anew for another embedder: wholly, in parts, and what is said of those that are missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli_archive import archive_group
from bot.cli_reindex import sign
from bot.doctor import examine
from bot.settings import load
from bot.terminal import Session
from bot.texts import texts
from models.embedder import Embedder, signed_by
from scene.atoms import Lang
from scene.parse import parse
from storage.archive import Archive

NOUNS = "снег волк пепел жизнь тишина огонь река камень маяк туман свет ночь".split()
SCENES = [f"{a} {b}" for a in NOUNS for b in NOUNS if a != b][:100]


@pytest.fixture
def archive(tmp_path: Path, embedder: Embedder) -> Archive:
    """Scenes of two owners, signed by an embedder of former times."""
    archive = Archive.open(tmp_path / "archive.db")
    for step, source in enumerate(SCENES):
        scene = parse(source)
        archive.keep(step % 2, scene, embedder.scene(scene), "former/1")
    return archive


def session_of(archive: Archive) -> Session:
    return Session(load().model_copy(update={"db": archive.path}), json=False)


def stop(done: int) -> None:
    raise KeyboardInterrupt


def test_reindexing_stops_at_any_time_and_goes_on(archive: Archive, embedder: Embedder) -> None:
    assert archive.signing.unsigned(None, embedder.name) == len(SCENES)
    signed, whole = sign(archive, embedder.name, lambda: embedder, stop)
    assert (0 < signed < len(SCENES), whole) == (True, False)
    assert archive.signing.unsigned(None, embedder.name) == len(SCENES) - signed
    told: list[int] = []
    assert sign(archive, embedder.name, lambda: embedder, told.append) == (len(SCENES) - signed, True)
    assert told[-1] == len(SCENES) - signed
    for owner in (0, 1):
        assert archive.signing.unsigned(owner, embedder.name) == 0
        assert archive.figures.stats(owner).signatures == {"former/1": 50, embedder.name: 50}
    stored = archive.scenes(1, 1)[0]
    vector = embedder.scene(stored.scene)
    assert archive.nearest.find(1, embedder.name, vector, 1) == [(stored.id, pytest.approx(1, abs=1e-5))]


def test_nothing_is_loaded_when_nothing_is_to_be_signed(archive: Archive) -> None:
    assert sign(archive, "former/1", lambda: pytest.fail("loaded"), lambda done: None) == (0, True)


def test_a_scene_forgotten_meanwhile_gets_no_signature(archive: Archive, embedder: Embedder) -> None:
    first, second = archive.signing.next_unsigned(embedder.name, 0, 2)
    archive.forget(first.owner, first.number)
    pairs = [(stored, embedder.scene(stored.scene)) for stored in (first, second)]
    assert archive.signing.sign(pairs, embedder.name) == 1
    assert archive.signing.unsigned(None, embedder.name) == len(SCENES) - 2


def test_missing_signatures_are_told_and_made_by_the_command_line(archive: Archive) -> None:
    session = session_of(archive)
    stats = CliRunner().invoke(archive_group, ["stats"], obj=session)
    assert "50 scenes have no signature" in stats.output
    doctored = {finding.check: finding for finding in examine(session.settings, texts(Lang.EN))}
    assert doctored["archive"].state == "note"
    assert "100 scenes have no signature" in doctored["archive"].remedy

    from bot import cli  # noqa: F401  # adds the command to its group

    first = CliRunner().invoke(archive_group, ["reindex"], obj=session)
    assert "100 scenes were signed" in first.output
    again = CliRunner().invoke(archive_group, ["reindex", "--json"], obj=session)
    name = signed_by(session.settings.embedder)
    assert json.loads(again.stdout) == {"embedder": name, "signed": 0, "left": 0}
    stats = CliRunner().invoke(archive_group, ["stats", "--json"], obj=session)
    assert json.loads(stats.stdout)["unsigned"] == 0
