"""``/noise`` and ``/sigma`` in a chat of the sandbox, with the small model at two levels."""

from __future__ import annotations

import asyncio

import pytest
from test_conversation import WITHIN, World, world  # noqa: F401
from test_zones_chat import photo_size

from bot.sandbox.objects import Message, User
from bot.texts import texts
from scene.atoms import Lang

pytestmark = pytest.mark.asyncio(loop_scope="module")

EN, RU = texts(Lang.EN), texts(Lang.RU)
# The packaged file's own level, which needn't be built, and one that is far from the reference.
ASKED = "/noise SCN-1 silence Q4_1 Q2_K"


@pytest.fixture(scope="module")
def person(world: World) -> User:  # noqa: F811
    return world.sandbox.add_person("Noemi", language_code="en")


async def photo(world: World, person: User, after: int) -> Message:  # noqa: F811
    """The first picture after so many messages."""
    said = world.sandbox.history
    found = await world.sandbox.wait_for(
        lambda: next((m for m in said(person)[after:] if m.photo), None), WITHIN
    )
    assert found is not None
    return found


async def pressed(world: World, person: User, message: Message, button: str) -> Message:  # noqa: F811
    """What the bot says to a button."""
    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, message.message_id, button, within=WITHIN)
    return await world.next(person, before)


async def test_a_text_is_measured_shown_and_kept(world: World, person: User) -> None:  # noqa: F811
    other = world.sandbox.add_person("Второй", language_code="ru")
    assert (await world.ask(person, "/noise")).text == EN("noise-needs-scene")
    written = await world.ask(person, "/silence snowwolf")
    before = len(world.sandbox.history(person))
    shown = await world.ask(person, ASKED)
    assert shown.text.startswith("📊 SCN-1 snowwolf — silence")
    assert [button["text"] for button in shown.buttons()] == [EN("measuring-stop")]

    # One of a chat at a time, and one of all chats: others wait, and may leave the line.
    assert (await world.ask(person, "/sigma SCN-1")).text == EN("measuring-already")
    waits = await world.ask(other, "/noise snowwolf silence Q4_1")
    assert RU("measuring-waits", heading="", before=1).strip() in waits.text
    await world.sandbox.press(other, waits.message_id, RU("measuring-stop"), within=WITHIN)
    await world.sandbox.wait_for(lambda: waits.text.endswith(RU("measuring-cancelled")), WITHIN)
    assert waits.buttons() == []
    waits = await world.ask(other, "/noise snowwolf silence Q4_1")
    stopped = await world.ask(other, "/cancel")
    assert stopped.text == RU("stopped", what=RU("stopped-measuring", count=1))
    await world.sandbox.wait_for(lambda: waits.text.endswith(RU("measuring-cancelled")), WITHIN)

    picture = await photo(world, person, before)
    assert photo_size(world, picture)[0] == 1_080
    assert shown.text.startswith("SCN-1 snowwolf — silence\n")
    (table,) = [each for each in shown.entities if each.type == "pre"]
    lines = [line.split() for line in shown.text[table.offset : table.end].split("\n")]
    rows = {level: cells for level, *cells in lines}
    assert rows["F32"][:2] == ["0", "100"]
    assert float(rows["Q2_K"][1]) > float(rows["Q4_1"][1]) >= 0
    assert EN("noise-reference", reference="F32", source="Q4_1") in shown.text

    # It was the reply's own seed and form.
    [kept] = await asyncio.to_thread(world.bridge.archive.measurements.last, person.id, 5)
    [(_, rendering)] = await asyncio.to_thread(world.bridge.archive.renderings.last, person.id)
    assert kept.measurement.found["seed"] == rendering.seed
    assert rendering.text in written.text
    assert await asyncio.to_thread(world.bridge.archive.measurements.last, other.id, 5) == []


