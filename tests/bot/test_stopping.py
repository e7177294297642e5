"""/cancel stops what a person has going on and waiting; measurements stand beside scenes."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from test_jobs import WITHIN, Place, place  # noqa: F401

from bot.sandbox.objects import Chat, User
from bot.texts import texts
from scene import mark
from scene.atoms import Lang

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAY, RU = texts(Lang.EN), texts(Lang.RU)
LONG = "/essay ash flash life silence stone river time"


async def begun(place: Place, chat: User | Chat, since: int = 0) -> None:  # noqa: F811
    """Wait until a text is seen as it is written."""

    def seen() -> bool:
        told = [each.text for each in place.answers(chat)[since:]]
        return place.sandbox.draft(chat) is not None or any(text.endswith(" …") for text in told)

    await place.sandbox.wait_for(seen, WITHIN)


async def told(place: Place, chat: User | Chat, text: str) -> None:  # noqa: F811
    """Wait until the bot has said this."""
    await place.sandbox.wait_for(lambda: text in [each.text for each in place.answers(chat)], WITHIN)


async def test_what_waits_leaves_the_line_for_good(place: Place) -> None:  # noqa: F811
    person = place.sandbox.add_person("Стоп", language_code="ru")
    async with place.serving():
        await place.sandbox.say(person, LONG)
        await begun(place, person)
        for text in ("/silence snowwolf", "/noise snowwolf", "/silence keydoor"):
            await place.sandbox.say(person, text)
        await place.sandbox.say(person, "/cancel")
        kinds = (("writing", 1), ("waiting", 2), ("measuring", 1))
        stopped = ", ".join(RU(f"stopped-{kind}", count=count) for kind, count in kinds)
        assert stopped == "1 текст, который писался, 2 сцены, которые ждали, 1 измерение"
        await told(place, person, RU("stopped", what=stopped))
        await place.sandbox.say(person, "/cancel")
        await told(place, person, RU("stopped-nothing"))
        await place.answered(person, 2)
        with place.jobs() as jobs:
            assert jobs.counts() == (0, 0)
        await place.sandbox.say(person, "/silence firewater")
        await place.sandbox.wait_for(lambda: mark.is_marked(place.answers(person)[-1].text), WITHIN)
    async with place.serving():
        await place.sandbox.say(person, "/help")
        await told(place, person, RU("help").strip())
    marked = [each.text for each in place.answers(person)[:-1] if mark.is_marked(each.text)]
    assert [mark.read(text).mnemonic for text in marked] == ["firewater"]  # type: ignore[union-attr]


async def test_in_a_group_everybody_stops_their_own_and_an_admin_what_is_at_work(
    place: Place,  # noqa: F811
) -> None:
    ann, bob, admin = (place.sandbox.add_person(name, "en") for name in ("Ann", "Bob", "Admin"))
    group = place.sandbox.add_group("Stopped", [ann, bob, admin])
    place.sandbox.administrators[group.id] = {admin.id}
    async with place.serving():
        await place.sandbox.say(ann, LONG, group)
        await begun(place, group)
        await place.sandbox.say(ann, "/silence snowwolf", group)
        await place.sandbox.say(bob, "/cancel", group)
        await told(place, group, SAY("stopped-nothing"))
        await place.sandbox.say(admin, "/cancel", group)
        await told(place, group, SAY("stopped", what=SAY("stopped-writing", count=1)))
        # Ann's other scene is hers, and comes.
        await place.sandbox.wait_for(lambda: mark.is_marked(place.answers(group)[-1].text), WITHIN)
        assert mark.read(place.answers(group)[-1].text).mnemonic == "snowwolf"  # type: ignore[union-attr]


async def test_measurements_that_wait_hold_up_no_scene(place: Place) -> None:  # noqa: F811
    people = [place.sandbox.add_person(f"Measurer {n}", "en") for n in range(9)]
    measuring = place.bridge.measuring
    async with place.serving(), AsyncExitStack() as others:
        await others.enter_async_context(measuring.joined(0, 0))
        for person in people:
            await place.sandbox.say(person, "/noise snowwolf silence")
        for person in people:
            await place.sandbox.wait_for(lambda person=person: place.answers(person), WITHIN)
        await place.sandbox.say(people[0], "/silence keydoor")
        await place.sandbox.wait_for(lambda: mark.is_marked(place.answers(people[0])[-1].text), WITHIN)
        # One person measures one text at a time, in whatever chat; and the line has an end.
        group = place.sandbox.add_group("Measured", people[:1])
        await place.sandbox.say(people[0], "/noise snowwolf silence", group)
        await told(place, group, SAY("measuring-elsewhere"))
        for number in range(10):
            await others.enter_async_context(measuring.joined(-number - 1, -number - 1))
        late = place.sandbox.add_person("Late", "en")
        await place.sandbox.say(late, "/noise snowwolf silence")
        await told(place, late, SAY("measuring-full", count=20))
        for person in people:
            await place.sandbox.say(person, "/cancel")
            await told(place, person, SAY("stopped", what=SAY("stopped-measuring", count=1)))
