"""Long texts in pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.split import LIMIT, split


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(max_size=2000), st.integers(8, 200))
def test_pieces_fit_and_lose_nothing_but_white_space(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < _units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_breaks_are_sensible() -> None:
    paragraph = "Раз два три. " * 20
    text = "\n\n".join([paragraph.strip()] * 30)
    pieces = split(text)
    assert len(pieces) == 2
    assert all(_units(piece) <= LIMIT for piece in pieces)
    assert all(piece.endswith(".") for piece in pieces)
    assert split("слово " * 30, 50)[0].endswith("слово")


def test_a_short_text_is_one_piece_and_a_blank_one_none() -> None:
    assert split(" снег ") == ["снег"]
    assert split(" \n ") == []
