"""Each chat owns its scenes: nobody gets at them but by a link; they are forgotten, taken out and in."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import test_conversation
from test_conversation import WITHIN, World

from bot.sandbox.objects import Message, User
from bot.texts import texts
from scene import mark
from scene.atoms import Lang
from scene.parse import parse
from storage.records import Rendering, StoredScene

world = test_conversation.world
pytestmark = pytest.mark.asyncio(loop_scope="module")
say = texts(Lang.EN)

SECRET = "The lighthouse keeper whispers to nobody but the tide."


def rendering(text: str, seed: int = 7) -> Rendering:
    return Rendering("poem", "poet", Lang.EN, text, "smollm2-135m", seed, 0.5, 1.0, 8, 1.25)


def keep(world: World, person: User, source: str, text: str = SECRET) -> StoredScene:
    """Put a scene with a text into a person's chat, as if the bot had written it there."""
    words = parse(source)
    vector = np.full(8, 8**-0.5, dtype=np.float32)
    return world.bridge.archive.keep_rendering(person.id, words, rendering(text), vector, "test")


def sealed(stored: StoredScene, text: str = SECRET) -> str:
    return mark.seal(text, stored.scene.mnemonic, stored.number)


def forwarded(world: World, person: User, text: str) -> Message:
    """A text in a person's chat to be replied to, which the bot has not been asked about."""
    return world.sandbox.deliver(person, world.sandbox.chats[person.id], text=text)


async def press(world: World, person: User, data: str) -> str:
    """Press a button with this data, which the bot may never have made; what it says to that."""
    button = {"text": "?", "callback_data": data}
    message = world.sandbox.deliver(
        world.sandbox.bot,
        world.sandbox.chats[person.id],
        text="?",
        reply_markup={"inline_keyboard": [[button]]},
    )
    before = len(world.sandbox.history(person))
    answer = await world.sandbox.press(person, message.message_id, data, within=WITHIN)
    if answer.text:
        return answer.text
    await world.sandbox.wait_for(
        lambda: message.text != "?" or len(world.sandbox.history(person)) > before, WITHIN
    )
    return message.text if message.text != "?" else world.sandbox.history(person)[-1].text


async def documents(world: World, person: User, text: str) -> list[Message]:
    """Send a command and wait for the bot's files; the last one has a caption."""
    before = len(world.sandbox.history(person))
    await world.sandbox.say(person, text)

    def sent() -> list[Message] | None:
        found = [message for message in world.sandbox.history(person)[before:] if message.document]
        return found if found and found[-1].text else None

    found = await world.sandbox.wait_for(sent, WITHIN)
    assert found is not None
    return found


async def upload(world: World, person: User, content: bytes, name: str) -> str:
    before = len(world.sandbox.history(person))
    await world.sandbox.send_document(person, content, name)
    return (await world.next(person, before + 1)).text


async def link(world: World, person: User, code: str) -> str:
    """Share a scene; the link's token."""
    found = re.search(
        r"https://t\.me/hyperbridge_bot\?start=([\w-]+)", (await world.ask(person, f"/share {code}")).text
    )
    assert found
    return found[1]


async def test_no_door_tells_whether_another_chat_has_a_scene(world: World) -> None:
    owner = world.sandbox.add_person("Owner", language_code="en")
    thief = world.sandbox.add_person("Thief", language_code="en")
    for step in range(6):
        theirs = keep(world, owner, f"fire|water|{'abcdef'[step]}stone", f"{SECRET} {step}")
    keep(world, thief, "key|door", "A door of my own.")
    assert theirs.number == 6

    doors = (
        "/scene SCN-{}", "/scene SCN-{} silence", "SCN-{}", "SCN-{} as emoji", "/poem SCN-{}", "Δ SCN-{}",
        "/recall SCN-{}", "/recall Δ SCN-{}", "/share SCN-{}", "/unshare SCN-{}", "/forget SCN-{}",
        "/start SCN-{}", "what did they say in SCN-{}?", "/share scn-00{}",
    )  # fmt: skip
    for door in doors:
        foreign = (await world.ask(thief, door.format(6))).text
        nobodys = (await world.ask(thief, door.format(7777))).text
        assert foreign.replace("6", "7777") == nobodys, door
        assert "lighthouse" not in foreign

    quoting = ("/why", "/share", "/forget", "/unshare", "/silence", "silence")
    for command in quoting:
        answers = []
        for number in (6, 7777):
            quoted = forwarded(world, thief, f"{SECRET} 5\n\nΔ SCN-{number}")
            answers.append(await world.ask(thief, command, reply_to=quoted))
        assert answers[0].text.replace("6", "7777") == answers[1].text, command

    forged = ("{}:poem", f"forget:{thief.id}:{{}}", f"forget:{owner.id}:{{}}", "forget::{}", "forget:{}")
    for data in forged:
        foreign, nobodys = [await press(world, thief, data.format(number)) for number in (6, 7777)]
        assert foreign.replace("6", "7777") == nobodys, data
    assert world.bridge.archive.count(owner.id) == 6
    assert world.bridge.archive.shares.of(owner.id) == []


