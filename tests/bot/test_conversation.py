"""The real bot with a real model, over HTTP, against the local Bot API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.bridge import Bridge
from bot.handlers import Conversation
from bot.sandbox import Sandbox, serve
from bot.sandbox.objects import Message, User
from bot.service import build
from bot.settings import Settings
from bot.texts import texts
from scene import mark
from scene.atoms import Lang
from scene.forms import Form
from scene.parse import parse

WITHIN = 120.0

FAULTS = tuple(texts(lang)("below-the-bar", reasons="|").split("|")[0] for lang in (Lang.RU, Lang.EN))


@dataclass
class World:
    """A running bot, the server it talks to, and who talks to it."""

    sandbox: Sandbox
    bridge: Bridge
    settings: Settings

    async def ask(self, person: User, text: str, reply_to: Message | None = None) -> Message:
        """Say something and wait for the next message of the bot."""
        before = len(self.sandbox.history(person))
        await self.sandbox.say(person, text, reply_to=reply_to)
        return await self.next(person, before + 1)

    async def next(self, person: User, after: int) -> Message:
        """The bot's first message after that many."""

        def newest() -> Message | None:
            said = self.sandbox.history(person)[after:]
            told = (message for message in said if message.from_user.id == self.sandbox.bot.id)
            # What is said of a weak text comes apart from it, and this model's texts are weak at times.
            return next((message for message in told if not (message.text or "").startswith(FAULTS)), None)

        found = await self.sandbox.wait_for(newest, WITHIN)
        assert found is not None
        return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("bot")
    sandbox = Sandbox(token="42:test", username="hyperbridge_bot")
    server = await serve(sandbox)
    settings = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={
            "token": SecretStr(sandbox.token),
            "api_url": server.url,
            "db": folder / "archive.db",
            "model": "smollm2-135m",
            "allowed_users": "*",
        }
    )
    bridge = Bridge(settings)
    application = build(settings, bridge)
    await application.initialize()
    await Conversation.introduce(application)
    await application.start()
    assert application.updater is not None
    await application.updater.start_polling(poll_interval=0.0, timeout=2)
    world = World(sandbox, bridge, settings)
    yield world
    await application.updater.stop()
    await application.stop()
    await application.shutdown()
    await bridge.close()
    await server.stop()


pytestmark = pytest.mark.asyncio(loop_scope="module")


def _mark(message: Message) -> mark.Mark:
    found = mark.read(message.text)
    assert found is not None
    return found


async def test_start_and_help_speak_the_persons_language(world: World) -> None:
    anna = world.sandbox.add_person("Анна", language_code="ru")
    john = world.sandbox.add_person("John", language_code="en")
    assert (await world.ask(anna, "/start")).text == texts(Lang.RU)("start").strip()
    assert (await world.ask(john, "/help")).text == texts(Lang.EN)("help").strip()


async def test_a_scene_becomes_a_text_and_the_text_its_scene(world: World) -> None:
    person = world.sandbox.add_person("Вера", language_code="ru")
    reply = await world.ask(person, "/formula seasaltmemory")
    scene = parse("seasaltmemory")
    assert _mark(reply) == mark.Mark(scene.mnemonic, 1)
    touch = ("again", "similar", "noise", "mark")
    assert [button["text"] for button in reply.buttons()] == [
        texts(Lang.RU)(f"button-{name}") for name in (*Form, *touch)
    ]
    assert any(action.action == "typing" for action in world.sandbox.chat_actions)

    back = await world.ask(person, reply.text)
    assert _mark(back) == mark.Mark(scene.mnemonic, 1)
    assert " → ".join(atom.text for atom in scene.atoms) in back.text

    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, reply.message_id, texts(Lang.RU)("button-emoji"))
    pressed = await world.next(person, before)
    assert _mark(pressed) == mark.Mark(scene.mnemonic, 1)
    assert not any(letter.isalpha() for letter in mark.strip(pressed.text))


