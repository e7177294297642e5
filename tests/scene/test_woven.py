"""The woven mark: unseen in a text, read back exactly from whatever is left of it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import regex
from emoji import EMOJI_DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from scene import letters, mark, woven
from scene.mark import Mark, Strength
from scene.parse import parse

SAYS = ("жартишинавход", 42)
GOLDEN = 72475747760931050762913445274410
LINE = "Двигайся внутрь, пока тишина не станет теплом."
POEM = "\n".join([LINE, "Шаг — и снег молчит.", "Вход открыт.", "Жар."])
NAMES = st.one_of(
    st.sampled_from(["жартишинавход", "по·ни", "снежнобог·", "👩‍❤️‍👩пепел", "⚡🌫🫁", "ashпепел7️⃣", "rock’n"]),
    st.lists(st.sampled_from(sorted(EMOJI_DATA)), min_size=1, max_size=8).map("".join),
    st.text(min_size=1, max_size=60),
)
HIDDEN = st.characters(min_codepoint=0x200B, max_codepoint=0x2064)
NUMBERS = st.none() | st.integers(1, 2**63 - 1)
CARRIER = regex.compile(f"[{woven.CARRIERS}]")


def _says(text: str) -> set[tuple[str, int | None]]:
    return {copy.says for copy in woven.read(text) if copy.says}


def _without(text: str, places: list[int]) -> str:
    """A text that lost these of its carriers."""
    carriers = [found.start() for found in CARRIER.finditer(text)]
    lost = {carriers[place % len(carriers)] for place in places}
    return "".join(character for i, character in enumerate(text) if i not in lost)


@given(name=NAMES, number=NUMBERS)
def test_any_name_is_spelled_and_read(name: str, number: int | None) -> None:
    assert letters.unpack(letters.pack(name, number)) == (name, number)


@given(st.integers(0, 2**300))
def test_no_other_number_is_a_name(packed: int) -> None:
    assert letters.unpack(packed) is None


def test_letters_are_spelled_as_always() -> None:
    # Texts that people keep depend on these figures: a change here makes their marks unreadable.
    assert letters.pack(*SAYS) == GOLDEN
    assert letters.unpack(GOLDEN) == SAYS


def test_letters_take_less_than_six_bits() -> None:
    scenes = (Path(__file__).parents[1] / "bench" / "scenes.txt").read_text(encoding="utf-8").split()
    spelled = [scene for scene in scenes if scene.isalpha()]
    bits = sum(letters.pack(scene, None).bit_length() - 38 for scene in spelled)
    assert bits / sum(map(len, spelled)) < 5


@settings(deadline=None)
@given(text=st.text(max_size=1500), name=NAMES, number=NUMBERS)
def test_a_woven_text_looks_as_before_and_says_its_scene(text: str, name: str, number: int | None) -> None:
    sealed = woven.weave(text, name, number)
    assert woven.unweave(sealed) == woven.unweave(text).strip()
    assert _says(sealed) == {(name, number)}
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert _says(unicodedata.normalize(form, sealed)) == {(name, number)}


@given(st.lists(st.sampled_from(sorted(EMOJI_DATA)), max_size=30), st.sampled_from(["", " ", "\n"]))
def test_no_emoji_is_broken_or_mistaken(emoji: list[str], between: str) -> None:
    text = between.join(emoji).strip()
    assert woven.read(text) == []
    assert not mark.damaged(text)
    sealed = woven.weave(text, *SAYS)
    plain, seen = regex.findall(r"\X", text), regex.findall(r"\X", sealed)
    assert [cluster for cluster in seen if not CARRIER.match(cluster)] == plain


@given(st.text(st.sampled_from("ая 😀\u200b\u200c\u200d\u2060\ufeff\ufe0f") | st.characters(), max_size=300))
def test_no_ordinary_text_has_a_mark(text: str) -> None:
    assert not mark.damaged(text)
    assert woven.read(text) == []
    assert woven.unweave(woven.weave(text, *SAYS)) == woven.unweave(text).strip()


@settings(deadline=None)
@given(st.text(HIDDEN | st.characters(), max_size=200))
def test_somebody_elses_hidden_message_is_no_mark(text: str) -> None:
    assert _says(text) == set()
    mark.damaged(text)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=2), st.sampled_from([LINE, POEM]))
def test_what_lost_a_few_characters_is_still_read(places: list[int], text: str) -> None:
    assert _says(_without(woven.weave(text, *SAYS), places)) == {SAYS}


@settings(deadline=None)
@given(st.data())
def test_what_lost_more_is_read_rightly_or_not_at_all(data: st.DataObject) -> None:
    sealed = woven.weave(LINE, *SAYS)
    places = data.draw(st.lists(st.integers(0, 10**6), min_size=3, max_size=40))
    assert _says(_without(sealed, places)) <= {SAYS}


def test_letters_typed_into_a_mark_do_no_harm() -> None:
    sealed = woven.weave(LINE, *SAYS)
    middle = len(sealed) - 10
    typed = sealed[:middle] + " да" + sealed[middle:]
    assert _says(typed) == {SAYS}
    assert CARRIER.sub("", mark.strip(typed)) == LINE + " да"


def test_a_lost_part_is_told() -> None:
    sealed = woven.weave(LINE, *SAYS)
    assert mark.damaged(sealed[:-30])
    assert mark.read(sealed[:-30]) is None
    assert mark.strip(sealed[:-30]) == LINE
    assert not mark.damaged(sealed)
    assert not mark.damaged(LINE)


@pytest.mark.parametrize("line", range(2))
def test_the_first_line_and_the_last_say_it_alone(line: int) -> None:
    lines = woven.weave(POEM, *SAYS).split("\n")
    assert _says((lines[0], lines[-1])[line]) == {SAYS}


@pytest.mark.parametrize("source", ["по ни", "пепел⚡жизнь", "👩‍❤️‍👩🏽‍🚀🫁", "❤️7️⃣снег", "🏴󠁧󠁢󠁳󠁣󠁴󠁿волк", "seaснег"])
@pytest.mark.parametrize("strength", [Strength.VISIBLE, Strength.WOVEN])
def test_a_mark_alone_restores_its_scene(source: str, strength: Strength) -> None:
    scene = parse(source)
    found = mark.read(mark.seal(LINE, scene.mnemonic, 7, strength))
    assert found == Mark(scene.mnemonic, 7)
    assert parse(found.mnemonic or "").atoms == scene.atoms
    taught = parse("шагснежнобога", own=frozenset({"снежнобог"}))
    found = mark.read(mark.seal(LINE, taught.mnemonic, None, strength))
    assert found is not None
    assert [atom.text for atom in parse(found.mnemonic or "").atoms] == ["шаг", "снежнобога"]
