"""Links by which one owner lets others copy a scene."""

from __future__ import annotations

import base64
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import rendering, scene, vector

from scene.atoms import Kind
from scene.choice import By, Reason
from scene.errors import ArchiveError, HyperBridgeError, SceneError
from scene.forms import Form
from storage.archive import Archive
from storage.signatures import Space

ASH = scene("пепел", "вспышка")
SNOW = scene("снег", "волк")
WHY = Reason(Kind.BODILY, ("шаг",), (Form.POEM, Form.LOGIC), "стихами для Оли", "poet", Form.ESSAY)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        yield archive


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("shared") / "archive.db") as archive:
        archive.keep(1, ASH)
        archive.shares.open(1, 1)
        yield archive


def refusal(archive: Archive, token: str) -> tuple[str, dict[str, str | int | float]]:
    with pytest.raises(HyperBridgeError) as caught:
        archive.shares.take(2, token)
    return caught.value.key, caught.value.params


def test_a_link_gives_a_scene_its_texts_and_vectors_and_nothing_else(archive: Archive) -> None:
    archive.keep_rendering(1, SNOW, rendering("Чужое."))
    told = replace(rendering("Пепел остыл."), chosen_by=By.NAMED, reason=WHY)
    archive.keep_rendering(1, ASH, told, vector(3, 4), "test")
    token = archive.shares.open(1, 2)
    taken = archive.shares.take(2, token)
    assert (taken.stored.number, taken.new, taken.renderings) == (1, True, 1)
    assert taken.stored.scene == ASH
    (copy,) = archive.renderings.of(taken.stored)
    assert copy == replace(told, created_at=copy.created_at, chosen_by=None, reason=None)
    assert copy.created_at > told.created_at
    assert np.allclose(archive.nearest.all(Space(2, "test", 2)).vectors, [vector(3, 4)])
    assert [line["mnemonic"] for line in archive.export(2)] == [ASH.mnemonic]
    archive.renderings.add(taken.stored, rendering("Моё."))
    assert [each.text for each in archive.renderings.of(archive.scenes(1)[0])] == ["Пепел остыл."]


def test_taking_twice_brings_only_what_is_new(archive: Archive) -> None:
    kept = archive.keep_rendering(1, ASH, rendering("Раз."))
    token = archive.shares.open(1, 1)
    archive.shares.take(2, token)
    again = archive.shares.take(2, token)
    assert (again.stored.number, again.new, again.renderings) == (1, False, 0)
    archive.renderings.add(kept, rendering("Два."))
    assert archive.shares.take(2, token).renderings == 1
    own = archive.shares.take(1, token)
    assert (own.new, own.renderings, own.stored) == (False, 0, kept)
    assert archive.count(2) == 1


def test_a_copy_outlives_the_link_and_the_scene(archive: Archive) -> None:
    archive.keep_rendering(1, ASH, rendering("Раз."))
    token = archive.shares.open(1, 1)
    copy = archive.shares.take(2, token).stored
    archive.forget(1, 1)
    assert [each.text for each in archive.renderings.of(copy)] == ["Раз."]


def test_every_dead_link_is_refused_alike(archive: Archive) -> None:
    for step in range(3):
        archive.keep(1, scene("шаг", str(step)))
    closed, forgotten, open_ = (archive.shares.open(1, number) for number in (1, 2, 3))
    assert archive.shares.close(1, 1) == 1
    assert archive.shares.close(1, 1) == 0
    archive.forget(1, 2)
    said = {
        repr(refusal(archive, token))
        for token in (closed, forgotten, open_[:-1], open_ + "A", open_.swapcase(), "", "SCN-3", "\ud800")
    }
    assert said == {repr(("share-unknown", {}))}
    assert archive.count(2) == 0
    assert archive.shares.take(2, open_).new


def test_links_are_listed_and_closed_by_scene(archive: Archive) -> None:
    for words in (ASH, SNOW):
        archive.keep(1, words)
    tokens = {archive.shares.open(1, 2), archive.shares.open(1, 2)}
    assert len(tokens) == 2
    (listed,) = archive.shares.of(1)
    assert (listed.stored.number, listed.links) == (2, 2)
    assert archive.shares.of(2) == []
    assert archive.shares.close(1, 2) == 2
    assert archive.shares.of(1) == []


def test_only_an_owner_shares(archive: Archive) -> None:
    archive.keep(1, ASH)
    archive.keep(1, SNOW)
    archive.keep(2, ASH)
    token = archive.shares.open(1, 2)
    for act in (archive.shares.open, archive.shares.close):
        with pytest.raises(SceneError) as foreign:
            act(2, 2)
        with pytest.raises(SceneError) as missing:
            act(2, 3)
        assert foreign.value.key == missing.value.key == "scene-unknown-code"
    assert archive.shares.take(2, token).new


def test_a_token_has_many_bits_and_is_not_in_the_files(archive: Archive) -> None:
    archive.keep(1, ASH)
    tokens = [archive.shares.open(1, 1) for _ in range(50)]
    assert len(set(tokens)) == 50
    for token in tokens:
        assert set(token) <= set(
            string.ascii_letters + string.digits + "_-"
        )  # Telegram's "start" takes these,
        assert len(token) <= 64  # and so many
        assert len(base64.urlsafe_b64decode(token)) * 8 >= 128
    raw = b"".join(path.read_bytes() for path in archive.path.parent.iterdir())
    assert not any(token.encode() in raw or base64.urlsafe_b64decode(token) in raw for token in tokens)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_no_text_is_a_link_by_chance(shared: Archive, text: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        shared.shares.take(2, text)
    assert (caught.value.key, caught.value.params) == ("share-unknown", {})