async def test_a_forwarded_text_gives_its_scene_and_nothing_of_the_other_chat(world: World) -> None:
    owner = world.sandbox.add_person("Owner", language_code="en")
    friend = world.sandbox.add_person("Friend", language_code="en")
    for source in ("sea|salt", "ash|flash"):
        theirs = keep(world, owner, source)
    other = keep(world, owner, "storm|door", "Nobody forwarded this.")
    keep(world, friend, "key|door", "A door of my own.")
    read = (await world.ask(friend, sealed(theirs))).text
    assert mark.read(read) == mark.Mark("ashflash", None)  # the scene, but not its number there
    assert world.bridge.archive.count(friend.id) == 1
    quoted = forwarded(world, friend, sealed(theirs))
    assert (await world.ask(friend, "/why", reply_to=quoted)).text == say("why-nothing")
    voiced = await world.ask(friend, "/silence", reply_to=quoted)
    assert mark.read(voiced.text) == mark.Mark("ashflash", 2)  # a scene of one's own, and its first text
    mine = world.bridge.archive.scene(friend.id, 2)
    assert mine is not None
    assert len(world.bridge.archive.renderings.of(mine)) == 1
    assert SECRET not in "".join(m.text for m in world.sandbox.history(friend) if m.from_user.is_bot)
    assert other.scene.mnemonic not in "".join(m.text for m in world.sandbox.history(friend))


async def test_what_others_keep_changes_nothing_in_what_is_recalled(world: World) -> None:
    owner = world.sandbox.add_person("Owner", language_code="en")
    thief = world.sandbox.add_person("Thief", language_code="en")
    for source in ("violet|anvil", "violet|lamp", "key|door"):
        keep(world, thief, source, f"About {source.replace('|', ' and ')}.")
    probes = (
        "/recall violet",
        "/recall violet anvil",
        "/recall lamp",
        "violet anvil is a sentence about us all",
    )
    before = [(await world.ask(thief, probe)).text for probe in probes]
    for step in range(30):
        keep(world, owner, f"violet|anvil|{chr(97 + step % 26)}{chr(97 + step // 26)}stone")
    assert [(await world.ask(thief, probe)).text for probe in probes] == before


async def test_an_export_holds_everything_of_one_chat_and_nothing_of_another(world: World) -> None:
    owner = world.sandbox.add_person("Owner", language_code="en")
    thief = world.sandbox.add_person("Thief", language_code="ru")
    keep(world, owner, "sea|salt")
    empty = await documents(world, thief, "/export")
    assert [message.document.file_name for message in empty if message.document] == ["hyperbridge.html"]
    nasty = '</p><script>alert(1)</script>\n<img src=x onerror=alert(2)> & "quoted"'
    mine = keep(world, thief, "key|door", nasty)
    lines, page = await documents(world, thief, "/export")
    assert lines.document
    assert page.document
    (line,) = map(json.loads, lines.document.content.decode().splitlines())
    assert (line["code"], line["renderings"][0]["text"]) == ("SCN-1", nasty)
    found = _Page()
    found.feed(page.document.content.decode())
    assert not found.tags & {"script", "img", "link", "iframe", "object"}
    assert nasty in found.text
    assert mark.write(mine.scene.mnemonic, 1) in found.text
    assert mine.created_at.date().isoformat() in found.text
    assert "prefers-color-scheme: dark" in found.text
    assert SECRET not in lines.document.content.decode() + found.text


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_an_export_sent_back_is_taken_in_once(world: World) -> None:
    giver = world.sandbox.add_person("Giver", language_code="en")
    taker = world.sandbox.add_person("Taker", language_code="en")
    keep(world, giver, "sea|salt")
    keep(world, giver, "sea|salt", "Another text.")
    world.bridge.archive.own_words.teach(giver.id, "seagod")
    sent = (await documents(world, giver, "/export"))[0].document
    assert sent
    assert await upload(world, taker, sent.content, sent.file_name) == say(
        "import-done", scenes=1, renderings=2, words=1
    )
    again = await upload(world, taker, sent.content, "../../etc/passwd.JSONL")
    assert again == say("import-done", scenes=0, renderings=0, words=0)
    assert (await world.ask(taker, "/recall sea salt")).text.split("\n")[1].startswith("SCN-1 · seasalt")
    hostile = b'{"source": "keydoor"}\n' + b"\xff\n" * 9 + b"[" * 100_000 + b'\n{"source": "\\u0000"}\n'
    told = (await upload(world, taker, hostile, "x.jsonl")).split("\n")
    assert told[0] == say("import-done", scenes=1, renderings=0, words=0)
    assert told[1].startswith("line 2 ")
    assert told[6] == say("import-more", count=6)
    assert await upload(world, taker, b"%PDF", "poem.pdf") == say("not-text")


