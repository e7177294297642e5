"""Scenes named for texts by a real model, which is too small for what it names to matter."""

from __future__ import annotations

import pytest

from models import catalog, keywords
from models.embedder import Embedder
from models.engine import Engine
from models.mnemonist import Mnemonist, f1, language
from scene.atoms import Lang
from scene.parse import parse
from tests.conftest import TEST_MODEL

STORY = "All night the snow fell, and the wolf walked with it. By morning only one trace was left."


@pytest.fixture
def mnemonist(engine: Engine, embedder: Embedder) -> Mnemonist:
    return Mnemonist(engine, catalog.find(TEST_MODEL), embedder)


async def test_several_scenes_come_with_what_speaks_for_them(
    mnemonist: Mnemonist, embedder: Embedder
) -> None:
    proposals = await mnemonist.propose(STORY, Lang.EN, seed=3)
    assert len(proposals) > 1
    assert [each.score for each in proposals] == sorted((each.score for each in proposals), reverse=True)
    assert len({each.scene.mnemonic for each in proposals}) == len(proposals)
    for each in proposals:
        assert 0 <= each.score <= 1
        assert 1 <= len(each.scene.atoms) <= 6
        assert parse(each.scene.mnemonic).mnemonic == each.scene.mnemonic
        assert each.evidence.atoms == len(each.scene.atoms)
    # One is made of the text's own words, and what the text says makes it likelier.
    own_words = keywords.scene(STORY, Lang.EN, frozenset(), embedder)
    assert own_words is not None
    plain = next(each for each in proposals if each.scene.mnemonic == own_words.mnemonic)
    assert plain.evidence.heard == 1
    assert plain.evidence.gain > 0


async def test_the_same_seed_names_the_same(mnemonist: Mnemonist) -> None:
    once, again = [await mnemonist.name(STORY, Lang.EN, own=frozenset(), seed=5, count=3) for _ in range(2)]
    assert [scene.mnemonic for scene in once] == [scene.mnemonic for scene in again]


@pytest.mark.parametrize("text", ["", "…", "snow", "… and the", "a" * 9_000, "😀" * 500, "12345", "日本語"])
async def test_nothing_is_named_where_there_is_nothing_to_go_by(mnemonist: Mnemonist, text: str) -> None:
    assert await mnemonist.propose(text, Lang.EN) == []


async def test_the_longest_message_is_named_like_a_short_one(mnemonist: Mnemonist) -> None:
    proposals = await mnemonist.propose(f"{STORY} " * 380, Lang.EN, seed=1)
    assert "wolf" in {atom.text for each in proposals for atom in each.scene.atoms}


async def test_taught_words_are_kept_whole(mnemonist: Mnemonist, embedder: Embedder) -> None:
    text = "Над полем молчит тишина. Навстречу снежнобогу выходит волк, и на снегу остаётся след."
    scene = keywords.scene(text, Lang.RU, frozenset({"снежнобог"}), embedder)
    assert scene is not None
    assert "снежнобог" in [atom.text for atom in scene.atoms]
    named = await mnemonist.propose(f"{STORY} Two seagods saw it.", Lang.EN, own=frozenset({"seagod"}))
    assert any("seagod" in [atom.text for atom in each.scene.atoms] for each in named)


def test_a_texts_own_words_make_a_scene_in_their_order(embedder: Embedder) -> None:
    scene = keywords.scene("Вдох, как молния в тумане тела.", Lang.RU, frozenset(), embedder)
    assert scene is not None
    assert [atom.text for atom in scene.atoms] == ["вдох", "молния", "туман", "тело"]
    signs = keywords.scene("🐺🌊", Lang.EN, frozenset(), embedder)
    assert signs is not None
    assert len(signs.atoms) == 2


def test_chains_lose_helpers_repetitions_and_words_that_are_none() -> None:
    scene = keywords.chain(["снегом", "и", "снег", "ъъщы", "волки"], Lang.RU, frozenset())
    assert scene is not None
    assert [atom.text for atom in scene.atoms] == ["снег", "волк"]
    assert keywords.chain(["и", "ъъщы"], Lang.RU, frozenset()) is None


def test_f1_and_language() -> None:
    assert f1(parse("снег волк"), parse("волк снег")) == 1
    assert f1(parse("снег волк"), parse("снег след рассвет")) == pytest.approx(0.4)
    assert language("снег и wolf, волк", Lang.EN) is Lang.RU
    assert language("🐺", Lang.EN) is Lang.EN
    assert language("…", Lang.EMOJI) is Lang.RU
