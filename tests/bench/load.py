"""Many people, a Telegram that fails and a bot that is killed: ``python -m tests.bench load 200 2000``.

The two numbers are people and scenes. The bot is the real ``hyperbridge bot`` with the small model, in a
process of its own; Telegram is the sandbox server in this one. First come all the scenes in bursts, while one
request in ten and one update in ten go wrong, and the bot is killed five times and started again. Then, for a
minute, as many scenes come without faults, to see how long /help takes under load alone.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from bot.sandbox import Rates, Sandbox, serve
from bot.sandbox.objects import User
from scene import mark

PEOPLE, SCENES = 40, 200
KILLS = 5
RATES = Rates(too_many=0.03, broken=0.03, timed_out=0.02, lost=0.02, duplicated=0.1, hold=2.0)
BURST = 20  # scenes that come within a moment, at most
WAITING = 40  # scenes that wait for their texts when no further burst comes
CALM = 60.0  # seconds of load without faults
PATIENCE = 180.0  # seconds without any answer, after which what has none is lost
# Every answer is the model's own, of the form that takes the least time.
WORDS = (
    "ash flash life silence stone river time wolf snow moon key door light fire water step fog breath".split()
)


@dataclass
class Seen:
    """What was measured, in seconds.

    Attributes:
        on_disk: From giving updates to the bot to its next request for some, which it makes when they are
            on disk.
        confirmed: From a person's message to its confirmation, with all that Telegram did wrong meanwhile.
        help: From /help to its answer; unanswered within 30 seconds counts as infinite.
        stopping: From SIGTERM to the process's end.
        memory: MiB of the last process, every second.
    """

    on_disk: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    help: list[float] = field(default_factory=list)
    stopping: float = 0.0
    memory: list[float] = field(default_factory=list)


class World(Sandbox):
    """A Telegram that looks at its watch."""

    def __init__(self) -> None:
        super().__init__(token="42:load", username="load_bot")
        self.seen = Seen()
        self._given: float | None = None
        self._pushed: dict[int, float] = {}
        updates, faults = self.updates, self.faults
        push, confirm, get, of_request = updates.push, updates.confirm, updates.get, faults.of_request

        def pushed(*args: Any, **kwargs: Any) -> None:
            push(*args, **kwargs)
            for update in updates.pending():
                self._pushed.setdefault(update["update_id"], time.monotonic())

        def confirmed(below: int) -> None:
            now = time.monotonic()
            ids = {update["update_id"] for update in updates.pending() if update["update_id"] < below}
            self.seen.confirmed += [now - self._pushed[each] for each in ids]
            confirm(below)

        async def got(*args: Any, **kwargs: Any) -> Any:
            found = await get(*args, **kwargs)
            self._given = time.monotonic() if found else None
            return found

        def asked(method: str) -> Any:
            if method == "getupdates" and self._given is not None:
                self.seen.on_disk.append(time.monotonic() - self._given)
                self._given = None
            return of_request(method)

        updates.push, updates.confirm, updates.get = pushed, confirmed, got  # type: ignore[method-assign]
        faults.of_request = asked  # type: ignore[method-assign]

    def killed(self) -> None:
        """What was given to a process that is no more can't be acknowledged by it."""
        self._given = None


class Crowd:
    """People, and what they have sent."""

    def __init__(self, world: World, count: int, chance: random.Random) -> None:
        self.world = world
        self.people = [world.add_person(f"Person {n}", "en") for n in range(count)]
        self.sent: dict[int, User] = {}
        self._chance = chance

    async def send(self) -> None:
        """Somebody sends a scene."""
        person = self._chance.choice(self.people)
        message = await self.world.say(person, f"/silence {' '.join(self._chance.sample(WORDS, 3))}")
        self.sent[message.message_id] = person

    def answers(self) -> Counter[int]:
        """How many answers each scene has."""
        said = (message for person in self.people for message in self.world.history(person))
        return Counter(
            message.reply_to_message.message_id
            for message in said
            if message.reply_to_message is not None and mark.is_marked(message.text or "")
        )

    def waiting(self) -> int:
        """How many scenes have no answer yet."""
        return len(self.sent.keys() - self.answers().keys())


