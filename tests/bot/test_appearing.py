"""A text appears where it was begun: without drafts, after a crash, beside many others."""

from __future__ import annotations

import asyncio

import pytest
from test_jobs import Place, place

from bot.sandbox.methods import METHODS
from scene import mark

__all__ = ["place"]  # the fixture

WITHIN = 120.0

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_server_without_drafts_sees_edits(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(METHODS, "sendmessagedraft")
    person = place.sandbox.add_person("Anna", language_code="en")
    async with place.serving():
        await place.sandbox.say(person, "/formula snow wolf river")
        await place.sandbox.wait_for(lambda: place.answers(person), WITHIN)
        [begun] = place.answers(person)
        assert begun.text.endswith(" …")
        assert not begun.buttons()
        await place.sandbox.wait_for(lambda: mark.is_marked(begun.text), WITHIN)
        assert begun.buttons()
        # What is said of a weak text may follow it, but no second text.
        assert [each for each in place.answers(person) if mark.is_marked(each.text)] == [begun]


async def test_a_text_begun_before_a_crash_is_finished_in_its_place(place: Place) -> None:
    person = place.sandbox.add_person("Vera", language_code="en")
    await place.left_behind(person, "/silence snowwolf")
    [asked] = place.sandbox.history(person)
    begun = place.sandbox.deliver(place.sandbox.bot, asked.chat, text="the snow …")
    await asyncio.to_thread(place.bridge.archive.answers.put, person.id, asked.message_id, begun.message_id)
    async with place.serving():
        await place.sandbox.wait_for(lambda: mark.is_marked(begun.text), WITHIN)
    assert mark.read(begun.text) == mark.Mark("snowwolf", 1)
    assert place.answers(person) == [begun]


async def test_in_a_group_of_many_only_the_text_is_sent(place: Place) -> None:
    people = [place.sandbox.add_person(f"P{number}", language_code="en") for number in range(13)]
    crowd = place.sandbox.add_group("Crowd", people)
    async with place.serving():
        await place.sandbox.say(people[0], "/silence snowwolf", crowd)
        await place.sandbox.wait_for(lambda: len(place.sandbox.history(crowd)) > 1, WITHIN)
        [_, text, *_] = place.sandbox.history(crowd)
    assert mark.is_marked(text.text)
    assert text.edit_date is None
