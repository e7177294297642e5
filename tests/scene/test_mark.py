"""The mark: written under a text, read back from anywhere in it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene import mark
from scene.errors import SceneError
from scene.parse import parse

_LINES = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="🜂"), max_size=80)


@given(
    text=_LINES,
    source=st.sampled_from(["жартишинавход", "⚡🌫🫁", "ashflash", "по ни", "пепел⚡жизнь"]),
    number=st.none() | st.integers(1, 10**12),
)
def test_a_sealed_text_gives_back_mnemonic_number_and_text(
    text: str, source: str, number: int | None
) -> None:
    scene = parse(source)
    sealed = mark.seal(text, scene.mnemonic, number)
    assert mark.read(sealed) == mark.Mark(scene.mnemonic, number)
    assert mark.strip(sealed) == text.strip()
    assert parse(mark.read(sealed).mnemonic).atoms == scene.atoms  # type: ignore[union-attr,arg-type]


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
