"""A text without a mark in the chat: what the bot says of its scene, and the buttons under it."""

from __future__ import annotations

import pytest
from test_conversation import WITHIN, World, world

from bot.texts import texts
from scene import mark
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse
from storage.records import Rendering

__all__ = ["world"]  # the fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAY = texts(Lang.EN)
NEW = "A kettle sings in the empty kitchen while the clock forgets its hour and the window waits."


async def test_a_text_without_its_mark_comes_back(world: World) -> None:
    person = world.sandbox.add_person("Mia", language_code="en")
    said = "All night the snow fell, and the wolf walked with it."
    kept = Rendering("narrative", "", Lang.EN, said, "smollm2-135m", 1, None, None, 1, 0.0)
    world.bridge.archive.keep_rendering(person.id, parse("snowwolf"), kept)
    back = await world.ask(person, f"my friend sent me this: «{said}» and what should it mean, do you know?")
    found = mark.read(back.text)
    assert found == mark.Mark("snowwolf", 1)
    assert "by its words" in back.text
    assert {button["callback_data"] for button in back.buttons()} == {
        *(f"1:{form}" for form in Form),
        "similar:1",
        "mark:1",
    }


async def test_a_new_text_is_named_and_kept_only_when_it_is_wanted(world: World) -> None:
    person = world.sandbox.add_person("Tom", language_code="en")
    named = await world.ask(person, NEW)
    assert named.text.startswith(SAY("reading-named"))
    assert SAY("reading-offer") in named.text
    assert "% of the atoms" in named.text
    found = mark.read(named.text)
    assert found is not None
    assert found.number is None
    assert world.bridge.archive.count(person.id) == 0

    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, named.message_id, SAY("reading-keep"))
    kept = await world.next(person, before)
    assert mark.read(kept.text) == mark.Mark(found.mnemonic, 1)
    assert world.bridge.archive.count(person.id) == 1

    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, named.message_id, SAY("button-silence"))
    voiced = await world.next(person, before)
    assert mark.strip(voiced.text).startswith("…")
    assert mark.read(voiced.text) == mark.Mark(found.mnemonic, 1)


@pytest.mark.parametrize("data", ["read:opera", "read:", "read:keep:more"])
async def test_a_forged_button_does_nothing(world: World, data: str) -> None:
    person = world.sandbox.add_person("Eve", language_code="en")
    reply = await world.ask(person, "/silence snowwolf")
    reply.buttons()[0]["callback_data"] = data
    answer = await world.sandbox.press(person, reply.message_id, data, within=WITHIN)
    assert answer.text == SAY("button-old")
