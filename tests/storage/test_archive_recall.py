"""Finding scenes by code, by words and by resonance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import rendering, scene, vector

from models.embedder import BUNDLED
from scene import signature
from scene.atoms import Lang
from scene.calibration import Pair, probability
from storage.archive import Archive
from storage.recall import Query, recall
from storage.words import folded, words

ASH = scene("пепел", "вспышка", "жизнь", "тишина")
SNOW = scene("снег", "ёлка", "мой", lemmas={"снег": "снега"})
STORM = scene("⚡", "🌫", "🫁", lang=Lang.EMOJI)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("recall") / "archive.db") as archive:
        archive.keep_rendering(0, ASH, rendering("Костёр догорел над рекой."), vector(1, 0, 0), "test")
        archive.keep(0, SNOW, vector(0, 1, 0), "test")
        archive.keep(0, STORM, vector(1, 1, 0), "test")
        archive.keep_rendering(
            5, scene("чужой", "пепел"), rendering("Костёр чужой."), vector(1, 0, 0), "test"
        )
        yield archive


def found(archive: Archive, query: Query, k: int = 5) -> list[tuple[str, str]]:
    return [(hit.stored.code, hit.how) for hit in recall(archive, 0, query, k)]


def test_a_code_comes_first(archive: Archive) -> None:
    hits = recall(archive, 0, Query("пепел", number=2))
    assert [(hit.stored.code, hit.how) for hit in hits] == [("SCN-2", "code"), ("SCN-1", "words")]
    assert hits[0].score == 1
    assert 0 < hits[1].score < 1
    assert found(archive, Query("", number=99)) == []


@pytest.mark.parametrize("query", [Query("  пепелвспышкажизньтишина "), Query("пепел вспышка…", scene=ASH)])
def test_the_very_scene_scores_one(archive: Archive, query: Query) -> None:
    best = recall(archive, 0, query)[0]
    assert (best.stored.scene, best.score, best.how) == (ASH, 1.0, "words")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ПЕПЕЛ", "SCN-1"),
        ("тихая жизнь", "SCN-1"),
        ("елка", "SCN-2"),
        ("е\u0308лка", "SCN-2"),
        ("снега", "SCN-2"),  # a lemma
        ("⚡️", "SCN-3"),
        ("что за ⚡🫁?", "SCN-3"),
        ("костер", "SCN-1"),  # in its text
    ],
)
def test_words_are_found_however_they_are_written(archive: Archive, text: str, code: str) -> None:
    assert found(archive, Query(text)) == [(code, "words")]


def test_letters_that_only_look_alike_are_not_folded(archive: Archive) -> None:
    assert found(archive, Query("мои")) == []
    assert folded("Ёж Мой CAFÉ №1") == "еж мой cafe no1"
    assert words(folded("❤️ ❤ 👍🏽")) == ["u2764", "u1f44d"]


def test_more_of_the_query_found_is_a_better_score(archive: Archive) -> None:
    whole, half, none = (
        recall(archive, 0, Query(text)) for text in ("пепел жизнь", "пепел небо", "облако небо")
    )
    assert whole[0].score > half[0].score > 0.4
    assert none == []


def test_own_words_weigh_more_than_a_text(archive: Archive) -> None:
    assert recall(archive, 0, Query("пепел"))[0].score > recall(archive, 0, Query("костёр"))[0].score


def test_a_lemma_is_the_same_term_as_its_word(archive: Archive) -> None:
    as_scene = scene("пеплом", lemmas={"пеплом": "пепел"})
    hit = recall(archive, 0, Query("пеплом", scene=as_scene))[0]
    assert (hit.stored.code, hit.how) == ("SCN-1", "words")
    assert hit.score > 0.8


def test_resonance_is_the_exact_cosine(archive: Archive) -> None:
    hits = recall(archive, 0, Query("", signature=vector(1, 0, 0), embedder="test"))
    assert [(hit.stored.code, hit.how) for hit in hits] == [("SCN-1", "resonance"), ("SCN-3", "resonance")]
    assert [hit.score for hit in hits] == pytest.approx([1, 0.5**0.5])
    assert found(archive, Query("", signature=vector(1, 0, 0), embedder="other")) == []
    assert found(archive, Query("", signature=vector(1, 0), embedder="test")) == []
    assert found(archive, Query("", signature=vector(-1, 0, 0), embedder="test")) == []


def test_resonance_of_a_calibrated_embedder_is_a_probability_and_strangers_are_far(tmp_path: Path) -> None:
    name = f"{BUNDLED}/{signature.VERSION}"
    with Archive.open(tmp_path / "archive.db") as archive:
        for step, cosine in enumerate((1.0, 0.6, 0.0)):
            archive.keep(0, scene("шаг", str(step)), vector(cosine, (1 - cosine**2) ** 0.5), name)
        by_text, by_scene = (
            recall(archive, 0, Query("", scene=asked, signature=vector(1, 0), embedder=name))
            for asked in (None, SNOW)
        )
    assert [hit.stored.number for hit in by_text] == [hit.stored.number for hit in by_scene] == [1, 2]
    for hits, pair in ((by_text, Pair.TEXT), (by_scene, Pair.SCENES)):
        assert [hit.score for hit in hits] == pytest.approx(
            [probability(each, pair, name, 3) for each in (1, 0.6)]
        )


def test_a_scene_comes_once_with_its_best_score(archive: Archive) -> None:
    hits = recall(archive, 0, Query("елка пепел", signature=vector(0.9, 0.1, 0), embedder="test"), k=2)
    assert [(hit.stored.code, hit.how) for hit in hits] == [("SCN-1", "resonance"), ("SCN-3", "resonance")]
    every = recall(archive, 0, Query("елка пепел", signature=vector(0.9, 0.1, 0), embedder="test"), k=9)
    assert [hit.stored.code for hit in every] == ["SCN-1", "SCN-3", "SCN-2"]
    assert [hit.score for hit in every] == sorted((hit.score for hit in every), reverse=True)


def test_owners_never_meet_in_recall(archive: Archive) -> None:
    query = Query("чужой костёр", number=1, signature=vector(1, 0, 0), embedder="test")
    assert {hit.stored.owner for hit in recall(archive, 0, query, k=50)} == {0}
    assert {hit.stored.owner for hit in recall(archive, 5, query, k=50)} == {5}
    assert recall(archive, 6, query) == []


def test_resonance_among_many_agrees_with_a_full_sort(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((60, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with Archive.open(tmp_path / "archive.db") as archive:
        for step, row in enumerate(vectors):
            archive.keep(0, scene("шаг", str(step)), row, "test")
        hits = recall(archive, 0, Query("", signature=vectors[7], embedder="test"), k=4)
    expected = np.argsort(-(vectors @ vectors[7]))[:4] + 1
    assert [hit.stored.number for hit in hits] == expected.tolist()


awkward = st.sampled_from("\" ' * ( ) AND OR NOT NEAR( words: ^ + - { \0 ⚡ \ud800 ё".split(" "))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.lists(awkward).map(" ".join), st.lists(awkward).map("".join)))
def test_no_text_is_a_syntax_error(archive: Archive, text: str) -> None:
    for hit in recall(archive, 0, Query(text)):
        assert 0 < hit.score <= 1


def test_a_very_long_query_is_answered(archive: Archive) -> None:
    text = " ".join(f"слово{n}" for n in range(5000)) + " пепел"
    assert recall(archive, 0, Query(text)) == []  # «пепел» lies beyond the terms that are looked for
    assert found(archive, Query("пепел " * 5000)) == [("SCN-1", "words")]
