"""The steps from a text to its scene, with a real archive, encoder and model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.reading import CLAIM, Reader
from models import catalog
from models.embedder import Embedder
from models.engine import Engine
from models.mnemonist import Mnemonist
from scene.atoms import Lang
from scene.errors import ModelError, SceneError
from scene.parse import parse
from storage.archive import Archive
from storage.dialogues import Dialogue, Voice
from storage.records import Rendering
from tests.conftest import TEST_MODEL

SNOW = "All night the snow fell, and the wolf walked with it. By morning only one trace was left."
NEW = "A kettle sings in the empty kitchen while the clock forgets its hour."


def rendering(text: str) -> Rendering:
    return Rendering("narrative", "", Lang.EN, text, TEST_MODEL, 1, None, None, 1, 0.0)


@pytest.fixture
def archive(tmp_path: Path, embedder: Embedder) -> Archive:
    archive = Archive.open(tmp_path / "archive.db")
    for source, texts in {
        "snow wolf trace": [SNOW, "… trace"],
        "key door light": ["The key had been in her pocket for seven years and fitted nothing.", "… trace"],
        "sea salt memory": [],
    }.items():
        scene = parse(source)
        archive.keep(0, scene, embedder.scene(scene), embedder.name)
        for text in texts:
            archive.keep_rendering(0, scene, rendering(text))
    return archive


@pytest_asyncio.fixture
async def reader(archive: Archive, embedder: Embedder, engine: Engine) -> AsyncIterator[Reader]:
    async def loaded() -> Embedder:
        return embedder

    async def mnemonist() -> Mnemonist:
        return Mnemonist(engine, catalog.find(TEST_MODEL), embedder)

    yield Reader(archive, loaded, mnemonist)
    archive.close()


async def test_the_very_text(reader: Reader) -> None:
    reading = await reader.read(0, SNOW.upper().replace(",", " —"), Lang.EN)
    assert (reading.scene.mnemonic, reading.number, reading.how, reading.score) == (
        "snowwolftrace",
        1,
        "text",
        1,
    )
    assert [step.name for step in reading.steps] == ["exact"]
    by_word = await reader.read(0, "keydoorlight", Lang.EN)
    assert (by_word.number, by_word.score) == (2, 1)


async def test_a_text_of_two_scenes_is_told_as_such(reader: Reader) -> None:
    reading = await reader.read(0, "… trace", Lang.EN)
    assert reading.score == 0.5
    assert {reading.number, *(other.number for other in reading.others)} == {1, 2}


async def test_a_dialogue_without_marks_is_led_back_to_both(reader: Reader, archive: Archive) -> None:
    scenes = [archive.scene(0, number) for number in (3, 1)]
    first, second = scenes
    assert first
    assert second
    spoken = Dialogue(
        (Voice("poet"), Voice("philosopher")),
        ("The sea keeps its salt.", "The snow keeps nothing.", "I remember you.", "… the trace"),
        Lang.EN, TEST_MODEL, 1,
    )  # fmt: skip
    archive.dialogues.add((first, second), spoken)
    whole = await reader.read(0, spoken.text.lower().replace("— ", "- "), Lang.EN)
    assert (whole.number, whole.how, whole.score) == (3, "text", 1.0)
    assert [(each.number, each.score) for each in whole.others] == [(1, 1.0)]
    replica = await reader.read(0, "the snow keeps nothing!", Lang.EN)
    assert (replica.number, replica.score, replica.others) == (1, 1.0, ())
    archive.forget(0, 3)
    gone = await reader.read(0, "the snow keeps nothing!", Lang.EN)
    assert gone.steps[0].score == 0.0


async def test_what_is_left_of_a_text(reader: Reader) -> None:
    reading = await reader.read(
        0, "somebody wrote to me: by mornign only one trace was left. Who was it?", Lang.EN
    )
    assert (reading.number, reading.how) == (1, "text")
    assert CLAIM <= reading.score < 1
    assert [step.name for step in reading.steps] == ["exact", "near"]
    assert reading.steps[0].score == 0


async def test_resonance_finds_a_scene_that_has_no_text_yet(reader: Reader) -> None:
    reading = await reader.read(0, "The sea forgets nothing: salt is what its memory is made of.", Lang.EN)
    assert (reading.number, reading.how) == (3, "resonance")
    assert [step.name for step in reading.steps] == ["exact", "near", "resonance"]


async def test_a_text_that_lost_a_woven_mark_is_found_or_told_as_damaged(reader: Reader) -> None:
    reading = await reader.read(0, SNOW, Lang.EN, damaged=True)
    assert (reading.number, reading.damaged) == (1, True)
    for owner in (0, None):
        with pytest.raises(SceneError, match="mark-damaged"):
            await reader.read(owner, NEW, Lang.EN, damaged=True)


async def test_a_new_text_is_named_by_the_model(reader: Reader, archive: Archive) -> None:
    reading = await reader.read(0, NEW, Lang.EN)
    assert reading.how == "model"
    assert [step.name for step in reading.steps] == ["exact", "near", "resonance", "model"]
    assert reading.steps[-1].score == reading.score
    assert max(step.score for step in reading.steps[:-1]) < CLAIM
    assert reading.others
    assert archive.count(0) == 3  # nothing is kept that nobody wanted
    elsewhere = await reader.read(None, SNOW, Lang.EN)
    assert (elsewhere.how, [step.name for step in elsewhere.steps]) == ("model", ["model"])


async def test_a_scene_that_the_model_names_and_that_is_kept_has_its_number(
    reader: Reader, archive: Archive
) -> None:
    named = await reader.read(0, NEW, Lang.EN)
    archive.keep(0, named.scene)
    again = await reader.read(0, NEW, Lang.EN)
    known = {each.scene.mnemonic: each.number for each in (again, *again.others)}
    assert known[named.scene.mnemonic] == 4


async def test_one_owner_never_reads_from_another(reader: Reader) -> None:
    reading = await reader.read(7, SNOW, Lang.EN)
    assert (reading.how, reading.number) == ("model", None)


async def test_without_a_model_a_guess_is_a_guess(archive: Archive, embedder: Embedder) -> None:
    async def loaded() -> Embedder:
        return embedder

    async def missing() -> Mnemonist:
        raise ModelError("model-missing", name="x", path="y")

    reader = Reader(archive, loaded, missing)
    guess = await reader.read(0, "… trice", Lang.EN)
    assert guess.number in (1, 2)
    assert guess.score < 1
    with pytest.raises(ModelError):
        await reader.read(0, "Zebras juggle quarterly reports beyond any budget.", Lang.EN)
    archive.close()


@pytest.mark.parametrize("text", ["—", "12345", "日本語", "\ud800"])
async def test_where_there_is_nothing_to_go_by(reader: Reader, text: str) -> None:
    with pytest.raises(SceneError, match="read-not-found"):
        await reader.read(0, text, Lang.EN)