async def test_a_scene_is_shared_by_a_link_until_it_is_closed(world: World) -> None:
    owner = world.sandbox.add_person("Owner", language_code="en")
    friend = world.sandbox.add_person("Friend", language_code="en")
    keep(world, owner, "storm|door", "Not shared.")
    theirs = keep(world, owner, "sea|salt")
    keep(world, friend, "key|door")
    assert (await world.ask(owner, "/shares")).text == say("shares-none")
    token = await link(world, owner, "SCN-2")
    assert "SCN-2 · seasalt" in (await world.ask(owner, "/shares")).text
    assert (await world.ask(friend, "/shares")).text == say("shares-none")

    before = len(world.sandbox.history(friend))
    told = await world.ask(friend, f"/start {token}")
    assert told.text == say("share-taken", mnemonic="seasalt", code="SCN-2", count=1)
    copy = await world.next(friend, before + 2)
    assert copy.text == sealed(theirs)
    assert (await world.ask(friend, f"/start {token}")).text == say(
        "share-known", mnemonic="seasalt", code="SCN-2"
    )
    assert [line["mnemonic"] for line in world.bridge.archive.export(friend.id)] == ["keydoor", "seasalt"]

    quoted = next(m for m in world.sandbox.history(friend) if m.text == copy.text)
    assert (await world.ask(friend, "/unshare", reply_to=quoted)).text == say(
        "unshared", code="SCN-2", count=0
    )
    assert (await world.ask(owner, "/unshare SCN-2")).text == say("unshared", code="SCN-2", count=1)
    late = world.sandbox.add_person("Late", language_code="en")
    for dead in (token, token[:-1], "x", "SCN-2", f"{token} {token}"):
        assert (await world.ask(late, f"/start {dead}")).text == say("share-unknown")
    assert world.bridge.archive.count(late.id) == 0
    assert (await world.ask(late, "/start")).text == say("start").strip()
    assert (await world.ask(owner, "/share snow")).text == say("keeping-needs-code")
    foreign = await world.ask(friend, "/share 🜂 stormdoor")
    assert foreign.text == say("keeping-not-here", mnemonic="stormdoor")


async def test_forgetting_asks_first(world: World) -> None:
    person = world.sandbox.add_person("Person", language_code="en")
    for source in ("sea|salt", "key|door"):
        keep(world, person, source)
    asked = await world.ask(person, "/forget SCN-1")
    assert asked.text == say("forget-scene", code="SCN-1", mnemonic="seasalt", count=1)
    forget, leave = (button["callback_data"] for button in asked.buttons())
    await world.sandbox.press(person, asked.message_id, leave, within=WITHIN)
    await world.sandbox.wait_for(lambda: asked.text == say("forget-kept"), WITHIN)
    assert not asked.buttons()
    assert world.bridge.archive.count(person.id) == 2

    asked = await world.ask(person, "/forget SCN-1")
    await world.sandbox.press(person, asked.message_id, forget, within=WITHIN)
    await world.sandbox.wait_for(lambda: asked.text == say("forgotten-scene", code="SCN-1"), WITHIN)
    assert [stored.number for stored in world.bridge.archive.scenes(person.id)] == [2]
    assert "no scene SCN-1" in (await world.ask(person, "/scene SCN-1")).text


async def test_only_the_one_who_asked_may_confirm(world: World) -> None:
    asker = world.sandbox.add_person("Asker", language_code="en")
    other = world.sandbox.add_person("Other", language_code="en")
    group = world.sandbox.add_group("Friends")
    world.bridge.archive.keep(group.id, parse("sea|salt"))
    await world.sandbox.say(asker, "/forget SCN-1", chat=group)
    asked = await world.sandbox.wait_for(
        lambda: next((m for m in world.sandbox.history(group) if m.from_user.is_bot), None), WITHIN
    )
    assert asked is not None
    forget = asked.buttons()[0]["callback_data"]
    answer = await world.sandbox.press(other, asked.message_id, forget, chat=group, within=WITHIN)
    assert answer.text == say("forget-not-yours")
    assert world.bridge.archive.count(group.id) == 1
    await world.sandbox.press(asker, asked.message_id, forget, chat=group, within=WITHIN)
    await world.sandbox.wait_for(lambda: not asked.buttons(), WITHIN)
    assert world.bridge.archive.count(group.id) == 0


async def test_everything_is_forgotten_unless_it_has_changed_since(world: World) -> None:
    person = world.sandbox.add_person("Person", language_code="en")
    other = world.sandbox.add_person("Other", language_code="en")
    keep(world, other, "sea|salt")
    keep(world, person, "sea|salt")
    world.bridge.archive.own_words.teach(person.id, "seagod")
    asked = await world.ask(person, "/forget all")
    assert asked.text == say("forget-everything", scenes=1, texts=1, words=1)
    keep(world, person, "key|door")
    forget = asked.buttons()[0]["callback_data"]
    await world.sandbox.press(person, asked.message_id, forget, within=WITHIN)
    await world.sandbox.wait_for(lambda: asked.text == say("forget-changed"), WITHIN)
    assert world.bridge.archive.count(person.id) == 2
    asked = await world.ask(person, "/forget all")
    await world.sandbox.press(person, asked.message_id, asked.buttons()[0]["callback_data"], within=WITHIN)
    await world.sandbox.wait_for(lambda: asked.text == say("forgotten-everything", count=2), WITHIN)
    assert list(world.bridge.archive.export(person.id)) == []
    assert world.bridge.archive.count(other.id) == 1
