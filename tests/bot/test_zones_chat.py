"""``/similar``, ``/zone``, ``/compare``, ``/map`` and ``/versions`` in a chat of the sandbox."""

from __future__ import annotations

import struct

import pytest
from test_conversation import WITHIN, World, world  # noqa: F401

from bot.sandbox.objects import Message, User
from bot.texts import texts
from scene import mark
from scene.atoms import Lang
from scene.parse import parse

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCENES = [
    "море·волна·берег",
    "волна·соль·прилив",
    "🌊⛵🏝",
    "огонь·пламя·искра",
    "костёр·дым·огонь",
    "fire·flame·spark",
]


async def person_with_scenes(world: World, name: str, lang: str, scenes: list[str]) -> User:  # noqa: F811
    person = world.sandbox.add_person(name, language_code=lang)
    embedder = await world.bridge.models.embedder()
    for text in scenes:
        scene = parse(text)
        world.bridge.archive.keep(person.id, scene, embedder.scene(scene), embedder.name)
    return person


def photo_size(world: World, message: Message) -> tuple[int, int]:  # noqa: F811
    """Width and height of the picture that the server kept, read from its bytes."""
    assert message.photo is not None
    content = world.sandbox.files.get(message.photo.file_id).content
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


async def test_scenes_alike_and_their_zone(world: World) -> None:  # noqa: F811
    person = await person_with_scenes(world, "Море", "ru", SCENES)
    say = texts(Lang.RU)
    alike = (await world.ask(person, "/similar SCN-1")).text.split("\n")
    assert alike[0] == say("similar-found", mnemonic=parse(SCENES[0]).mnemonic)
    assert {line.split(" · ")[0] for line in alike[1:3]} == {"SCN-2", "SCN-3"}
    new = (await world.ask(person, "/similar fireflame")).text
    assert new.split("\n")[1].startswith(("SCN-6", "SCN-4"))
    last = (await world.ask(person, "/similar")).text
    assert last.startswith(say("similar-found", mnemonic=parse(SCENES[-1]).mnemonic))
    zones = (await world.ask(person, "/zone")).text
    assert "SCN-1" in zones
    of = (await world.ask(person, "/zone SCN-1")).text
    assert {"SCN-1", "SCN-2"} <= set(of.replace("·", " ").split())
    assert "SCN-4" not in of
    assert (await world.ask(person, "/zone снегволк")).text == say("zone-not-kept", mnemonic="снегволк")


async def test_two_scenes_are_compared_in_words_and_in_a_picture(world: World) -> None:  # noqa: F811
    person = await person_with_scenes(world, "Anna", "en", SCENES)
    say = texts(Lang.EN)
    assert (await world.ask(person, "/compare")).text == say("compare-needs-two")
    assert (await world.ask(person, "/compare SCN-1 SCN-77")).text == say("scene-unknown-code", code="SCN-77")
    for asked in ("/compare SCN-4 SCN-6", "/compare огонь·пламя·искра, fire flame spark"):
        shown = await world.ask(person, asked)
        assert photo_size(world, shown) == (1_080, 1_080)
        assert shown.text.startswith("SCN-4 and SCN-6: resonance")
        assert "огонь = fire" in shown.text
        assert say("compare-order-same") in shown.text
    assert any(action.action == "upload_photo" for action in world.sandbox.chat_actions)


async def test_a_map_of_the_chats_own_scenes(world: World) -> None:  # noqa: F811
    person = await person_with_scenes(world, "Карта", "ru", SCENES)
    other = world.sandbox.add_person("Чужой", language_code="ru")
    shown = await world.ask(person, "/map")
    assert photo_size(world, shown) == (1_080, 1_350)
    assert shown.text.startswith("Карта: 6 сцен.")
    assert "SCN-" in shown.text
    say = texts(Lang.RU)
    assert (await world.ask(other, "/map")).text == say("map-needs-scenes", count=0)
    assert (await world.ask(other, "/zone")).text == say("zones-none", count=0)
    assert (await world.ask(other, "/similar")).text == say("similar-needs-scene")


async def test_a_scene_is_voiced_anew_and_every_version_read(world: World) -> None:  # noqa: F811
    person = world.sandbox.add_person("Verse", language_code="en")
    say = texts(Lang.EN)
    first = await world.ask(person, "/silence snowwolf")
    second = await world.ask(person, "/scene SCN-1 emoji")
    assert mark.read(second.text) == mark.read(first.text)
    assert mark.strip(second.text) != mark.strip(first.text)
    assert (await world.ask(person, "/versions")).text == say("versions-need-code")
    listed = await world.ask(person, "/versions SCN-1")
    lines = listed.text.split("\n")
    assert lines[0] == say("versions-found", code="SCN-1", mnemonic="snowwolf", count=2)
    assert lines[1].startswith("1. silence · smollm2-135m · seed ")
    assert lines[2].startswith("2. emoji · ")
    assert [button["text"] for button in listed.buttons()] == ["1", "2"]

    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, listed.message_id, "1", within=WITHIN)
    read = await world.next(person, before)
    assert read.text.endswith(first.text)
    assert (await world.ask(person, "/versions SCN-1 2")).text.endswith(second.text)
    beside = await world.ask(person, "/compare keydoor", reply_to=first)
    assert beside.text.startswith("SCN-1 and keydoor: resonance")
    by_reply = await world.ask(person, "/versions", reply_to=second)
    assert by_reply.text == listed.text
    unknown = say("version-unknown", code="SCN-1", number=3, count=2)
    assert (await world.ask(person, "/versions SCN-1 3")).text == unknown
    stranger = world.sandbox.add_person("Fremder", language_code="en")
    assert (await world.ask(stranger, "/versions SCN-1")).text == say("scene-unknown-code", code="SCN-1")
    for forged in ("version:1", "version:x:1", "version:1:²"):
        listed.buttons()[0]["callback_data"] = forged
        answer = await world.sandbox.press(person, listed.message_id, forged, within=WITHIN)
        assert answer.text == say("button-old")
