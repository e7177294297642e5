"""Re-ranking with a real model: it is asked where the lattice is unsure, and its word counts."""

from __future__ import annotations

import pytest

from models.engine import Engine
from models.reranker import WEIGHT, Reranker
from scene.explain import explain
from scene.parse import How, parse

SURE = "seasaltmemory"
UNSURE = ("uknowradio", "cafepressfail", "streetview")


@pytest.mark.parametrize("source", UNSURE)
async def test_the_model_chooses_where_the_lattice_is_unsure(source: str, engine: Engine) -> None:
    [before] = explain(source).weighings
    assert before.unsure
    found = await Reranker(engine).choose(explain(source))
    [after] = found.weighings
    assert after.chunk.how is How.MODEL
    lattice = {option.words: option.score for option in before.options}
    for option in after.options:
        assert option.heard is not None
        assert option.heard < 0
        assert option.score == pytest.approx(lattice[option.words] + WEIGHT * option.heard)
    assert after.options[0].score == max(option.score for option in after.options)
    texts = [atom.text for atom in found.scene.atoms]
    assert texts == list(after.options[0].words)
    assert [atom.text for atom in parse(found.scene.mnemonic).atoms] == texts


async def test_the_model_knows_words_better_than_letters(engine: Engine) -> None:
    [weighing] = explain("windowsill").weighings
    heard = dict(
        zip((option.words for option in weighing.options), await Reranker(engine).hear(weighing), strict=True)
    )
    assert heard["windowsill",] > heard["windows", "ill"]


async def test_a_sure_scene_is_left_alone(engine: Engine) -> None:
    for source in (SURE, "жар тишина", "⚡🌫🫁", "по·ни"):
        explanation = explain(source)
        assert await Reranker(engine).choose(explanation) is explanation


async def test_one_unsure_chunk_among_others_is_asked_about(engine: Engine) -> None:
    found = await Reranker(engine).choose(explain(f"{SURE}⚡{UNSURE[0]}"))
    assert [weighing.chunk.how for weighing in found.weighings] == [How.LATTICE, How.EMOJI, How.MODEL]
