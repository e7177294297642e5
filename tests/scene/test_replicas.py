"""How two chains are divided over a dialogue, and how it is written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene import mark
from scene.dialogue import divide, script, seal, turns
from scene.parse import parse

LONG, SHORT = parse("пепелвспышкажизньтишина"), parse("снег")


@pytest.mark.parametrize("source", ["снег", "снегволк", "пепел⚡жизнь", "пепелвспышкажизньтишина", "⚡🌫🫁"])
@given(count=st.integers(1, 8))
def test_replicas_voice_the_whole_chain_in_order(source: str, count: int) -> None:
    scene = parse(source)
    parts = divide(scene, count)
    assert len(parts) == count
    assert all(parts)
    said = [atom for part in parts for atom in part]
    assert list(dict.fromkeys(said)) == list(scene.atoms)
    assert said == sorted(said, key=scene.atoms.index)
    if count <= len(scene.atoms):
        assert len(said) == len(scene.atoms)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_longer_chain_takes_more_replicas() -> None:
    assert turns(SHORT, SHORT) == 2
    assert turns(LONG, SHORT) == 2
    assert turns(SHORT, parse("пепел вспышка жизнь тишина снег волк огонь вода")) == 4


def test_a_dialogue_carries_the_marks_of_both() -> None:
    text = script(["Пепел остыл.", "Снег идёт."])
    assert text == "— Пепел остыл.\n— Снег идёт."
    sealed = seal(text, [(LONG.mnemonic, 1), (SHORT.mnemonic, 12)])
    assert mark.read_all(sealed) == [mark.Mark(LONG.mnemonic, 1), mark.Mark(SHORT.mnemonic, 12)]
    assert mark.read(sealed) == mark.Mark(SHORT.mnemonic, 12)
    assert mark.strip(sealed) == text