async def test_every_text_is_read_and_earlier_runs_are_shown_again(world: World, person: User) -> None:  # noqa: F811
    [kept] = await asyncio.to_thread(world.bridge.archive.measurements.last, person.id, 5)
    found = kept.measurement.found
    listed = await world.ask(person, "/noise")
    assert f"No. {kept.id} · SCN-1 snowwolf — silence" in listed.text
    before = len(world.sandbox.history(person))
    shown = await pressed(world, person, listed, f"№ {kept.id}")
    assert photo_size(world, await photo(world, person, before))[0] == 1_080
    reference = await pressed(world, person, shown, EN("noise-button-reference", level="F32"))
    assert reference.text == f"{EN('noise-reference-head', reference='F32')}\n\n{found['text']}"
    for level, button in zip(found["levels"], shown.buttons()[1:], strict=True):
        told = await pressed(world, person, shown, button["text"])
        assert told.text.replace("✂", "").endswith(level["text"])
        assert ("✂" in told.text) == (level["divergence_at"] is not None)
        rest = level["text"][level["divergence_at"] or 0 :].strip()
        if level["divergence_at"] is not None and rest:
            assert (told.entities[-1].type, told.entities[-1].length) == ("bold", len(rest))

    compared = await world.ask(person, f"/noise {kept.id} {kept.id}")
    assert EN("noise-compared-same-text") in compared.text
    assert EN("noise-compared-verdict", number=kept.id, more=0, count=2) in compared.text
    stranger = world.sandbox.add_person("Stranger", language_code="en")
    unknown = await world.ask(stranger, f"/noise {kept.id}")
    assert unknown.text == EN("noise-unknown", number=str(kept.id))

    menu = await world.ask(stranger, "/silence keydoor")
    for forged in (
        f"noise-text:{kept.id}:0", f"noise-run:{kept.id}", "noise-text:x:1", "noise:1:opera", "noise:²:poem",
        "noise-text:1", "noise-run:99999999999999999999",
    ):  # fmt: skip
        menu.buttons()[0]["callback_data"] = forged
        answer = await world.sandbox.press(stranger, menu.message_id, forged, within=WITHIN)
        assert answer.text == EN("button-old"), forged


async def test_a_run_is_cancelled_and_only_by_its_own_chat(world: World, person: User) -> None:  # noqa: F811
    stranger = world.sandbox.add_person("Thief", language_code="en")
    menu = await world.ask(stranger, "/silence keydoor")
    written = await world.ask(person, "/silence snowwolf")
    written.buttons()[0]["callback_data"] = "noise:1:silence"
    before = len(world.sandbox.history(person))
    await world.sandbox.press(person, written.message_id, "noise:1:silence", within=WITHIN)
    shown = await world.next(person, before)
    menu.buttons()[0]["callback_data"] = shown.buttons()[0]["callback_data"]
    answer = await world.sandbox.press(
        stranger, menu.message_id, shown.buttons()[0]["callback_data"], within=WITHIN
    )
    assert answer.text == EN("measuring-over")
    answer = await world.sandbox.press(person, shown.message_id, EN("measuring-stop"), within=WITHIN)
    assert answer.text == EN("measuring-stopping")
    await world.sandbox.wait_for(lambda: shown.text.endswith(EN("measuring-cancelled")), WITHIN)
    assert len(await asyncio.to_thread(world.bridge.archive.measurements.last, person.id, 5)) == 1


async def test_what_levels_hear_in_a_text_is_told(world: World, person: User) -> None:  # noqa: F811
    assert (await world.ask(person, "/sigma")).text == EN("sigma-needs-scene")
    told = await world.ask(person, "/sigma SCN-1 silence Q2_K")
    assert told.text.startswith("Σ SCN-1 snowwolf — silence\n")
    await world.sandbox.wait_for(lambda: not told.buttons(), WITHIN)
    silent = EN("sigma-silent", levels="Q2_K")
    assert silent in told.text or "• " in told.text
    assert silent in told.text or "(Q2_K)" in told.text


async def test_what_is_forgotten_has_no_measurement(world: World, person: User) -> None:  # noqa: F811
    question = await world.ask(person, "/forget SCN-1")
    await world.sandbox.press(person, question.message_id, EN("button-forget"), within=WITHIN)
    await world.sandbox.wait_for(lambda: question.text == EN("forgotten-scene", code="SCN-1"), WITHIN)
    assert (await world.ask(person, "/noise")).text == EN("noise-needs-scene")
    assert (await world.ask(person, ASKED)).text == EN("scene-unknown-code", code="SCN-1")


async def test_levels_that_are_none_and_texts_that_are_no_scene_are_told(world: World, person: User) -> None:  # noqa: F811
    assert (await world.ask(person, "/noise 12345678")).text == EN("noise-unknown", number="12345678")
    assert (await world.ask(person, "/noise SCN-77 poem")).text == EN("scene-unknown-code", code="SCN-77")
