"""The mark: written under a text, read back from anywhere in it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scene import mark
from scene.errors import SceneError
from scene.mark import Mark, Strength
from scene.parse import parse

_HEADS = "\u2061\u2062\u2063\u2064"  # a rendering has none, and loses any
_LINES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="🜂" + _HEADS), max_size=80
)


@settings(deadline=None)
@given(
    text=_LINES,
    source=st.sampled_from(["жартишинавход", "⚡🌫🫁", "ashflash", "по ни", "пепел⚡жизнь"]),
    number=st.none() | st.integers(1, 10**12),
    strength=st.sampled_from([Strength.VISIBLE, Strength.WOVEN]),
)
def test_a_sealed_text_gives_back_mnemonic_number_and_text(
    text: str, source: str, number: int | None, strength: Strength
) -> None:
    scene = parse(source)
    sealed = mark.seal(text, scene.mnemonic, number, strength)
    assert mark.read(sealed) == mark.Mark(scene.mnemonic, number)
    assert mark.strip(sealed) == text.strip()
    assert parse(mark.read(sealed).mnemonic).atoms == scene.atoms  # type: ignore[union-attr,arg-type]


@given(text=_LINES, number=st.integers(1, 10**12))
def test_a_short_mark_is_the_code_alone(text: str, number: int) -> None:
    sealed = mark.seal(text, "снегволк", number, Strength.SHORT)
    assert sealed == f"{text}\n\nΔ SCN-{number}"
    assert mark.read(sealed) == Mark(None, number)
    assert mark.strip(sealed) == text.strip()
    assert mark.read(mark.seal(text, "снегволк", None, Strength.SHORT)) == Mark("снегволк", None)


@pytest.mark.parametrize("strength", Strength)
def test_two_texts_in_one_carry_two_marks(strength: Strength) -> None:
    both = f"{mark.seal('a', 'снегволк', 1, strength)}\n\n{mark.seal('b', 'жартишинавход', 2, strength)}"
    names = (None, None) if strength is Strength.SHORT else ("снегволк", "жартишинавход")
    assert mark.read_all(both) == [Mark(names[0], 1), Mark(names[1], 2)]
    assert mark.read(both) == Mark(names[1], 2)
    assert mark.strip(both).split() == ["a", "b"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("🜂 снегволк", [Mark("снегволк", None)]),
        ("(🜂снегволк).", [Mark("снегволк", None)]),
        ("«🜂 снегволк», 🜂 по·ни · Δ scn-9!", [Mark("снегволк", None), Mark("по·ни", 9)]),
        ("∆ SCN-4 и scn-7", [Mark(None, 4), Mark(None, 7)]),
        ("🜂 снежнобог· · Δ SCN-4", [Mark("снежнобог·", 4)]),
        ("🜂 ↔️#️⃣ SCN-4", [Mark("↔️#️⃣", 4)]),
        ("🜂 + жар → вход", []),
        ("🜂 жар → вход\n\n🜂 жарвход · Δ SCN-1", [Mark("жарвход", 1)]),
        ("🜂 жар → вход\n\nΔ SCN-3", [Mark(None, 3)]),
    ],
)
def test_what_a_person_types_is_read(typed: str, meant: list[Mark]) -> None:
    assert mark.read_all(typed) == meant


@pytest.mark.parametrize(
    ("text", "nothing_else"),
    [
        ("Δ SCN-42", True),
        ("scn-42.", True),
        ("«🜂 снегволк»", True),
        ("о scn-42", False),
        ("…\n\n🜂 снегволк · Δ SCN-1", False),
        ("⚡🌫\n\nΔ SCN-1", False),
        ("снегволк", False),
    ],
)
def test_a_reference_is_a_mark_and_nothing_else(text: str, nothing_else: bool) -> None:
    assert mark.is_reference(text) == nothing_else


def test_strengths_have_names_in_both_languages() -> None:
    assert [mark.named(name) for name in ("visible", "Короткая", " вплетённая ")] == list(Strength)
    with pytest.raises(SceneError, match="mark-unknown"):
        mark.named("громкая")


def test_the_mark_is_read_inside_other_words() -> None:
    quoted = "смотри:\n> Двигайся внутрь.\n>\n> 🜂 жартишинавход · Δ SCN-42\nкак тебе?"
    assert mark.read(quoted) == mark.Mark("жартишинавход", 42)


def test_of_two_marks_the_last_counts() -> None:
    both = mark.seal("a", "снегволк", 1) + "\n" + mark.seal("b", "жартишинавход", 2)
    assert mark.read(both) == mark.Mark("жартишинавход", 2)


@pytest.mark.parametrize("text", ["SCN-42", "scn-42", "Δ SCN-42", "о scn-0042!"])
def test_a_code_alone_is_a_reference(text: str) -> None:
    assert mark.read(text) == mark.Mark(None, 42)


@pytest.mark.parametrize("text", ["", "снегволк", "SCN-0", "XSCN-4", "SCN-4a", "SCN-", "🜂", "Δ"])
def test_what_is_no_mark(text: str) -> None:
    assert mark.read(text) is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = mark.read(text)
    if found and found.mnemonic:
        with contextlib.suppress(SceneError):
            parse(found.mnemonic)
    mark.strip(text)