async def test_a_form_is_named_by_word_by_reply_and_by_code(world: World) -> None:
    person = world.sandbox.add_person("Олег", language_code="ru")
    silent = await world.ask(person, "тишина: snowwolf")
    assert mark.strip(silent.text).startswith("…")
    by_reply = await world.ask(person, "формула", reply_to=silent)
    assert _mark(by_reply).number == 1
    by_code = await world.ask(person, "/scene SCN-1 тишина")
    assert mark.strip(by_code.text).startswith("…")
    plain = await world.ask(person, "lightningfogbreath")
    assert _mark(plain).number == 2


async def test_a_form_is_asked_for_in_plain_words(world: World) -> None:
    person = world.sandbox.add_person("Лев", language_code="ru")
    silent = await world.ask(person, "помолчи о snowwolf")
    assert mark.strip(silent.text).startswith("…")
    assert _mark(silent) == mark.Mark("snowwolf", 1)
    by_code = await world.ask(person, "SCN-1 в виде эмодзи")
    assert _mark(by_code).number == 1
    assert not any(letter.isalpha() for letter in mark.strip(by_code.text))


async def test_why_tells_the_reason_of_the_last_text_or_of_any(world: World) -> None:
    person = world.sandbox.add_person("Инна", language_code="ru")
    say = texts(Lang.RU)
    assert (await world.ask(person, "/why")).text == say("why-nothing")
    chosen = await world.ask(person, "firewater")
    assert (await world.ask(person, "/why")).text.startswith(say("why-kind", form="нарратив"))
    await world.ask(person, "turn snowwolf into silence")
    why = (await world.ask(person, "/why")).text
    assert why.startswith(say("why-named", form="тишина", wording="turn … into silence"))
    assert "архетипическая" in why
    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, chosen.message_id, say("button-silence"))
    pressed = await world.next(person, before)
    assert (await world.ask(person, "/why")).text.startswith(say("why-button", form="тишина"))
    # Both last scenes ended in silence at the person's wish.
    mood = await world.ask(person, "keydoor")
    assert mark.strip(mood.text).startswith("…")
    assert (await world.ask(person, "/why")).text.startswith(say("why-mood", form="тишина"))

    about_first = await world.ask(person, "/why", reply_to=chosen)
    assert about_first.text.startswith(say("why-kind", form="нарратив"))
    about_pressed = await world.ask(person, "/why", reply_to=pressed)
    assert about_pressed.text.startswith(say("why-button", form="тишина"))
    assert (await world.ask(person, "/why", reply_to=about_first)).text == say("why-nothing")


async def test_a_persona_speaks_in_a_chat_until_it_is_sent_off(world: World) -> None:
    person = world.sandbox.add_person("Гость", language_code="en")
    other = world.sandbox.add_person("Другой", language_code="en")
    say = texts(Lang.EN)
    shown = await world.ask(person, "/persona")
    assert shown.text.startswith(say("persona-off"))
    assert {"philosopher", "poet", "interface"} < {button["text"] for button in shown.buttons()}
    set_on = (await world.ask(person, "/persona Interface")).text
    assert set_on.startswith(say("persona-on", title="interface", count=1))
    assert (await world.ask(person, "/persona opera")).text.startswith("There is no persona")
    await world.ask(person, "firewater")
    why = (await world.ask(person, "/why")).text
    assert why.startswith(say("why-persona", form="formula", persona="interface", count=1))
    assert (await world.ask(other, "/persona")).text.startswith(say("persona-off"))
    assert (await world.ask(person, "/persona off")).text.startswith(say("persona-off"))


async def test_a_poet_puts_on_the_mask_that_a_scene_calls_for(world: World) -> None:
    person = world.sandbox.add_person("Тело", language_code="ru")
    say = texts(Lang.RU)
    worn = say("why-mask", mask="тело", kind="bodily")
    on = (await world.ask(person, "/persona поэт")).text
    assert on.startswith(say("persona-on", title="поэт", count=1))
    await world.ask(person, "/silence breathbodyheart")
    assert worn in (await world.ask(person, "/why")).text
    [(_, kept)] = await asyncio.to_thread(world.bridge.archive.renderings.last, person.id)
    assert kept.persona == "body+poet"
    await world.ask(person, "/silence keydoorlight")
    assert worn not in (await world.ask(person, "/why")).text

    on = (await world.ask(person, "/persona тело+поэт")).text
    assert on.startswith("Здесь одним голосом говорят тело и поэт.")
    await world.ask(person, "/silence keydoorlight")
    assert say("why-voice", persona="тело и поэт", count=2) in (await world.ask(person, "/why")).text


