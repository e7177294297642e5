"""Segmentation: scenes written before anything was tuned, hints, own words, and what must never happen."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from scene.evidence import OWN_SCORE
from scene.segment import readings, segment

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("fused.tsv").read_text(encoding="utf-8").splitlines()
]
PLAIN = [row for row in ROWS if row[1] == "plain"]


def is_right(row: list[str]) -> bool:
    source, _, *answers = row
    return "|".join(segment(source)).lower() in {answer.lower() for answer in answers}


def test_plain_scenes_are_all_right() -> None:
    assert len(PLAIN) >= 150
    assert [row[0] for row in PLAIN if not is_right(row)] == []


def test_nearly_all_scenes_are_right() -> None:
    assert sum(map(is_right, ROWS)) / len(ROWS) >= 0.97


def test_words_of_a_scene_stay_whole_alone() -> None:
    """Otherwise mnemonics of one atom, and of what is left of a scene, would need their dots."""
    words = sorted({word.lower() for row in ROWS for word in segment(row[0])})
    whole = sum(segment(word) == [word] for word in words)
    assert whole / len(words) >= 0.98


def test_fused_again_a_scene_is_read_as_before() -> None:
    same = 0
    for source, *_ in ROWS:
        words = [word.lower() for word in segment(source)]
        same += segment("".join(words)) == words
    assert same / len(ROWS) >= 0.95


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("ПепелВспышка", "Пепел Вспышка"),  # capitals
        ("АрмияРФ", "Армия РФ"),  # an abbreviation after a word
        ("МЧСРоссии", "МЧС России"),  # and before one
        ("BBCnews", "BBC news"),
        ("ночь_огонь", "ночь огонь"),  # separators
        ("кот-wolf", "кот wolf"),
        ("пепелash", "пепел ash"),  # scripts
        ("7волков", "7 волков"),  # digits
        ("шаг" + "7" * 40 + "лет", f"шаг {'7' * 40} лет"),
        ("огоньогоньогонь", "огонь огонь огонь"),  # repeated atoms
        ("ледмед", "лед мед"),  # е for ё …
        ("лёдмёд", "лёд мёд"),  # … and ё itself
        ("don’tpanic", "don’t panic"),  # an apostrophe belongs to its word
        ("весть", "весть"),
        ("пони", "пони"),
        ("", ""),
        ("·—!", ""),
    ],
)
def test_hints(source: str, words: str) -> None:
    assert segment(source) == words.split()


def test_decomposed_letters_are_letters() -> None:
    assert segment("мои\u0306лёд") == ["мои\u0306", "лёд"]


def test_own_words_are_preferred() -> None:
    assert segment("снежнобог") == ["снежно", "бог"]
    own = frozenset({"СнежноБог", "морегул"})
    assert segment("снежнобог", own=own) == ["снежнобог"]
    assert segment("шагснежнобогморегул", own=own) == ["шаг", "снежнобог", "морегул"]
    assert segment("тишинашаг", own=own) == ["тишина", "шаг"]
    assert segment("лёд", own=frozenset({"", "·"})) == ["лёд"]
    assert readings("морегул", own=own)[0].decided[0] == ("own", OWN_SCORE)


def test_another_language_by_setting() -> None:
    # Of those without a file of their own, one that is built in a second.
    assert segment("vandildjord", languages=("da",)) == ["vand", "ild", "jord"]


def test_a_script_that_no_language_has_stays_whole() -> None:
    assert segment("שלוםעולם") == ["שלוםעולם"]


def test_readings_explain_themselves() -> None:
    best, second, *_ = found = readings("рукавода", k=4)
    assert list(best.words) == segment("рукавода")
    assert [reading.score for reading in found] == sorted((r.score for r in found), reverse=True)
    assert len({reading.words for reading in found}) == len(found) <= 4
    assert all(share for _, share in best.decided)
    assert dict(best.decided) == pytest.approx({name: -share for name, share in second.decided}, abs=0.01)


def test_shares_add_up_to_the_margin() -> None:
    best, second, *_ = readings("весть", k=2)
    assert best.score > second.score
    assert sum(share for _, share in best.decided) == pytest.approx(best.score - second.score, abs=0.001)


def test_readings_of_several_runs_are_ranked_together() -> None:
    found = readings("рукавода-seasalt", k=5)
    assert list(found[0].words) == segment("рукавода-seasalt")
    assert all("".join(reading.words) == "рукаводаseasalt" for reading in found)


LETTERS_AND_DIGITS = regex.compile(r"[\p{L}\p{N}]")
FUSED = st.text(st.sampled_from("абвгдеёжзиклмнопрстуяАЁЯabcdeghilnorstuABZ0127"), max_size=60)


@given(st.text(max_size=80) | FUSED)
@settings(max_examples=300, deadline=None)
def test_joined_words_give_back_letters_and_digits(text: str) -> None:
    for words in (segment(text), *(reading.words for reading in readings(text, k=3))):
        assert LETTERS_AND_DIGITS.findall("".join(words)) == LETTERS_AND_DIGITS.findall(text)
        assert all(words)


@given(FUSED)
@settings(max_examples=200, deadline=None)
def test_the_first_reading_is_the_segmentation(text: str) -> None:
    first = readings(text, k=2)[0]
    assert list(first.words) == segment(text)


@given(
    st.text(st.sampled_from("наоaoАB1ё\u0301’·İ"), min_size=1, max_size=12),
    st.frozensets(st.text(max_size=4)),
)
@settings(max_examples=60, deadline=None)
def test_no_input_takes_long(unit: str, own: frozenset[str]) -> None:
    text = (unit * 4096)[:4096]
    begin = time.perf_counter()
    segment(text, own=own)
    assert time.perf_counter() - begin < 2  # 0.05 on a quiet machine; a loop would take minutes
