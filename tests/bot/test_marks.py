"""The woven mark survives what happens to a text between the bot and whoever sends it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.text import clean, is_blank
from bot.settings import Settings
from bot.split import LIMIT, split
from scene import mark, woven
from scene.errors import SceneError
from scene.mark import Mark, Strength
from storage.archive import Archive

SAYS = Mark("жартишинавход", 42)
LINE = "Двигайся внутрь, пока тишина не станет теплом. "


@settings(deadline=None)
@given(
    text=st.text(max_size=600),
    name=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60),
    number=st.none() | st.integers(1, 10**12),
)
def test_any_scene_in_any_text_survives_telegrams_cleaning(text: str, name: str, number: int | None) -> None:
    sealed = mark.seal(text, name, number, Strength.WOVEN)
    arrived, _ = clean(sealed)
    assert not is_blank(arrived)
    assert {copy.says for copy in woven.read(arrived)} == {(name, number)}
    assert {copy.says for copy in woven.read(clean(arrived)[0])} == {(name, number)}


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.sampled_from([LINE, "слово ", "\n", "\n\n", "👩‍👩‍👧", "⚡🌫 ", "x" * 700, "й́" * 300]),
        min_size=20,
        max_size=400,
    ).map("".join)
)
def test_every_message_of_a_long_text_has_its_mark(text: str) -> None:
    pieces = split(mark.seal(text, "жартишинавход", 42, Strength.WOVEN))
    assert all(len(piece.encode("utf-16-le")) // 2 <= LIMIT for piece in pieces)
    assert [mark.read_all(clean(piece)[0]) for piece in pieces] == [[SAYS]] * len(pieces)
    assert "".join("".join(map(mark.strip, pieces)).split()) == "".join(text.split())


def test_a_chat_keeps_its_strength_and_its_persona(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        assert archive.preferences.strength(7) is None
        archive.preferences.set_strength(7, Strength.WOVEN)
        archive.preferences.set_persona(7, "poet")
        archive.preferences.set_persona(8, "poet")
    with Archive.open(tmp_path / "archive.db") as archive:
        assert (archive.preferences.strength(7), archive.preferences.persona(7)) == (Strength.WOVEN, "poet")
        assert (archive.preferences.strength(8), archive.preferences.strength(9)) == (None, None)


@pytest.mark.parametrize(
    ("value", "strength"), [("", Strength.VISIBLE), ("short", Strength.SHORT), ("woven", Strength.WOVEN)]
)
def test_the_setting(value: str, strength: Strength, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERBRIDGE_MARK", value)
    assert Settings(_env_file=None).mark is strength  # type: ignore[call-arg]


def test_a_strength_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SceneError):
        mark.named("loud")
    monkeypatch.setenv("HYPERBRIDGE_MARK", "loud")
    with pytest.raises(ValueError, match="woven"):
        Settings(_env_file=None)  # type: ignore[call-arg]
