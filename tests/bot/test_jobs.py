"""Nothing accepted is lost, and nothing is answered twice: against a Telegram that fails, across restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr
from telegram import Bot, LinkPreviewOptions, ReplyParameters

from bot.arrivals import arrival
from bot.bridge import Bridge
from bot.sandbox import Fault, Rates, Sandbox, serve
from bot.sandbox.objects import Chat, Message, User
from bot.service import Service
from bot.settings import Settings
from bot.texts import texts
from scene.atoms import Lang
from storage.jobs import Job, Jobs, New

WITHIN = 60.0
TOKEN = "42:test"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Place:
    """A Telegram, an archive and a model; bots come and go."""

    sandbox: Sandbox
    settings: Settings
    bridge: Bridge

    @asynccontextmanager
    async def serving(self, **changed: object) -> AsyncIterator[Service]:
        """A bot at work."""
        service = Service(self.settings.model_copy(update=changed), self.bridge)
        await service.start()
        try:
            yield service
        finally:
            await service.stop()

    def answers(self, person: User | Chat) -> list[Message]:
        """What the bot has said to somebody."""
        return [each for each in self.sandbox.history(person) if each.from_user.id == self.sandbox.bot.id]

    async def answered(self, person: User | Chat, count: int = 1) -> list[Message]:
        """What the bot has said, once it is so much and its jobs are done."""
        await self.sandbox.wait_for(lambda: len(self.answers(person)) >= count, WITHIN)
        with self.jobs() as jobs:
            for _ in range(200):
                if jobs.counts()[0] == 0:
                    break
                await asyncio.sleep(0.05)
        return self.answers(person)

    def jobs(self) -> _Closing:
        """The jobs, as another process sees them."""
        return _Closing(Jobs(self.settings.db, 42))

    async def left_behind(self, person: User, text: str, chat: Chat | None = None) -> Job:
        """A job as a process that was killed leaves it: begun, and its update confirmed to Telegram."""
        await self.sandbox.say(person, text, chat=chat)
        update = self.sandbox.updates.pending()[-1]
        self.sandbox.updates.confirm(update["update_id"] + 1)
        found = arrival(update)
        assert found is not None
        with self.jobs() as jobs:
            (job,) = jobs.accept([New(found.update_id, found.chat, json.dumps(update))])
            assert job is not None
            jobs.begin(job)
        return job


class _Closing:
    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    def __enter__(self) -> Jobs:
        return self.jobs

    def __exit__(self, *_: object) -> None:
        self.jobs.close()


@pytest.fixture(autouse=True)
def calm(place: Place) -> Iterator[None]:
    """No test leaves its faults to the next."""
    yield
    place.sandbox.faults.set(Rates())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder: Path = tmp_path_factory.mktemp("jobs")
    sandbox = Sandbox(token=TOKEN, username="hyperbridge_bot")
    server = await serve(sandbox)
    settings = Settings(_env_file=None).model_copy(  # type: ignore[call-arg]
        update={
            "token": SecretStr(TOKEN),
            "api_url": server.url,
            "db": folder / "archive.db",
            "model": "smollm2-135m",
            "allowed_users": "*",
            "threads": 1,
            "drain": 0.0,
            "scenes_per_minute": 0,
        }
    )
    bridge = Bridge(settings)
    yield Place(sandbox, settings, bridge)
    await bridge.close()
    await server.stop()


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TIMED_OUT, Fault.BROKEN, Fault.TOO_MANY])
async def test_one_answer_whatever_becomes_of_the_request(place: Place, fault: Fault) -> None:
    person = place.sandbox.add_person("Анна", language_code="ru")
    place.sandbox.faults.set(Rates(hold=0.1))
    async with place.serving():
        place.sandbox.faults.fail_next("sendMessage", fault, 2)
        await place.sandbox.say(person, "/help")
        assert [each.text for each in await place.answered(person)] == [texts(Lang.RU)("help").strip()]


async def test_an_update_that_comes_twice_is_answered_once(place: Place) -> None:
    person = place.sandbox.add_person("Дважды", language_code="ru")
    place.sandbox.faults.set(Rates(duplicated=1.0))
    async with place.serving():
        await place.sandbox.say(person, "/help")
        await place.sandbox.say(person, "/start")
        told = [each.text for each in await place.answered(person, 2)]
    assert sorted(told) == sorted(texts(Lang.RU)(key).strip() for key in ("help", "start"))


async def test_a_confirmed_update_of_a_killed_process_is_answered_by_the_next_one(place: Place) -> None:
    person = place.sandbox.add_person("Вера", language_code="ru")
    await place.left_behind(person, "/help")
    assert place.answers(person) == []
    async with place.serving():
        assert len(await place.answered(person)) == 1
    async with place.serving():
        await place.sandbox.say(person, "/start")
        assert len(await place.answered(person, 2)) == 2


async def test_an_answer_quotes_what_another_message_came_after(place: Place) -> None:
    person = place.sandbox.add_person("Две", language_code="ru")
    for text in ("/help", "/start"):
        await place.left_behind(person, text)
    first, second = (each for each in place.sandbox.history(person))
    async with place.serving():
        told = {each.text: each.reply_to_message for each in await place.answered(person, 2)}
    say = texts(Lang.RU)
    assert told == {say("help").strip(): first, say("start").strip(): None}
    assert second.text == "/start"


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_process_killed_while_it_sends_leaves_one_answer(place: Place, arrived: bool) -> None:
    person = place.sandbox.add_person("Между", language_code="ru")
    job = await place.left_behind(person, "/help")
    asked = place.sandbox.history(person)[-1]
    with place.jobs() as jobs:
        jobs.sending(job, 0, asked.message_id)
    if arrived:
        async with Bot(TOKEN, base_url=f"{place.settings.api_url}/bot") as bot:
            await bot.send_message(
                person.id,
                texts(Lang.RU)("help").strip(),
                reply_parameters=ReplyParameters(asked.message_id, allow_sending_without_reply=True),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
    async with place.serving():
        assert [each.text for each in await place.answered(person)] == [texts(Lang.RU)("help").strip()]


async def test_a_text_is_not_written_anew_and_what_was_sent_is_not_sent_again(place: Place) -> None:
    person = place.sandbox.add_person("Пепел", language_code="en")
    kept = place.bridge.archive
    place.sandbox.faults.injected.clear()
    place.sandbox.faults.set(Rates(broken=1.0), methods=frozenset({"sendMessage"}))
    async with place.serving():
        await place.sandbox.say(person, "/formula ashflashlifesilence")
        for _ in range(int(WITHIN / 0.05)):
            if place.sandbox.faults.injected[Fault.BROKEN]:
                break
            await asyncio.sleep(0.05)
    place.sandbox.faults.set(Rates())
    assert place.answers(person) == []
    with place.jobs() as jobs:
        assert jobs.counts() == (1, 0)

    async with place.serving():
        told = await place.answered(person)
    ((_, rendering),) = await asyncio.to_thread(kept.renderings.last, person.id, 9)
    assert told[0].text.startswith(rendering.text)
    with place.jobs() as jobs:
        assert jobs.counts() == (0, 0)


async def test_a_job_that_kills_is_set_aside_after_three_tries_and_told_once(place: Place) -> None:
    person = place.sandbox.add_person("Яд", language_code="en")
    job = await place.left_behind(person, "/help")
    with place.jobs() as jobs:
        assert jobs.begin(job) == 2
        assert jobs.begin(job) == 3
    for _ in range(2):
        async with place.serving():
            assert [each.text for each in await place.answered(person)] == [texts(Lang.EN)("job-aside")]
    with place.jobs() as jobs:
        assert jobs.counts() == (0, 1)


async def test_help_passes_by_scenes_and_a_stop_leaves_them_for_the_next_start(place: Place) -> None:
    person = place.sandbox.add_person("Скоро", language_code="en")
    place.sandbox.faults.set(Rates(broken=1.0), methods=frozenset({"sendChatAction"}))
    async with place.serving(queue=3):
        for scene in (
            "/formula keydoorlight",
            "/silence firewater",
            "/silence snowwolf",
            "/silence moonriver",
        ):
            await place.sandbox.say(person, scene)
        await place.sandbox.say(person, "/help")
        told = await _until(place, person, 2)
        assert texts(Lang.EN)("help").strip() in told
        assert texts(Lang.EN)("limit-queue", limit=3) in told
    async with place.serving():
        told = [each.text for each in await place.answered(person, 5)]
    assert [sum(text.endswith(f"SCN-{n}") for text in told) for n in (1, 2, 3, 4)] == [1, 1, 1, 0]


async def _until(place: Place, person: User, count: int) -> list[str]:
    await place.sandbox.wait_for(lambda: len(place.answers(person)) >= count, WITHIN)
    return [each.text for each in place.answers(person)]


async def test_who_forgets_everything_leaves_no_job(place: Place) -> None:
    person = place.sandbox.add_person("Никто", language_code="en")
    await place.left_behind(person, "/poem moonriver")
    with place.jobs() as jobs:
        assert jobs.counts()[0] == 1
        await asyncio.to_thread(place.bridge.archive.forget_everything, person.id)
        assert jobs.counts()[0] == 0
    assert b"moonriver" not in b"".join(
        each.read_bytes() for each in place.settings.db.parent.glob("archive.db*")
    )
