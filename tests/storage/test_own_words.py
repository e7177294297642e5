"""Own words, preferences, reasons, and lines that are read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import rendering, vector
from sqlite_utils import Database

from scene.atoms import Kind
from scene.choice import By, Reason
from scene.errors import ArchiveError, HyperBridgeError
from scene.forms import Form
from scene.parse import parse
from storage import exchange
from storage.archive import Archive
from storage.exchange import Entry, OwnWord
from storage.schema import migrations

WHY = Reason(Kind.BODILY, ("шаг",), (Form.POEM, Form.LOGIC), "стихами", "poet", Form.ESSAY)
NONE: frozenset[str] = frozenset()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        yield archive


def test_words_are_taught_once_and_belong_to_their_owner(archive: Archive) -> None:
    assert archive.own_words.teach(1, "снежнобог")
    assert not archive.own_words.teach(1, "снежнобог")
    assert archive.own_words.teach(1, "темнёный")
    assert not archive.own_words.teach(1, "темненый")  # е for ё
    assert archive.own_words.of(1) == {"снежнобог", "темнёный"}
    assert archive.own_words.of(2) == frozenset()
    assert not archive.own_words.unteach(2, "снежнобог")
    assert archive.own_words.unteach(1, "темненый")
    assert not archive.own_words.unteach(1, "темнёный")
    assert archive.own_words.of(1) == {"снежнобог"}
    assert archive.figures.stats(1).words == 1


def test_other_connections_see_words_at_once(archive: Archive) -> None:
    assert archive.own_words.of(0) == frozenset()
    with Archive.open(archive.path) as other:
        other.own_words.teach(0, "морегул")
        assert archive.own_words.of(0) == {"морегул"}
        archive.own_words.unteach(0, "морегул")
        assert other.own_words.of(0) == frozenset()


def test_there_is_room_for_so_many(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.own_words.MOST", 2)
    assert archive.own_words.teach(0, "аб")
    assert archive.own_words.teach(0, "вг")
    assert not archive.own_words.teach(0, "вг")
    with pytest.raises(ArchiveError) as caught:
        archive.own_words.teach(0, "де")
    assert caught.value.key == "archive-words-full"
    assert archive.own_words.teach(1, "де")


def test_a_persona_belongs_to_a_chat(archive: Archive) -> None:
    assert archive.preferences.persona(7) == ""
    archive.preferences.set_persona(7, "poet")
    archive.preferences.set_persona(7, "philosopher")
    assert (archive.preferences.persona(7), archive.preferences.persona(8)) == ("philosopher", "")
    archive.preferences.set_persona(7, "")
    assert archive.preferences.persona(7) == ""


def test_reasons_are_kept_and_the_last_texts_found(archive: Archive) -> None:
    told = replace(rendering("Первый."), chosen_by=By.NAMED, reason=WHY)
    first = archive.keep_rendering(0, parse("снегволк"), told)
    archive.keep_rendering(0, parse("seasalt"), rendering("Второй."))
    archive.keep_rendering(5, parse("снегволк"), rendering("Чужой."))
    archive.renderings.add(first, replace(told, text="Третий.", chosen_by=By.BUTTON))
    assert [kept.reason for kept in archive.renderings.of(first)] == [WHY, WHY]
    last = archive.renderings.last(0, 2)
    assert [(number, kept.text, kept.chosen_by) for number, kept in last] == [
        (1, "Третий.", By.BUTTON),
        (2, "Второй.", None),
    ]
    assert len(archive.renderings.last(0, 10)) == 3
    assert archive.renderings.last(9) == []


def test_an_archive_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Database(path, execute_plugins=False) as db:
        migrations.apply(db, stop_before="add_reasons")
        db.execute("INSERT INTO owners VALUES (0, 1)")
        db.execute("INSERT INTO scenes VALUES (1, 0, 1, x'00', 'снег', 'снег', 'ru', 'bodily', '2026-01-01')")
        db.execute("INSERT INTO atoms VALUES (1, 0, 'снег', 'снег', 'ru', 'decay')")
        text = "(1, 1, 'poem', '', 'ru', 'Текст.', 'm', 7, 0.5, 1, 8, 1, '2026-01-01')"
        db.execute(f"INSERT INTO renderings VALUES {text}")
        db.conn.commit()
    with Archive.open(path) as archive:
        ((number, kept),) = archive.renderings.last(0)
        assert (number, kept.text, kept.chosen_by, kept.reason) == (1, "Текст.", None, None)
        assert archive.own_words.teach(0, "снежнобог")


def test_an_export_taken_in_again_is_the_same_and_nothing_twice(archive: Archive, tmp_path: Path) -> None:
    archive.own_words.teach(0, "снежнобог")
    own = archive.own_words.of(0)
    god = parse("шагснежнобога", own=own)
    told = replace(rendering("Первый."), chosen_by=By.KIND, reason=WHY)
    archive.keep_rendering(0, god, told, vector(1, 2), "test")
    archive.keep(0, parse("по|ни|⚡"))
    archive.keep(0, parse("снегволк"))
    archive.forget(0, 2)
    lines = [json.dumps(line, ensure_ascii=False) for line in archive.export(0)]
    assert json.loads(lines[0])["word"] == "снежнобог"
    assert [json.loads(line)["code"] for line in lines[1:]] == ["SCN-1", "SCN-3"]

    with Archive.open(tmp_path / "other.db") as other:
        for turn in range(2):
            for line in lines:
                found = exchange.read(line, other.own_words.of(0))
                if isinstance(found, OwnWord):
                    assert other.own_words.teach(0, found.word, found.created_at) is (turn == 0)
                else:
                    (restored,) = other.restore(0, [found])
                    assert restored.new is (turn == 0)
        assert other.figures.stats(0).scenes == 2
        again = list(other.export(0))
    assert [line["code"] for line in again[1:]] == ["SCN-1", "SCN-2"]
    kept = [json.loads(json.dumps(line)) | {"code": ""} for line in again]
    assert kept == [json.loads(line) | {"code": ""} for line in lines]


def test_what_is_missing_in_a_line_is_made(archive: Archive) -> None:
    found = exchange.read('{"source": "снегволк"}', NONE)
    assert isinstance(found, Entry)
    assert (found.scene, found.renderings, found.code) == (parse("снегволк"), [], "")
    word = exchange.read('{"word": "СнежноБог", "created_at": "2026-01-02T03:04:05+00:00"}', NONE)
    assert word == OwnWord("снежнобог", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    twice = [found, replace(found, renderings=[rendering("Раз.")])]
    assert [(r.stored.number, r.new, r.renderings) for r in archive.restore(0, twice)] == [
        (1, True, 0),
        (1, False, 1),
    ]


def test_a_line_may_say_what_it_likes_of_a_scene_but_its_words_count(archive: Archive) -> None:
    atoms = [{"text": "по", "lemma": "врать", "phase": "nonsense"}, {"text": "ни"}]
    line = json.dumps({"source": "ПоНи", "atoms": atoms, "mnemonic": "пони", "kind": "?"})
    found = exchange.read(line, NONE)
    assert isinstance(found, Entry)
    assert (found.scene.source, found.scene.mnemonic) == ("ПоНи", "по·ни")
    assert parse(found.scene.mnemonic).atoms == found.scene.atoms


GOOD = json.loads(json.dumps({"source": "снег", "renderings": [{
    "form": "poem", "persona": "", "lang": "ru", "text": "Т.", "model": "m", "seed": 1, "resonance": None,
    "coverage": 0.5, "candidates": 8, "seconds": 1.5, "created_at": "2026-01-01T00:00:00+00:00",
}]}))  # fmt: skip


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("снегволк", "archive-line-not-json"),
        ("[" * 100_000, "archive-line-not-json"),
        ("[]", "archive-line-neither"),
        ("{}", "archive-line-neither"),
        ('{"source": 7}', "archive-line-wrong"),
        ('{"source": "\\ud800"}', "archive-line-wrong"),
        ('{"source": "12345"}', "scene-digits"),
        ('{"source": "снег", "created_at": "вчера"}', "archive-line-wrong"),
        ('{"source": "снег", "created_at": 5}', "archive-line-wrong"),
        ('{"source": "снег", "code": 5}', "archive-line-wrong"),
        ('{"source": "снег", "atoms": "снег"}', "archive-line-wrong"),
        ('{"source": "снег", "atoms": [{"text": "сн ег"}]}', "archive-line-wrong"),
        ('{"source": "снег", "atoms": [{"text": "сн·ег"}]}', "archive-line-wrong"),
        ('{"source": "снег", "atoms": [{"text": ""}, {"text": "снег"}]}', "archive-line-wrong"),
        ('{"word": "два слова"}', "own-word-letters"),
        ('{"word": null}', "archive-line-wrong"),
        *(
            (json.dumps(GOOD | {"renderings": [GOOD["renderings"][0] | wrong]}), "archive-line-wrong")
            for wrong in (
                {"form": "opera"}, {"lang": "de"}, {"text": None}, {"seed": "7"}, {"seed": 1e400},
                {"seconds": float("nan")}, {"coverage": True}, {"chosen_by": "fate"}, {"reason": [1]},
            )
        ),
    ],
)  # fmt: skip
def test_a_broken_line_is_told_and_keeps_nothing(line: str, key: str) -> None:
    with pytest.raises(HyperBridgeError) as caught:
        exchange.read(line, NONE)
    assert caught.value.key == key


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.just("снег"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["source", "word", "atoms", "text", "renderings", "created_at", *GOOD["renderings"][0]]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_is_a_line_or_an_error(data: object) -> None:
    try:
        found = exchange.read(json.dumps(data), NONE)
    except HyperBridgeError:
        return
    if isinstance(found, Entry):
        assert parse(found.scene.mnemonic).atoms == found.scene.atoms
