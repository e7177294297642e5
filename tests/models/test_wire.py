"""Texts that come in pieces: however they are cut, what is shown of them is the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.remote.wire import Draft

TEXT = st.text(alphabet="ab \n⚡", max_size=30)
STOPS = st.lists(st.text(alphabet="ab\n", min_size=1, max_size=4), max_size=4).map(tuple)


@given(pieces=st.lists(TEXT, max_size=8), stop=STOPS)
def test_what_is_shown_is_the_text_and_is_never_taken_back(pieces: list[str], stop: tuple[str, ...]) -> None:
    draft = Draft(seed=1, stop=stop)
    shown = ""
    for piece in pieces:
        draft.take({"text": piece})
        shown += draft.news()
    shown += draft.news(last=True)
    whole = "".join(pieces)
    cut = min((at for at in map(whole.find, stop) if at >= 0), default=len(whole))
    assert shown == draft.candidate().text == whole[:cut].strip()
    assert draft.complete is (cut < len(whole))


@given(text=TEXT, later=TEXT)
def test_nothing_is_added_after_the_end(text: str, later: str) -> None:
    draft = Draft(seed=1, stop=())
    draft.take({"text": text, "finish_reason": "length"})
    draft.take({"text": later})
    assert draft.candidate().text == text.strip()
    assert draft.done
    assert not draft.complete


def test_a_half_character_is_left_out() -> None:
    draft = Draft(seed=1, stop=())
    draft.take({"delta": {"content": "⚡\ud83c"}})
    assert draft.candidate().text == "⚡"
