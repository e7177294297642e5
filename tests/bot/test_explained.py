"""``parse --explain`` and re-ranking, as scripts, people and the bot meet them."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import rows, run

from bot.bridge import Bridge
from bot.settings import Settings
from bot.texts import texts
from models.engine import Engine
from models.reranker import Reranker
from scene.atoms import Lang
from scene.evidence import TOPICS
from scene.explain import MODEL, explain
from scene.labels import Source
from scene.parse import How, parse
from storage.archive import COMMAND_LINE

UNSURE = "uknowradio"


def test_scripts_get_the_readings_of_every_chunk() -> None:
    [line] = rows(run("parse", "--explain", "рукавода жар ⚡", "--json"))
    letters, apart, sign = line["explain"]["chunks"]
    assert [chunk["how"] for chunk in (letters, apart, sign)] == ["lattice", "apart", "emoji"]
    assert letters["words"] == letters["readings"][0]["words"] == ["рука", "вода"]
    assert letters["margin"] == pytest.approx(
        letters["readings"][0]["score"] - letters["readings"][1]["score"], abs=0.001
    )
    assert sum(reading["probability"] for reading in letters["readings"]) == pytest.approx(1, abs=0.001)
    assert letters["readings"][0]["decided"].keys() <= set(TOPICS)
    assert sign["margin"] is None
    assert sign["readings"] == []
    assert line["explain"]["probability"] == letters["readings"][0]["probability"]
    assert [atom["text"] for atom in line["explain"]["atoms"]] == [atom["text"] for atom in line["atoms"]]
    assert [atom["phase"] for atom in line["explain"]["atoms"]] == [atom["phase"] for atom in line["atoms"]]
    assert all(0 < atom["confidence"] <= 1 for atom in line["explain"]["atoms"])
    assert line["explain"]["atoms"][0]["source"] == "lexicon"
    assert line["explain"]["kind"]["kind"] == line["kind"]
    assert "explain" not in rows(run("parse", "рукавода", "--json"))[0]


def test_people_get_a_table_in_their_language() -> None:
    shown = run("parse", "--explain", "рукавода", LC_ALL="C.UTF-8", COLUMNS="120").stdout.decode()
    assert "рукав ода" in shown
    assert texts(Lang.EN)("topic-frequency") in shown
    shown = run("parse", "--explain", "рукавода", LC_ALL="ru_RU.UTF-8", COLUMNS="120").stdout.decode()
    assert texts(Lang.RU)("topic-frequency") in shown


@pytest.mark.parametrize("lang", [Lang.RU, Lang.EN])
def test_everything_that_may_be_explained_has_its_words(lang: Lang) -> None:
    say = texts(lang)
    for topic in (*TOPICS, MODEL):
        assert say(f"topic-{topic}")
    for source in Source:
        assert say(f"explain-by-{source}", entry="снег")
    for how in How:
        assert "снег" in say(f"explain-{how}", text="снег", margin="1.0")


def test_the_command_line_asks_the_model_and_says_what_it_said(tmp_path: Path) -> None:
    [line] = rows(run("parse", "--explain", "--rerank", UNSURE, "--json"))
    [chunk] = line["explain"]["chunks"]
    assert chunk["how"] == "model"
    assert all(reading["logprob"] < 0 and "model" in reading["decided"] for reading in chunk["readings"])
    assert [atom["text"] for atom in line["atoms"]] == chunk["words"] == chunk["readings"][0]["words"]
    refused = run("--model", "qwen3-4b", "parse", "--rerank", UNSURE, HYPERBRIDGE_CACHE=str(tmp_path))
    assert refused.returncode == 2
    assert refused.stderr.decode().count("\n") == 1


async def test_a_loaded_model_is_asked_if_the_setting_says_so(tmp_path: Path, engine: Engine) -> None:
    settings = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={"db": tmp_path / "archive.db", "model": "smollm2-135m", "rerank": True}
    )
    bridge = Bridge(settings)
    scene = bridge.finder.scene
    try:
        assert await scene(COMMAND_LINE, UNSURE) == parse(UNSURE)  # nothing is loaded for this alone
        await bridge.models.writer()
        expected = await Reranker(engine).choose(explain(UNSURE))
        assert await scene(COMMAND_LINE, UNSURE) == expected.scene
        assert await scene(COMMAND_LINE, expected.scene.mnemonic) == parse(expected.scene.mnemonic)
    finally:
        await bridge.close()
