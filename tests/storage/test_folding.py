"""Foldings under which a text stays the same text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.alignment import align
from storage.near import passages
from storage.spelling import key, skeleton
from tests.bench.edits import EDITS, SYSTEMS, half, typos

LETTERS = st.text("абвгдежзийклмнопрстуфхцчшщъыьэюяё", min_size=1, max_size=12)
SENTENCES = st.lists(LETTERS, min_size=1, max_size=12)


@settings(deadline=None)  # the first call reads dictionaries
@given(SENTENCES, st.sampled_from(" ,.!\n-—…«"))
def test_a_key_forgets_case_signs_spaces_and_yo(words: list[str], sign: str) -> None:
    said = " ".join(words)
    assert key(said) == key(sign.join(words).upper()) == key(said.replace("ё", "е"))


@settings(deadline=None)  # the first call reads dictionaries
@given(SENTENCES, LETTERS)
def test_a_key_knows_every_letter_and_symbol(words: list[str], more: str) -> None:
    said = " ".join(words)
    assert len({key(said), key(f"{said} {more}"), key(f"{said} ⚡"), key(f"{said} 🌫")}) == 4


def test_nothing_has_no_key() -> None:
    assert key("… — !") is None
    assert key("❤️") == key("❤") != key("🖤")


@settings(deadline=None)  # the first call reads dictionaries
@given(st.text())
def test_any_text_has_a_skeleton_that_can_be_indexed(text: str) -> None:
    words = skeleton(text)
    " ".join(words).encode()
    assert all(word and not any(map(str.isspace, word)) and len(word) <= 32 for word in words)


WORDS = (
    "Щука плывёт в чужой объект; жёлтая вьюга, юный ёж, съезд, большой цирк, этот хлеб, район, подъём, "
    "счастье, июль, яблоня, линия, язык, шёпот, цель, мышь, майский хор, эхо"
)


@pytest.mark.parametrize("system", SYSTEMS)
def test_russian_in_latin_letters_is_the_same_text(system: str) -> None:
    table = SYSTEMS[system]
    latin = "".join(table.get(character, character) for character in WORDS.lower())
    assert latin.isascii() or system == "ISO 9"
    shared = align(skeleton(latin), skeleton(WORDS))
    assert min(shared.explained, shared.covered) > 0.9


@settings(deadline=None)  # the first call reads dictionaries
@given(SENTENCES, SENTENCES)
def test_an_alignment_is_the_same_from_both_sides(ours: list[str], theirs: list[str]) -> None:
    one, other = align(ours, theirs), align(theirs, ours)
    assert one.letters == pytest.approx(other.letters, abs=1e-3)
    assert (one.explained, one.covered) == pytest.approx((other.covered, other.explained), abs=1e-3)
    assert 0 <= one.explained <= 1


@settings(deadline=None)  # the first call reads dictionaries
@given(SENTENCES, st.data())
def test_what_was_left_out_costs_nothing_of_the_rest(words: list[str], data: st.DataObject) -> None:
    left = data.draw(st.lists(st.sampled_from(range(len(words))), min_size=1, unique=True).map(sorted))
    assert align([words[at] for at in left], words).explained == pytest.approx(1, abs=1e-3)
    assert align(words, words).covered == pytest.approx(1, abs=1e-3)


def test_alignment_keeps_order_and_forgives_typos() -> None:
    assert align(["sneg", "volk"], ["volk", "sneg"]).explained == 0.5
    assert align(["rasvet"], ["rassvet"]).explained > 0.8
    assert align([], ["sneg"]).letters == 0


def test_passages_stand_apart() -> None:
    assert passages("он сказал «жар внутри», и … свет, и ⚡🌫️🫁 ещё")[:3] == ["жар внутри", "… свет", "⚡🌫️🫁"]
    assert passages("первая строка песни\nвторая") == ["первая строка песни"]
    assert passages("Слушай: кто-то пришёл ночью. Да?") == ["кто-то пришёл ночью"]
    assert passages("«жар внутри»") == ["жар внутри"]
    assert passages("просто слова и один ⚡") == []


@settings(deadline=None)  # the first call reads dictionaries
@given(st.text(min_size=1), st.sampled_from(sorted(EDITS)), st.integers(0, 99))
def test_an_edit_changes_a_text_or_tells_that_it_can_not(text: str, name: str, seed: int) -> None:
    edited = EDITS[name](text, random.Random(seed))
    assert edited is None or (edited.strip() and edited != text)


@settings(deadline=None)  # the first call reads dictionaries
@given(st.lists(st.text("абвгде", min_size=3, max_size=9), min_size=2, max_size=20), st.integers(0, 99))
def test_edits_leave_as_much_as_they_say(words: list[str], seed: int) -> None:
    said = " ".join(words)
    kept = half(said, random.Random(seed))
    assert kept is not None
    assert len(kept.split()) == (len(words) + 1) // 2
    mistyped = typos(said, random.Random(seed))
    if mistyped is not None:
        assert abs(len(mistyped) - len(said)) <= max(1, round(len(said) / 20))
