"""Explanations: the readings behind the atoms, and scenes whose readings somebody else chose."""

from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scene.errors import SceneError
from scene.evidence import TOPICS, topic
from scene.explain import MODEL, N_BEST, Explanation, Weighing, explain
from scene.lexis import DATA
from scene.parse import How, parse

SOURCES = st.text(st.sampled_from("абвдеиклнорстяabdeinorst07 ·⚡🌫"), min_size=1, max_size=40)


def only(explanation: Explanation) -> Weighing:
    """The weighing of a scene of one chunk."""
    [weighing] = explanation.weighings
    return weighing


@given(SOURCES)
@settings(max_examples=200, deadline=None)
def test_it_explains_the_very_scene_that_is_parsed(text: str) -> None:
    try:
        scene = parse(text)
    except SceneError as refused:
        with pytest.raises(SceneError, match=refused.key):
            explain(text)
        return
    explanation = explain(text)
    assert explanation.scene == scene
    assert explanation.movement.kind is scene.kind
    assert [part.phase for part in explanation.movement.parts] == [atom.phase for atom in scene.atoms]
    said = [word.lower() for weighing in explanation.weighings for word in weighing.chunk.words]
    assert said == [atom.text for atom in scene.atoms]
    for weighing in explanation.weighings:
        assert (weighing.chunk.how is How.LATTICE) == bool(weighing.options)
        if weighing.options:
            assert weighing.options[0].words == weighing.chunk.words
            assert sum(option.probability for option in weighing.options) == pytest.approx(1)


def test_every_chunk_says_how_it_came_by_its_words() -> None:
    hows = [(weighing.chunk.text, weighing.chunk.how) for weighing in explain("снегволк жар⚡").weighings]
    assert hows == [("снегволк", How.LATTICE), ("жар", How.APART), ("⚡", How.EMOJI)]
    assert [weighing.chunk.how for weighing in explain("по·ни").weighings] == [How.DOTTED, How.DOTTED]


def test_readings_come_with_what_decided() -> None:
    weighing = only(explain("рукавода"))
    best, second, *_ = weighing.options
    assert 2 < len(weighing.options) <= N_BEST
    assert weighing.margin == best.score - second.score > 0
    assert sum(share for _, share in best.decided) == pytest.approx(weighing.margin, abs=0.001)
    assert {name for option in weighing.options for name, _ in option.decided} <= set(TOPICS)
    assert explain("рукавода").probability == best.probability < 1
    assert explain("жар тишина").probability == 1


def test_words_of_ones_own_are_taken_into_account() -> None:
    own = frozenset({"морегул"})
    assert only(explain("шагморегул", own=own)).chunk.words == ("шаг", "морегул")
    assert explain("шагморегул", own=own).scene == parse("шагморегул", own=own)


def test_all_evidence_that_has_a_weight_has_a_topic() -> None:
    tables = tomllib.loads((DATA / "weights.toml").read_text(encoding="utf-8"))
    assert {topic(name) for weights in tables.values() for name in weights} | {"own"} == set(TOPICS)


@pytest.mark.parametrize("source", ["рукавода", "снегволк⚡шаг", "жар рукавода", "РукаВода"])
def test_a_scene_read_otherwise_keeps_its_atoms_in_its_mnemonic(source: str) -> None:
    before = explain(source)
    last = [weighing.options and weighing.options[-1].words for weighing in before.weighings]
    weighings = [
        weighing.listen([float(rank) * 100 for rank in range(len(weighing.options))], 1.0)
        if weighing.options
        else weighing
        for weighing in before.weighings
    ]
    after = before.choose(weighings)
    assert [weighing.chunk.words for weighing in after.weighings if weighing.options] == [
        words for words in last if words
    ]
    assert after.scene.source == before.scene.source
    assert after.scene.atoms != before.scene.atoms
    assert [atom.text for atom in parse(after.scene.mnemonic).atoms] == [a.text for a in after.scene.atoms]


@given(st.lists(st.floats(-60, 0), min_size=N_BEST, max_size=N_BEST), st.floats(0.1, 1))
@settings(deadline=None)
def test_what_a_model_says_is_weighed_in(heard: list[float], weight: float) -> None:
    before = only(explain("рукавода"))
    assume(len(before.options) == N_BEST)
    after = before.listen(heard, weight)
    expected = {o.words: o.score + weight * nats for o, nats in zip(before.options, heard, strict=True)}
    assert {option.words: option.score for option in after.options} == expected
    assert after.options[0].score == max(expected.values())
    assert after.chunk.words == after.options[0].words
    assert after.chunk.how is How.MODEL
    first = before.options[0].words
    for option in after.options:
        if option.words != first:
            ahead = sum(share for _, share in option.decided)
            assert ahead == pytest.approx(option.score - expected[first], abs=0.001)
            assert MODEL in dict(option.decided)


def test_there_may_be_nothing_else_to_read() -> None:
    weighing = only(explain("ё7"))
    assert weighing.options
    lonely = Weighing(weighing.chunk, weighing.options[:1])
    assert math.isinf(lonely.margin)
    assert not lonely.unsure
