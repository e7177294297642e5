"""Kept texts found again by what is left of them, in a real archive."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import rendering, scene
from sqlite_utils import Database

from storage import texts
from storage.archive import Archive
from storage.near import near
from storage.schema import migrations
from storage.spelling import skeleton
from tests.bench.edits import EDITS

POEM = "Ложится снег на спящие поля,\nпроходит волк, и тихо спит земля.\nСинеет след, как брошенная нить."
STORY = "Море отступило, и на камнях осталась память о воде. Он лизнул ладонь: соль."
ENGLISH = "All night the snow fell, and the wolf walked with it. Dawn found the trace."
SNOW, SEA, WOLF = scene("снег", "волк", "след"), scene("море", "память", "соль"), scene("снег", "волк")
SIGNS = scene("гроза", "вдох")
KEPT = {POEM: SNOW, STORY: SEA, ENGLISH: WOLF, "… соль": SEA, "⚡🌫🫁": SIGNS, "снег × волк → след": SNOW}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("near") / "archive.db") as archive:
        for text, each in KEPT.items():
            archive.keep_rendering(0, each, rendering(text))
        archive.keep_rendering(5, scene("чужой"), rendering("Чужой текст про колодец и луну, ничей больше."))
        yield archive


def found(archive: Archive, text: str, owner: int = 0) -> str | None:
    """Mnemonic of the scene that is claimed."""
    hits = near(archive, owner, text)
    if not hits or hits[0].probability < 0.5:
        return None
    return archive.by_ids(owner, [hits[0].scene_id])[0].scene.mnemonic


def test_the_very_text_but_for_case_signs_and_yo(archive: Archive) -> None:
    with archive.reading() as db:
        [scene_id] = texts.same(db, 0, POEM.upper().replace("\n", " — ").replace("Е", "Ё"))
        assert archive.by_ids(0, [scene_id])[0].scene == SNOW
        assert texts.same(db, 0, POEM + " и") == []
        assert texts.same(db, 5, POEM) == []
        assert texts.same(db, 0, "—") == []


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("text", [POEM, STORY, ENGLISH])
def test_an_edited_text_is_found(archive: Archive, text: str, name: str) -> None:
    for seed in range(5):
        edited = EDITS[name](text, random.Random(seed))
        if edited is not None:
            assert found(archive, edited) == KEPT[text].mnemonic, edited


@pytest.mark.parametrize(
    ("asked", "mnemonic"),
    [
        ("вчера он мне прислал «… соль», и больше ничего не сказал", SEA.mnemonic),
        ("а потом пришло ⚡🌫️🫁 и я не знаю, что это", SIGNS.mnemonic),
        ("sneg × volk → sled", SNOW.mnemonic),
        ("Совсем другой текст: о поездах, расписаниях и чае в подстаканнике.", None),
        ("печаль", None),
        ("", None),
        ("—", None),
    ],
)
def test_short_texts_and_strange_ones(archive: Archive, asked: str, mnemonic: str | None) -> None:
    assert found(archive, asked) == mnemonic


def test_a_text_is_found_in_the_middle_of_the_longest_message(archive: Archive) -> None:
    noise = " ".join(f"слово{number} дерево дом" for number in range(900))
    assert found(archive, noise) is None
    assert found(archive, f"{noise[:9000]} {STORY} {noise[9000:]}") == SEA.mnemonic
    assert found(archive, "а" * 35_000) is None
    assert found(archive, "😀" * 8_000) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_text_is_safe_to_look_for(archive: Archive, text: str) -> None:
    near(archive, 0, text.encode(errors="replace").decode())


def test_one_owner_never_finds_the_texts_of_another(archive: Archive) -> None:
    assert found(archive, "Чужой текст про колодец и луну") is None
    assert found(archive, "Чужой текст про колодец и луну", owner=5) == "чужой"
    assert near(archive, 7, POEM) == []


def test_what_others_keep_hides_nothing(tmp_path: Path) -> None:
    strange = " ".join(f"{a}{b}{a}жд{b}ущ" for a in "бвгклмн" for b in "аеиоуыюя")
    asked = skeleton(f"{strange} {STORY}")
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.keep_rendering(0, SEA, rendering(STORY))
        archive.keep_rendering(5, SNOW, rendering(f"{strange} {STORY}"))
        with archive.reading() as db:
            # Nothing of the index is rarer than the other's words, and they lead nowhere.
            assert [text for _, text in texts.like(db, 0, asked, 40)] == [STORY]


def test_what_is_forgotten_is_in_no_index(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.keep_rendering(0, SNOW, rendering(POEM))
        assert found(archive, POEM) == SNOW.mnemonic
        archive.forget(0, 1)
        assert near(archive, 0, POEM) == []
        with archive.reading() as db:
            assert db.execute("SELECT count(*) FROM rendering_keys").fetchall() == [(0,)]
            assert db.execute("SELECT count(*) FROM rendering_trigram_counts").fetchall() == [(0,)]
    assert b"brosen" not in (tmp_path / "archive.db").read_bytes()


def test_texts_of_an_older_archive_are_indexed(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with Archive.open(path) as archive:
        archive.keep_rendering(0, SNOW, rendering(POEM))
    old = Database(path, execute_plugins=False)
    # As it was before texts were indexed.
    old.executescript(
        """
        DROP TRIGGER renderings_forget_trigrams; DROP TABLE rendering_trigram_counts;
        DROP TABLE rendering_trigrams; DROP TABLE rendering_keys;
        """
    )
    old.execute("DELETE FROM _sqlite_migrations WHERE name = 'create_text_indexes'")
    old.conn.commit()
    assert {each.name for each in migrations.pending(old)} == {"create_text_indexes"}
    old.close()
    with Archive.open(path) as archive:
        assert found(archive, POEM[:60]) == SNOW.mnemonic
        with archive.reading() as db:
            assert len(texts.same(db, 0, POEM)) == 1
