"""A person's own words: what may be one, and how scenes read with them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scene import own
from scene.errors import SceneError
from scene.parse import parse

# Invented before the forms were looked at; the last three can be no noun in its dictionary form.
INVENTED = """
снежнобог морегул лунари ветрояр пепелица тенезвон громовник дымолист звездун морокша мглоход тихомор
кривосвет огнянка пламир ледень тенеход зорница шумель небыльё странь болотяник искряница клубарь кузявр
бокрёнок светояра жаровея глокая
""".split()


def texts(source: str, *taught: str) -> list[str]:
    return [atom.text for atom in parse(source, own=frozenset(taught)).atoms]


def test_an_own_word_is_preferred() -> None:
    assert texts("шагснежнобог") == ["шаг", "снежно", "бог"]
    assert texts("шагснежнобог", "снежнобог") == ["шаг", "снежнобог"]
    assert texts("снежнобог", "снежнобог", "снежно", "бог") == ["снежнобог"]
    assert texts("шаг снежнобог", "снежнобог", "снежно", "бог") == ["шаг", "снежнобог"]
    assert texts("СнежноБогШаг", "снежнобог") == ["снежнобог", "шаг"]
    assert texts("темнёныйшаг", "темненый") == ["темнёный", "шаг"]
    assert texts("firesnowgodash", "snowgod") == ["fire", "snowgod", "ash"]


def test_its_lemma_is_itself_unless_the_dictionary_knows_it() -> None:
    (step, god) = parse("шагснежнобогами", own=frozenset({"снежнобог"})).atoms
    assert (step.lemma, god.text, god.lemma) == ("шаг", "снежнобогами", "снежнобог")
    assert parse("лунари", own=frozenset({"лунари"})).atoms[0].lemma == "лунари"
    assert parse("волками", own=frozenset({"волками"})).atoms[0].lemma == "волк"


@pytest.mark.parametrize("word", INVENTED)
def test_an_own_word_is_met_in_all_its_forms(word: str) -> None:
    forms = own.forms(frozenset({word}))
    assert len(forms) >= (3 if word in INVENTED[:-3] and word != "лунари" else 1)
    for form in forms:
        atoms = parse(f"шаг{form}вода", own=frozenset(INVENTED)).atoms
        assert [own.folded(atom.text) for atom in atoms] == ["шаг", form, "вода"]
        assert atoms[1].lemma == word


def test_a_form_that_is_another_word_stays_that_word() -> None:
    assert "луна" not in own.forms(frozenset({"лун"}))
    assert parse("лунаволк", own=frozenset({"лунь", "лунар"})).atoms[0].lemma == "луна"
    assert own.forms(frozenset({"moonbox", "dusky"})).keys() == {"moonbox", "moonboxes", "dusky"}


WORDS = st.text(st.sampled_from("снежогбвлкё"), min_size=2, max_size=9)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(WORDS | st.sampled_from(["шаг", "ночь", "⚡", " "]), min_size=1, max_size=5),
    st.frozensets(WORDS, max_size=5),
    st.frozensets(WORDS, max_size=5),
)
def test_a_mark_means_the_same_in_every_chat(
    chain: list[str], here: frozenset[str], there: frozenset[str]
) -> None:
    source = "".join([*chain, *here])
    try:
        scene = parse(source, own=here)
    except SceneError:
        return
    again = parse(scene.mnemonic)
    assert [atom.text for atom in again.atoms] == [atom.text for atom in scene.atoms]
    assert again.mnemonic == scene.mnemonic
    # What was taught elsewhere changes no mnemonic that keeps its borders.
    if "·" in scene.mnemonic:
        assert [a.text for a in parse(scene.mnemonic, own=there).atoms] == [a.text for a in scene.atoms]


@pytest.mark.parametrize(
    ("text", "word"),
    [("СнежноБог", "снежнобог"), (" ёж ", "ёж"), ("мои\u0306", "мой"), ("don’t", "don’t"), ("ab", "ab")],
)
def test_what_may_be_taught(text: str, word: str) -> None:
    assert own.word(text) == word


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("снежный бог", "own-word-letters"),
        ("снег7", "own-word-letters"),
        ("⚡", "own-word-letters"),
        ("снежно-бог", "own-word-letters"),
        ("снегwolf", "own-word-letters"),
        ("日本", "own-word-letters"),
        ("'''", "own-word-letters"),
        ("\ud800", "own-word-letters"),
        ("", "own-word-letters"),
        ("я", "own-word-length"),
        ("а" * 25, "own-word-length"),
    ],
)
def test_what_may_not(text: str, key: str) -> None:
    with pytest.raises(SceneError) as caught:
        own.word(text)
    assert caught.value.key == key


@given(st.text(max_size=30))
def test_any_text_is_an_own_word_or_an_error(text: str) -> None:
    try:
        word = own.word(text)
    except SceneError:
        return
    assert own.word(word) == word
    assert texts(word, word) == [word]
