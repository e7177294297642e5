"""The conversation by touch: menus, buttons, drafts, edits, inline mode, groups; and what may fail in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from test_conversation import WITHIN, World, world

from bot.handlers import COMMANDS
from bot.sandbox.faults import Fault
from bot.sandbox.objects import Chat, Message, User
from bot.texts import texts
from scene import mark
from scene.atoms import Lang

__all__ = ["world"]  # the fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAY = texts(Lang.EN)
RU = texts(Lang.RU)


def _person(world: World, name: str, lang: str = "en") -> User:
    return world.sandbox.add_person(name, language_code=lang)


def _bots(world: World, chat: Chat | User) -> list[Message]:
    """What the bot has said in a chat."""
    return [each for each in world.sandbox.history(chat) if each.from_user.id == world.sandbox.bot.id]


async def _until(world: World, seen: Callable[[], object]) -> None:
    await world.sandbox.wait_for(seen, WITHIN)


def _is_ticked(menu: Message, label: str) -> bool:
    return f"✓ {label}" in [button["text"] for button in menu.buttons()]


async def _press(world: World, person: User, message: Message, button: str) -> str:
    return (await world.sandbox.press(person, message.message_id, button, within=WITHIN)).text


async def test_menus_change_themselves_and_what_they_set(world: World) -> None:
    person = _person(world, "Меню", "ru")
    menu = await world.ask(person, "/settings")
    assert menu.text.startswith(RU("settings-here"))
    await _press(world, person, menu, RU("button-set-form"))
    await _until(world, lambda: menu.text == RU("form-is-auto"))
    await _press(world, person, menu, RU("button-silence"))
    await _until(world, lambda: menu.text == RU("form-is", form="тишина"))
    assert _is_ticked(menu, RU("button-silence"))

    voiced = await world.ask(person, "firewater")
    assert mark.strip(voiced.text).startswith("…")
    assert (await world.ask(person, "/why")).text.startswith(RU("why-usual", form="тишина"))

    await _press(world, person, menu, RU("button-back"))
    await _until(world, lambda: menu.text.startswith(RU("settings-here")))
    await _press(world, person, menu, RU("button-set-persona"))
    await _until(world, lambda: menu.text.startswith(RU("persona-off")))
    for title in ("поэт", "тело", "философ"):  # a voice takes another's place, a mask stays
        await _press(world, person, menu, title)
        await _until(world, lambda title=title: _is_ticked(menu, title))
    now = await asyncio.to_thread(world.bridge.archive.preferences.persona, person.id)
    assert now == "body+philosopher"

    await _press(world, person, menu, RU("button-back"))
    await _until(world, lambda: RU("form-is", form="тишина") in menu.text)
    await _press(world, person, menu, RU("button-set-lang"))
    await _until(world, lambda: menu.text == RU("lang-is-auto"))
    await _press(world, person, menu, RU("lang-en"))
    await _until(world, lambda: menu.text == SAY("lang-is", lang=SAY("lang-en")))
    assert (await world.ask(person, "/help")).text == SAY("help").strip()
    assert (await world.ask(person, "/lang авто")).text == RU("lang-is-auto")
    assert (await world.ask(person, "/lang клингонский")).text == RU(
        "lang-unknown", name="клингонский", known="en, ru"
    )
    await _press(world, person, menu, "set:close:")
    await _until(world, lambda: not menu.buttons())


@pytest.mark.parametrize(
    "data", ["set:form:opera", "set:persona:nobody", "set:world:", "strength:loud:1", "i:1:2:=1"]
)
async def test_a_forged_menu_button_sets_nothing(world: World, data: str) -> None:
    person = _person(world, "Forger")
    menu = await world.ask(person, "/form")
    menu.buttons()[0]["callback_data"] = data
    assert await _press(world, person, menu, data) == SAY("button-old")


async def test_buttons_under_a_reply(world: World) -> None:
    person = _person(world, "Touch")
    reply = await world.ask(person, "/silence snowwolf")
    before = len(world.sandbox.history(person))
    await _press(world, person, reply, SAY("button-again"))
    again = await world.next(person, before)
    assert mark.read(again.text) == mark.Mark("snowwolf", 1)
    assert mark.strip(again.text).startswith("…")

    await world.ask(person, "/silence whitewolf")
    before = len(world.sandbox.history(person))
    await _press(world, person, reply, SAY("button-similar"))
    assert "SCN-2 · whitewolf" in (await world.next(person, before)).text

    before = len(world.sandbox.history(person))
    await _press(world, person, reply, SAY("button-mark"))
    shown = await world.next(person, before)
    assert shown.text == "🜂 snowwolf · Δ SCN-1"
    assert [entity.type for entity in shown.entities] == ["code"]
    assert shown.buttons()[0]["copy_text"] == {"text": shown.text}
    assert await _press(world, person, shown, SAY("button-mark-short")) == SAY("mark-is-short")
    assert (await world.ask(person, "/silence snowwolf")).text.endswith("\n\nΔ SCN-1")


async def test_a_text_is_seen_while_it_is_written(world: World) -> None:
    person = _person(world, "Watcher")
    drafts: list[str] = []

    def told() -> bool:
        draft = world.sandbox.draft(person)
        if draft and draft.text not in drafts:
            drafts.append(draft.text)
        return bool(_bots(world, person))

    await world.sandbox.say(person, "/formula snow wolf river")
    await _until(world, told)
    assert drafts
    assert all(draft.endswith(" …") and not mark.is_marked(draft) for draft in drafts)
    [reply] = _bots(world, person)[:1]
    assert mark.read(reply.text) == mark.Mark("snowwolfriver", 1)
    assert world.sandbox.draft(person) is None


async def test_an_edited_scene_replaces_its_answer(world: World) -> None:
    person = _person(world, "Editor")
    asked = await world.sandbox.say(person, "12345")
    refused = await world.next(person, 1)
    assert refused.text == SAY("scene-digits")
    for text, mnemonic in (("/silence snowwolf", "snowwolf"), ("/silence keydoor", "keydoor")):
        await world.sandbox.edit(person, asked, text)
        await _until(world, lambda mnemonic=mnemonic: f"🜂 {mnemonic}" in refused.text)
    assert len(_bots(world, person)) == 1
    world.sandbox.delete(refused)
    await world.sandbox.edit(person, asked, "/silence firewater")
    anew = await world.next(person, 0)
    assert mark.read(anew.text) == mark.Mark("firewater", 3)


async def test_captions_forwards_and_questions(world: World) -> None:
    person = _person(world, "Reader")
    picture = BytesIO()
    Image.new("RGB", (8, 8), "white").save(picture, "PNG")
    await world.sandbox.send_photo(person, picture.getvalue(), "/silence snowwolf")
    voiced = await world.next(person, 0)
    assert mark.read(voiced.text) == mark.Mark("snowwolf", 1)

    other = _person(world, "Friend")
    await world.sandbox.forward(other, voiced)
    back = await world.next(other, 0)
    assert SAY("read-found") in back.text
    assert mark.read(back.text) == mark.Mark("snowwolf", None)
    asked = await world.ask(person, "?", reply_to=voiced)
    assert SAY("read-found") in asked.text
    assert SAY("read-found") in (await world.ask(person, "/read", reply_to=voiced)).text
    assert (await world.ask(person, "/read")).text == SAY("read-needs-text")


async def test_a_scene_is_made_inline(world: World) -> None:
    person, other = _person(world, "Inline"), _person(world, "Other")
    talk = world.sandbox.add_talk(person, other)
    bad = await world.sandbox.ask_inline(person, "12345", talk)
    assert not bad.results
    assert bad.button is not None
    start = f"/start {bad.button['start_parameter']}"
    assert (await world.ask(person, start)).text == SAY("help").strip()
    offer = await world.sandbox.ask_inline(person, "snowwolf", talk)
    assert [one.id for one in offer.results][:2] == ["auto", "narrative"]
    sent = await world.sandbox.choose_inline(person, offer, "silence", talk)
    button = sent.buttons()[0]["callback_data"]
    await _until(world, lambda: mark.is_marked(sent.text))
    assert mark.read(sent.text) == mark.Mark("snowwolf", 1)
    assert await asyncio.to_thread(world.bridge.archive.count, person.id) == 1

    # Only whoever sent it may touch it, whatever stands in the button.
    pressed = await world.sandbox.press(other, sent.message_id, SAY("button-emoji"), talk, WITHIN)
    assert pressed.text == SAY("inline-not-yours")
    await world.sandbox.press(person, sent.message_id, SAY("button-emoji"), talk, WITHIN)
    await _until(world, lambda: mark.is_marked(sent.text) and not mark.strip(sent.text).startswith("…"))
    assert not any(letter.isalpha() for letter in mark.strip(sent.text))
    # Without Telegram's word of the choice, the button voices it.
    sent.buttons()[0]["callback_data"] = button
    await world.sandbox.press(person, sent.message_id, button, talk, WITHIN)
    await _until(world, lambda: mark.is_marked(sent.text) and mark.strip(sent.text).startswith("…"))
    assert await asyncio.to_thread(world.bridge.archive.count, other.id) == 0

    # To the bot itself it is no further scene.
    offer = await world.sandbox.ask_inline(person, "keydoor")
    sent = await world.sandbox.choose_inline(person, offer, "silence")
    await _until(world, lambda: mark.is_marked(sent.text))
    assert [each.text for each in _bots(world, person)] == [SAY("help").strip()]

    long = "ashflashlifesilence" * 3
    offer = await world.sandbox.ask_inline(person, long, talk)
    sent = await world.sandbox.choose_inline(person, offer, "silence", talk)
    assert all(len(each["callback_data"].encode()) <= 64 for each in sent.buttons())
    await _until(world, lambda: mark.is_marked(sent.text))


async def test_in_a_group_it_speaks_when_it_is_spoken_to(world: World) -> None:
    person, admin = _person(world, "Member"), _person(world, "Admin")
    forum = world.sandbox.add_group("Topics", [person, admin], forum=True)
    world.sandbox.administrators[forum.id] = {admin.id}
    topic = world.sandbox.add_topic(person, forum, "Scenes")
    for unheard in ("snowwolf", "/help@other_bot", "@hyperbridge_bot_2 snowwolf"):
        await world.sandbox.say(person, unheard, forum, thread=topic)
    await world.sandbox.say(person, "@hyperbridge_bot, silence: snowwolf", forum, thread=topic)
    await _until(world, lambda: any(mark.is_marked(each.text) for each in _bots(world, forum)))
    [voiced] = _bots(world, forum)
    assert mark.read(voiced.text) == mark.Mark("snowwolf", 1)
    assert voiced.message_thread_id == topic

    await world.sandbox.say(person, "silence: keydoor", forum, reply_to=voiced, thread=topic)
    await _until(world, lambda: any("keydoor" in each.text for each in _bots(world, forum)))

    for asker, told in ((person, SAY("set-admins-only")), (admin, SAY("form-is-auto"))):
        await world.sandbox.say(asker, "/form", forum, thread=topic)
        await _until(world, lambda told=told: _bots(world, forum)[-1].text == told)
    assert all(each.message_thread_id == topic for each in _bots(world, forum))


async def test_writing_is_stopped_on_demand(world: World) -> None:
    person = _person(world, "Stopper")
    assert (await world.ask(person, "/cancel")).text == SAY("stopped-nothing")
    await world.sandbox.say(person, "/essay ash flash life silence stone river time")
    await _until(world, lambda: world.sandbox.draft(person))
    told = SAY("stopped", what=SAY("stopped-writing", count=1))
    assert (await world.ask(person, "/cancel")).text == told
    assert not await asyncio.to_thread(world.bridge.archive.renderings.last, person.id)


async def test_nothing_is_written_for_who_blocked_the_bot(world: World) -> None:
    person = _person(world, "Gone")
    await world.sandbox.say(person, "/essay ash flash life silence stone river time")
    await _until(world, lambda: world.sandbox.draft(person))
    world.sandbox.block(person)
    backend = world.bridge.models.backend
    assert backend is not None
    for _ in range(200):
        if not backend.load():
            break
        await asyncio.sleep(0.1)
    assert not backend.load()
    assert not await asyncio.to_thread(world.bridge.archive.renderings.last, person.id)


async def test_no_fault_of_the_network_loses_a_text(world: World) -> None:
    person = _person(world, "Flood")
    faults = world.sandbox.faults
    faults.fail_next("sendMessage", Fault.BROKEN)
    faults.fail_next("sendMessage", Fault.TOO_MANY)
    faults.fail_next("sendMessageDraft", Fault.BROKEN)
    faults.fail_next("sendChatAction", Fault.BROKEN)
    reply = await world.ask(person, "/silence snowwolf")
    assert mark.read(reply.text) == mark.Mark("snowwolf", 1)
    assert len(_bots(world, person)) == 1


async def test_the_archive_in_numbers(world: World) -> None:
    person = _person(world, "Счёт", "ru")
    assert (await world.ask(person, "/stats")).text == RU("stats-nothing")
    await world.ask(person, "/silence snowwolf")
    told = (await world.ask(person, "/stats")).text.split("\n")
    assert re.match(r"1 сцена с \d{4}-\d\d-\d\d$", told[0])
    assert told[1] == "1 текст"
    assert re.match(r"\d+ слов[оа]? в них$", told[2])
    assert re.match(r"писались \d+ мин \d+ с$", told[3])


async def test_commands_are_told_for_each_language_and_kind_of_chat(world: World) -> None:
    commands = world.sandbox.commands
    kinds = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
    for kind in kinds:
        for lang, say in (("", SAY), ("ru", RU)):
            told = {one["command"]: one["description"] for one in commands[f'{{"type": "{kind}"}}', lang]}
            assert told["silence"] == say("command-silence")
            assert ("settings" in told) is (kind != "all_group_chats")
            assert set(told) <= set(COMMANDS)


async def test_it_says_in_each_language_what_it_is(world: World) -> None:
    about = world.sandbox.about
    for lang, say in (("", SAY), ("ru", RU)):
        assert about["description", lang] == say("bot-description").strip()
        assert about["short_description", lang] == say("bot-short-description")


async def test_what_is_plain_is_not_quoted(world: World) -> None:
    person = _person(world, "Quoted")
    assert (await world.ask(person, "/help")).reply_to_message is None
    menu = await world.ask(person, "/form")
    assert menu.reply_to_message is None
    asked = await world.sandbox.say(person, "/silence snowwolf")
    [voiced] = [await world.next(person, len(world.sandbox.history(person)) - 1)]
    assert voiced.reply_to_message is asked
    before = len(world.sandbox.history(person))
    await _press(world, person, voiced, SAY("button-mark"))
    assert (await world.next(person, before)).reply_to_message is voiced
    group = world.sandbox.add_group("Quoting", [person])
    asked = await world.sandbox.say(person, "/help", group)
    await _until(world, lambda: _bots(world, group))
    assert _bots(world, group)[0].reply_to_message is asked
