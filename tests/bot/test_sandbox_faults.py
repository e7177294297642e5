"""Telegram fails on purpose: what a bot sees of it, through the real python-telegram-bot."""

import asyncio
from collections import Counter
from datetime import timedelta

import aiohttp
import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TimedOut

from bot.sandbox import Fault, Faults, Rates, Sandbox
from bot.sandbox.objects import User


def told(sandbox: Sandbox, person: User) -> list[str]:
    return [message.text for message in sandbox.history(person) if message.from_user.is_bot]


async def test_each_fault_of_a_request(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sandbox.faults.set(Rates(retry_after=7, hold=0.2))
    sandbox.faults.fail_next("sendMessage", Fault.TOO_MANY)
    with pytest.raises(RetryAfter) as wait:
        await bot.send_message(ann.id, "a")
    assert wait.value._retry_after == timedelta(seconds=7)
    sandbox.faults.fail_next("sendMessage", Fault.BROKEN)
    with pytest.raises(NetworkError, match="Internal Server Error"):
        await bot.send_message(ann.id, "b")
    sandbox.faults.fail_next("sendMessage", Fault.TIMED_OUT, times=2)
    with pytest.raises(TimedOut):
        await bot.send_message(ann.id, "c", read_timeout=0.05)
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "d")
    assert told(sandbox, ann) == []
    sandbox.faults.fail_next("sendMessage", Fault.LOST)
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "e")
    await bot.send_message(ann.id, "f")
    assert told(sandbox, ann) == ["e", "f"]
    assert sandbox.faults.injected == Counter(
        {Fault.TOO_MANY: 1, Fault.BROKEN: 1, Fault.TIMED_OUT: 2, Fault.LOST: 1}
    )


async def test_an_update_comes_twice(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    sandbox.faults.fail_next("getUpdates", Fault.DUPLICATED)
    (first,) = await bot.get_updates()
    assert await bot.get_updates(offset=first.update_id + 1) == (first,)
    assert await bot.get_updates(offset=first.update_id + 1) == ()
    await sandbox.say(ann, "раз")
    (once,) = await bot.get_updates(offset=first.update_id + 1)
    assert once.message.text == "раз"


async def test_a_webhook_gets_an_update_twice(sandbox: Sandbox, bot: Bot, ann: User) -> None:
    received: asyncio.Queue[int] = asyncio.Queue()

    async def take(request: aiohttp.web.Request) -> aiohttp.web.Response:
        await received.put((await request.json())["update_id"])
        return aiohttp.web.Response()

    app = aiohttp.web.Application()
    app.router.add_post("/hook", take)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    sandbox.faults.set(Rates(duplicated=1))
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    first = await asyncio.wait_for(received.get(), 5)
    assert await asyncio.wait_for(received.get(), 5) == first
    assert (await bot.get_webhook_info()).pending_update_count == 0
    await runner.cleanup()


def test_a_seed_fails_the_same_requests() -> None:
    rates = Rates(too_many=0.1, broken=0.1, timed_out=0.1, lost=0.1)

    def drawn(seed: int) -> list[Fault | None]:
        faults = Faults()
        faults.set(rates, seed, methods=frozenset({"sendMessage"}))
        assert faults.of_request("getupdates") is None
        return [faults.of_request("sendmessage") for _ in range(2000)]

    once = drawn(3)
    assert once == drawn(3)
    assert once != drawn(4)
    counts = Counter(once)
    assert all(
        150 < counts[fault] < 250 for fault in (Fault.TOO_MANY, Fault.BROKEN, Fault.TIMED_OUT, Fault.LOST)
    )


@pytest.mark.parametrize(
    "wrong", [{"lost": -0.1}, {"lost": 0.6, "broken": 0.6}, {"retry_after": 0}, {"hold": -1}]
)
def test_rates_are_parts(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"rates|retry"):
        Rates(**wrong)