class Bot:
    """The real process, again and again."""

    def __init__(self, url: str, world: World, folder: Path) -> None:
        free = ("SCENES_PER_MINUTE", "SCENES_PER_DAY", "QUEUE")
        self._world = world
        self._environment = {
            **os.environ,
            **{f"HYPERBRIDGE_{name}": "0" for name in free},
            "TELEGRAM_BOT_TOKEN": world.token,
            "TELEGRAM_API_URL": url,
            "HYPERBRIDGE_ALLOWED_USERS": "*",
            "HYPERBRIDGE_DB": str(folder / "archive.db"),
            "HYPERBRIDGE_MODEL": "smollm2-135m",
        }
        self.log = folder / "bot.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; it is at work some seconds later."""
        command = (sys.executable, "-c", "from bot.cli import main; main()", "bot")
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, env=self._environment, stdout=log, stderr=log
            )

    async def end(self, how: signal.Signals) -> float:
        """Kill it, or ask it to stop; seconds until it was gone."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(how)
        await self._process.wait()
        self._world.killed()
        return time.monotonic() - begun

    def mebibytes(self) -> float:
        """The memory that it holds."""
        assert self._process is not None
        return psutil.Process(self._process.pid).memory_info().rss / 2**20


async def ask_for_help(world: World, seconds: list[float]) -> None:
    """Send /help every second, and see how long each answer takes."""
    person = world.add_person("Helpless", "en")
    while True:
        asked = await world.say(person, "/help")
        begun = time.monotonic()

        def is_answered(asked: Any = asked) -> bool:
            # What comes too late for its question quotes that one.
            return any(
                each.message_id > asked.message_id
                and (each.reply_to_message is None or each.reply_to_message.message_id == asked.message_id)
                for each in world.history(person)[-8:]
            )

        try:
            await world.wait_for(is_answered, 30)
            seconds.append(time.monotonic() - begun)
        except TimeoutError:
            seconds.append(float("inf"))
        await asyncio.sleep(1)


async def until_quiet(crowd: Crowd) -> None:
    """Wait until every scene has an answer, or none comes any more."""
    before, since = crowd.waiting(), time.monotonic()
    while before and time.monotonic() - since < PATIENCE:
        await asyncio.sleep(1)
        now = crowd.waiting()
        if now != before:
            before, since = now, time.monotonic()
    await asyncio.sleep(5)  # a second answer would come late


async def storm(crowd: Crowd, bot: Bot, scenes: int, chance: random.Random) -> int:
    """All the scenes, with faults and kills; how often the bot was killed."""
    crowd.world.faults.set(RATES, seed=1)
    kills = sorted(chance.sample(range(scenes // 10, scenes - WAITING // 2), KILLS))
    killed = 0
    while len(crowd.sent) < scenes:
        for _ in range(min(chance.randint(1, BURST), scenes - len(crowd.sent))):
            await crowd.send()
        await crowd.world.wait_for(lambda: crowd.waiting() <= WAITING, PATIENCE)
        killed += await _kill_when_due(crowd, bot, kills[killed:], chance)
    await until_quiet(crowd)
    crowd.world.faults.set(Rates())
    return killed


async def _kill_when_due(crowd: Crowd, bot: Bot, kills: list[int], chance: random.Random) -> bool:
    """Kill the bot at a random moment once there are so many answers, and start it again."""
    if not kills or len(crowd.answers()) < kills[0]:
        return False
    await asyncio.sleep(chance.uniform(0, 3))
    await bot.end(signal.SIGKILL)
    await bot.start()
    return True


async def calm(crowd: Crowd, bot: Bot, chance: random.Random) -> None:
    """Load without faults, to see /help and memory."""
    watching = asyncio.create_task(ask_for_help(crowd.world, crowd.world.seen.help))
    until = time.monotonic() + CALM
    while time.monotonic() < until:
        if crowd.waiting() < WAITING // 2:
            for _ in range(chance.randint(1, BURST)):
                await crowd.send()
        crowd.world.seen.memory.append(bot.mebibytes())
        await asyncio.sleep(1)
    watching.cancel()
    await until_quiet(crowd)


async def measure(people: int, scenes: int, folder: Path) -> Table:
    """Run it all."""
    chance = random.Random(7)
    world = World()
    server = await serve(world)
    crowd, bot = Crowd(world, people, chance), Bot(server.url, world, folder)
    begun = time.monotonic()
    await bot.start()
    try:
        killed = await storm(crowd, bot, scenes, chance)
        took = time.monotonic() - begun
        stormy, world.seen.on_disk, confirmed = world.seen.on_disk, [], world.seen.confirmed
        answers = crowd.answers()
        counted = Counter(answers[number] for number in crowd.sent)
        injected = dict(world.faults.injected)
        await calm(crowd, bot, chance)
        world.seen.stopping = await bot.end(signal.SIGTERM)
        everything = Counter(crowd.answers()[number] for number in crowd.sent)
    finally:
        await server.stop()
    table = Table("what", "measured", box=None, pad_edge=False)
    table.add_row("scenes by number of answers", f"{dict(counted)} of {people} people in {took:.0f} s")
    table.add_row("kills and faults", f"{killed}, " + ", ".join(f"{k} {n}" for k, n in injected.items()))
    table.add_row("given to the bot → on disk, with faults", _quantiles(stormy))
    table.add_row("given to the bot → on disk, without", _quantiles(world.seen.on_disk))
    table.add_row("sent → confirmed, with faults of getUpdates", _quantiles(confirmed))
    table.add_row("/help → its answer, under load", _quantiles(world.seen.help))
    memory = world.seen.memory
    quarter = max(len(memory) // 4, 1)
    table.add_row(
        "memory in that minute", f"{np.mean(memory[:quarter]):.0f} → {np.mean(memory[-quarter:]):.0f} MiB"
    )
    table.add_row("all scenes by number of answers", f"{dict(everything)}")
    table.add_row("SIGTERM → gone", f"{world.seen.stopping:.1f} s")
    return table


def _quantiles(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    p50, p95, p99 = np.quantile(seconds, (0.5, 0.95, 0.99), method="higher")
    return f"p50 {p50:.3f} s, p95 {p95:.3f} s, p99 {p99:.3f} s, worst {max(seconds):.3f} s ({len(seconds)})"


def main() -> None:
    """Run it with the numbers named on the command line."""
    given = [int(each) for each in sys.argv[1:] if each.isdigit()]
    people, scenes = given if len(given) == 2 else (PEOPLE, SCENES)
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(measure(people, scenes, Path(folder)))
        log = (Path(folder) / "bot.log").read_text(encoding="utf-8")
    Console(width=160).print(table)
    wrong = [line for line in log.splitlines() if " ERROR " in line or line.startswith("Traceback")]
    print(f"{len(wrong)} errors in the bot's log", *wrong[:5], sep="\n")


if __name__ == "__main__":
    main()
