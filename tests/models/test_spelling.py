"""Text out of tokens' bytes, piece by piece, is the text that the bytes make at once."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spelling import Spelling

TEXTS = st.text(st.sampled_from("ab \n#.е⚡🫁→\u200d"), max_size=24)
STOPS = st.lists(st.text(st.sampled_from("ab \n#→"), min_size=1, max_size=3), max_size=3).map(tuple)
CUTS = st.lists(st.integers(0, 60), max_size=12)


def _at_once(data: bytes, stop: tuple[str, ...]) -> str:
    text = data.decode("utf-8", "ignore")
    cut = min((at for at in map(text.find, stop) if at >= 0), default=len(text))
    return text[:cut].strip()


def _pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


@given(TEXTS, STOPS, CUTS)
def test_pieces_make_the_text_wherever_they_are_cut(
    text: str, stop: tuple[str, ...], cuts: list[int]
) -> None:
    data = text.encode()
    spelling = Spelling(stop)
    shown = ""
    for piece in _pieces(data, cuts):
        shown += spelling.add(piece)
        assert _at_once(data, stop).startswith(shown)
        if spelling.stopped:
            break
    shown += spelling.end()
    assert shown == spelling.text == _at_once(data, stop)


@given(st.binary(max_size=24), CUTS)
def test_bytes_that_are_no_text_are_dropped(data: bytes, cuts: list[int]) -> None:
    spelling = Spelling(())
    shown = "".join(map(spelling.add, _pieces(data, cuts))) + spelling.end()
    assert shown == spelling.text == _at_once(data, ())


@pytest.mark.parametrize("size", [1, 2, 3])
def test_half_a_character_is_never_shown(size: int) -> None:
    data = "тишина🫁".encode()
    spelling = Spelling(())
    for begin in range(0, len(data), size):
        assert "\ufffd" not in spelling.add(data[begin : begin + size])
    spelling.end()
    assert spelling.text == "тишина🫁"