async def test_two_scenes_talk_and_are_led_back_to(world: World) -> None:
    person = world.sandbox.add_person("Двое", language_code="en")
    say = texts(Lang.EN)
    assert (await world.ask(person, "/dialogue")).text == say("dialogue-needs-scenes")
    assert (await world.ask(person, "/dialogue SCN-1 snowwolf")).text == say(
        "scene-unknown-code", code="SCN-1"
    )
    assert (await world.ask(person, "/dialogue snowwolf snowwolf")).text == say(
        "dialogue-same", mnemonic="snowwolf"
    )
    silent = await world.ask(person, "/silence breathbodyheart")
    talk = await world.ask(person, "/dialogue SCN-1 keydoorlight")
    assert mark.read_all(talk.text) == [mark.Mark("breathbodyheart", 1), mark.Mark("keydoorlight", 2)]
    replicas = mark.strip(talk.text).split("\n")
    assert len(replicas) == 4
    assert all(replica.startswith("— ") for replica in replicas)

    told = (await world.ask(person, "/why")).text.split("\n")
    assert told[0].startswith("SCN-1: the body and poet speak, replica by replica: breath | body heart.")
    assert told[0].endswith(say("dialogue-why-mask", mask="body", kind="bodily"))
    assert told[1] == "SCN-2: the philosopher speaks, replica by replica: key | door light."
    back = await world.ask(person, talk.text)
    assert mark.read_all(back.text) == mark.read_all(talk.text)
    assert (await world.ask(person, "/why", reply_to=talk)).text.split("\n") == told
    assert (await world.ask(person, "/why", reply_to=silent)).text.startswith("The form is silence")

    named = await world.ask(person, "/dialogue SCN-2 SCN-1 interface mind+poet")
    assert (await world.ask(person, "/why", reply_to=named)).text.startswith("SCN-2: the interface speaks")


async def test_a_persona_that_is_no_more_is_told(world: World) -> None:
    person = world.sandbox.add_person("Моряк", language_code="en")
    say = texts(Lang.EN)
    await asyncio.to_thread(world.bridge.archive.preferences.set_persona, person.id, "body+sailor")
    assert (await world.ask(person, "/silence snowwolf")).text == say("persona-gone", name="sailor")
    assert (await world.ask(person, "/persona off")).text.startswith(say("persona-off"))


async def test_a_chat_teaches_words_of_its_own(world: World) -> None:
    person = world.sandbox.add_person("Ян", language_code="ru")
    other = world.sandbox.add_person("Ева", language_code="ru")
    say = texts(Lang.RU)
    assert (await world.ask(person, "/teach")).text == say("own-words-none")
    learnt = (await world.ask(person, "/teach снежнобог, снег7 seagod")).text.split("\n")
    assert learnt[0] == say(
        "own-word-taught", word="снежнобог", scene="тишинаснежнобог", atoms="тишина → снежнобог"
    )
    assert learnt[1] == say("own-word-letters", word="снег7")
    assert "silence → seagod" in learnt[2]
    assert (await world.ask(person, "/teach")).text == say("own-words", count=2, words="seagod, снежнобог")

    reply = await world.ask(person, "/silence шагснежнобога")
    assert _mark(reply).mnemonic == "шаг·снежнобога"
    # The mark alone restores the scene where the word was never taught.
    back = await world.ask(other, reply.text)
    assert say("read-atoms", atoms="шаг → снежнобога") in back.text
    plain = await world.ask(other, "/silence шагснежнобога")
    assert _mark(plain).mnemonic == "шагснежнобога"

    assert (await world.ask(person, "/unteach")).text == say("unteach-needs-word")
    assert "снежно → бог" in (await world.ask(person, "/unteach снежнобог")).text
    assert (await world.ask(person, "/unteach снежнобог")).text == say("own-word-unknown", word="снежнобог")


