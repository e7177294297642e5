"""A group that becomes a supergroup keeps its archive; and nobody can say so but Telegram."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from test_jobs import WITHIN, Place, place  # noqa: F401

from bot.sandbox.objects import Chat, User
from bot.texts import texts
from scene import mark
from scene.atoms import Lang
from scene.parse import parse

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAY = texts(Lang.EN)


async def scenes(place: Place, chat: Chat) -> list[str]:  # noqa: F811
    """Mnemonics of a chat's scenes."""
    kept = await asyncio.to_thread(place.bridge.archive.scenes, chat.id)
    return [stored.scene.mnemonic for stored in kept]


async def grouped(place: Place, name: str) -> tuple[User, Chat]:  # noqa: F811
    """A person, and a group of theirs with a scene."""
    person = place.sandbox.add_person(name, "en")
    group = place.sandbox.add_group(name, [person])
    await asyncio.to_thread(place.bridge.archive.keep, group.id, parse("snowwolf"))
    return person, group


async def test_the_archive_goes_along_and_old_buttons_work(place: Place) -> None:  # noqa: F811
    person, group = await grouped(place, "Upgrading")
    stranger = place.sandbox.add_person("Stranger", "en")
    place.sandbox.members[group.id].add(stranger.id)
    place.sandbox.administrators[group.id] = {person.id}
    async with place.serving(allowed_users=str(person.id)):
        await place.sandbox.say(person, "/silence SCN-1", group)
        (voiced,) = await place.answered(group)
        big = place.sandbox.upgrade(stranger, group)
        await place.sandbox.say(person, "/recall snowwolf", big)
        (found,) = await place.answered(big)
        assert "SCN-1" in found.text
        assert (await scenes(place, group), await scenes(place, big)) == ([], ["snowwolf"])
        # What stands in the old group is still seen in the new one, buttons and all.
        await place.sandbox.press(person, voiced.message_id, SAY("button-silence"), group, WITHIN)
        again = (await place.answered(big, 2))[1]
        assert mark.read(again.text) == mark.Mark("snowwolf", 1)
        assert again.reply_to_message is None
        # And to say it again moves nothing.
        await place.sandbox.say(person, "/silence keydoor", big)
        await place.answered(big, 3)
        place.sandbox.hear(
            "message", place.sandbox.deliver(person, big, service={"migrate_from_chat_id": group.id})
        )
        await place.sandbox.say(person, "/stats", big)
        await place.answered(big, 4)
        assert await scenes(place, big) == ["keydoor", "snowwolf"]
    async with place.serving():
        await place.sandbox.say(person, "/scene SCN-2 silence", big)
        assert mark.read((await place.answered(big, 5))[4].text) == mark.Mark("keydoor", 2)
    assert len(place.answers(group)) == 1


async def test_what_was_asked_before_is_answered_in_the_new_place(place: Place) -> None:  # noqa: F811
    """Nobody hears the service messages here: Telegram's refusal says it."""
    person, group = await grouped(place, "Unheard")
    await place.left_behind(person, "/silence SCN-1", group)
    big = place.sandbox.upgrade(person, group)
    place.sandbox.updates.confirm(place.sandbox.updates.pending()[-1]["update_id"] + 1)
    async with place.serving():
        (told,) = await place.answered(big)
        assert mark.read(told.text) == mark.Mark("snowwolf", 1)
    assert (await scenes(place, group), await scenes(place, big)) == ([], ["snowwolf"])


async def test_nobody_says_it_but_telegram(place: Place) -> None:  # noqa: F811
    person, group = await grouped(place, "Robbed")
    thief = place.sandbox.add_person("Thief", "en")
    lair = place.sandbox.add_group("Lair", [thief], supergroup=True)
    sent = (await place.sandbox.say(thief, "/help", lair)).to_json()
    robbed = sent | {
        "chat": group.to_json() if hasattr(group, "to_json") else {"id": group.id, "type": "group"}
    }
    service = {name: value for name, value in sent.items() if name not in ("text", "entities")}
    claims: list[dict[str, Any]] = [
        # What a person can write, answer, forward or edit.
        {"message": sent | {"text": f'{{"migrate_from_chat_id": {group.id}}}'}},
        {"message": sent | {"migrate_from_chat_id": group.id}},
        {"message": sent | {"reply_to_message": service | {"migrate_from_chat_id": group.id}}},
        {"message": service | {"migrate_from_chat_id": group.id, "forward_origin": {"type": "user"}}},
        {"edited_message": service | {"migrate_from_chat_id": group.id, "edit_date": 1}},
        # What only Telegram can say, and does not when it is asked.
        {"message": service | {"migrate_from_chat_id": group.id}},
        {
            "message": {name: value for name, value in robbed.items() if name != "text"}
            | {"migrate_to_chat_id": lair.id}
        },
        # What Telegram never says.
        {"message": service | {"migrate_from_chat_id": person.id}},
        {"message": service | {"migrate_to_chat_id": group.id}},
        {"message": service | {"migrate_from_chat_id": lair.id}},
    ]
    updates = [{"update_id": 9_000_000 + n, **claim} for n, claim in enumerate(claims)]
    async with place.serving() as service_:
        await service_.desk.take_in(updates)
        await service_.desk.idle()
        assert (await scenes(place, group), await scenes(place, lair)) == (["snowwolf"], [])
        await place.sandbox.say(person, "/recall snowwolf", group)
        assert "SCN-1" in (await place.answered(group))[0].text