async def test_a_chat_chooses_how_its_texts_are_marked(world: World) -> None:
    person = world.sandbox.add_person("Марк", language_code="ru")
    other = world.sandbox.add_person("Рита", language_code="ru")
    say = texts(Lang.RU)
    assert (await world.ask(person, "/mark")).text.startswith(say("mark-is-visible"))
    assert (await world.ask(person, "/mark громкая")).text == say(
        "mark-unknown", name="громкая", known="visible, short, woven"
    )
    assert (await world.ask(person, "/mark короткая")).text.startswith(say("mark-is-short"))
    short = await world.ask(person, "/silence snowwolf")
    assert short.text.endswith("\n\nΔ SCN-1")
    assert mark.FIRE not in short.text
    again = await world.ask(person, "формула", reply_to=short)
    assert mark.read(again.text) == mark.Mark(None, 1)

    assert (await world.ask(person, "/mark woven")).text.startswith(say("mark-is-woven"))
    assert (await world.ask(other, "/mark")).text.startswith(say("mark-is-visible"))
    scene = parse("seasaltmemory")
    woven = await world.ask(person, "/formula seasaltmemory")
    assert mark.DELTA + " SCN" not in woven.text
    assert _mark(woven) == mark.Mark(scene.mnemonic, 2)

    # Forwarded to another chat, quoted inside other words, named a form in reply, asked about.
    back = await world.ask(other, woven.text)
    assert " → ".join(atom.text for atom in scene.atoms) in back.text
    quoted = await world.ask(person, f"смотри, что было:\n{woven.text}\nкак тебе?")
    assert "SCN-2" in quoted.text
    restyled = await world.ask(person, "тишина", reply_to=woven)
    assert mark.strip(restyled.text).startswith("…")
    assert _mark(restyled) == mark.Mark(scene.mnemonic, 2)
    assert (await world.ask(person, "/why", reply_to=woven)).text.startswith(
        say("why-named", form="формула", wording="/formula")
    )

    # A piece of the mark is lost, and the archive still knows the text; another chat does not.
    torn = mark.strip(woven.text) + woven.text[-30:]
    found = (await world.ask(person, torn)).text
    assert "SCN-2" in found
    assert say("mark-damaged-found") in found
    assert (await world.ask(other, torn)).text == say("mark-damaged")


async def test_any_mark_is_a_reference(world: World) -> None:
    person = world.sandbox.add_person("Кира", language_code="ru")
    kept = await world.ask(person, "/silence firewater")
    for reference in ("Δ SCN-1", "scn-1", "🜂 firewater", kept.text):
        assert (await world.ask(person, f"/recall {reference}")).text.split("\n")[1].startswith("SCN-1 · ")
    for reference in ("Δ SCN-1", "🜂 firewater"):
        silent = await world.ask(person, f"/scene {reference} тишина")
        assert mark.strip(silent.text).startswith("…"), reference
        assert _mark(silent).number == 1
    assert _mark(await world.ask(person, f"/silence {kept.text}")).number == 1
    assert _mark(await world.ask(person, "помолчи о 🜂 firewater")).number == 1
    assert "оперы" in (await world.ask(person, "/scene SCN-1 оперы")).text
    # Somebody else's mark: the scene counts, not the number it had there.
    assert "SCN-1 · firewater" in (await world.ask(person, "/recall 🜂 firewater · Δ SCN-77")).text


async def test_recall_by_words_meaning_and_code(world: World) -> None:
    person = world.sandbox.add_person("Ира", language_code="ru")
    await world.ask(person, "/silence ashflashlifesilence")
    await world.ask(person, "/silence keydoorlight")
    for query in ("ash flash", "пепел вспышка жизнь тишина", "🪶⚡🌱🤫", "SCN-1"):
        found = await world.ask(person, f"/recall {query}")
        assert found.text.split("\n")[1].startswith("SCN-1 · ashflashlifesilence"), query


async def test_one_chat_never_sees_another(world: World) -> None:
    one = world.sandbox.add_person("Один", language_code="en")
    two = world.sandbox.add_person("Два", language_code="en")
    await world.ask(one, "/silence firewaterearth")
    assert "nothing" in (await world.ask(two, "/recall fire water earth")).text.lower()
    assert "no scene SCN-1" in (await world.ask(two, "/scene SCN-1")).text


async def test_help_answers_at_once_while_a_scene_is_written(world: World) -> None:
    person = world.sandbox.add_person("Быстрый", language_code="en")
    help_text = texts(Lang.EN)("help").strip()
    await world.sandbox.say(person, "/essay ashflashlifesilence")
    chat = world.sandbox.history(person)[0].chat
    await world.sandbox.wait_for(lambda: world.sandbox.chat_action(chat), WITHIN)  # typing: at work
    await world.sandbox.say(person, "/help")
    await world.sandbox.wait_for(
        lambda: any(m.text.endswith("Δ SCN-1") for m in world.sandbox.history(person)), WITHIN
    )
    answers = [m.text for m in world.sandbox.history(person) if m.from_user.id == world.sandbox.bot.id]
    assert answers[0] == help_text
    assert answers[1].endswith("Δ SCN-1")


async def test_bad_input_is_answered_in_one_sentence(world: World) -> None:
    person = world.sandbox.add_person("Тест", language_code="ru")
    say = texts(Lang.RU)
    assert (await world.ask(person, "12345")).text == say("scene-digits")
    assert (await world.ask(person, "<b>пепел</b>")).text == say("scene-markup")
    assert (await world.ask(person, "я")).text == say("scene-one-letter")
    assert (await world.ask(person, "/poem")).text == say("form-needs-scene", form="poem")
    assert (await world.ask(person, "/recall")).text == say("recall-needs-query")
    assert (await world.ask(person, "/scene снег")).text == say("scene-needs-code")
    assert (await world.ask(person, "/nonsense")).text == say("help").strip()


@pytest.mark.parametrize("data", ["1:opera", "x:poem", ":", "999", "1:poem:more", "²:poem"])
async def test_a_forged_button_is_told_and_does_nothing(world: World, data: str) -> None:
    person = world.sandbox.add_person("Форж", language_code="en")
    reply = await world.ask(person, "/silence snowwolf")
    assert all(len(button["callback_data"].encode()) <= 64 for button in reply.buttons())
    reply.buttons()[0]["callback_data"] = data
    answer = await world.sandbox.press(person, reply.message_id, data, within=WITHIN)
    assert answer.text == texts(Lang.EN)("button-old")


async def test_strangers_are_told_their_id_and_nothing_else(world: World, tmp_path: Path) -> None:
    closed = world.settings.model_copy(update={"allowed_users": "7, 8"})
    assert not closed.allows(9)
    assert closed.allows(8)
    sandbox = Sandbox(token="43:test", username="closed_bot")
    server = await serve(sandbox)
    settings = closed.model_copy(update={"api_url": server.url, "token": SecretStr(sandbox.token)})
    application = build(settings, world.bridge)
    try:
        await application.initialize()
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0.0, timeout=2)
        stranger = sandbox.add_person("Чужой", language_code="ru")
        await sandbox.say(stranger, "снегволк")
        told = await sandbox.wait_for(
            lambda: next((m for m in sandbox.history(stranger) if m.from_user.id == sandbox.bot.id), None),
            WITHIN,
        )
        assert told.text == texts(Lang.RU)("private", id=str(stranger.id))
    finally:
        assert application.updater is not None
        await application.updater.stop()
        await application.stop()
        await application.shutdown()
        await server.stop()
    assert await asyncio.to_thread(world.bridge.archive.count, stranger.id) == 0


async def test_a_text_that_is_not_good_enough_is_told_as_such(world: World) -> None:
    person = world.sandbox.add_person("Reader", language_code="en")
    # No model of this size keeps so many atoms in one story, whatever else is wrong with it.
    scene = "ash flash life silence stone river time wolf snow moon key door"
    await world.sandbox.say(person, f"/narrative {scene}")

    def told() -> Message | None:
        said = (message for message in world.sandbox.history(person) if message.text)
        return next((message for message in said if message.text.startswith(FAULTS)), None)

    fault = await world.sandbox.wait_for(told, WITHIN)
    assert fault is not None
    assert "it lost" in fault.text
