"""Updates that no Telegram would send: ``python -m tests.bench fuzz`` (10,000 of them, some minutes).

Half are real updates of the sandbox with parts replaced, taken out or put in other places; the other half are
random JSON that has only the fields' names from real ones. Each goes in as by the webhook, becomes a job and
is done by the real bot, without a model. What may not happen: an exception that nobody expected, an update
that stays undone, or a bot that answers /help no more.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot import metrics
from bot.bridge import Bridge
from bot.sandbox import Sandbox, serve
from bot.service import Service
from bot.settings import Settings

COUNT = 10_000
_BATCH = 50
_PEOPLE = 300
_STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 1.5, float("nan"), [], {}, [[]], {"id": {}},
    *"/ : /start SCN-1 снегволк <b>& 1:poem forget:1:all.0.0.0 version:1:1 ../../etc/passwd".split(),
    "", " ", "\x00", "\ud83d", "/start inv_", "/forget all", "/revoke #9", "/invite 9999999", "a" * 5000,
    "Δ SCN-9999999999999999999", "𝔘" * 40, {"id": 1, "type": "private"},
    [{"type": "bot_command", "offset": 10**9, "length": -1}],
)  # fmt: skip


class Watch(logging.Handler):
    """Counts what was logged with an exception."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.unhandled: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0] is not None:
            formatter = logging.Formatter()
            self.unhandled.append(formatter.formatException(record.exc_info))


def mutated(update: Any, chance: random.Random) -> Any:
    """A real update with one to four places changed."""
    update = copy.deepcopy(update)
    for _ in range(chance.randint(1, 4)):
        places = list(_places(update))
        holder, key = chance.choice(places)
        way = chance.random()
        if way < 0.1:
            del holder[key]
        elif way < 0.2:
            other, elsewhere = chance.choice(places)
            if elsewhere in other if isinstance(other, dict) else elsewhere < len(other):
                holder[key] = copy.deepcopy(other[elsewhere])
        elif way < 0.3:
            holder[key] = copy.deepcopy(chance.choice(_STRANGE))
        else:  # of the right type, which is not turned away for its shape
            alike = [each for each in _STRANGE if type(each) is type(holder[key])]
            holder[key] = copy.deepcopy(chance.choice(alike or _STRANGE))
        if not update:
            break
    return update


def _places(value: Any) -> Any:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield value, key
        yield from _places(each)


def invented(names: list[str], chance: random.Random, depth: int = 0) -> Any:
    """Random JSON with the names of real fields."""
    if depth > 4 or chance.random() < 0.3:
        return chance.choice(_STRANGE)
    if chance.random() < 0.2:
        return [invented(names, chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return {chance.choice(names): invented(names, chance, depth + 1) for _ in range(chance.randint(1, 6))}


async def real_updates(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Updates of every kind that the bot gets."""
    anna = sandbox.add_person("Анна", "ru")
    group = sandbox.add_group("Круг")
    said = [
        "/help", "/start", "снег", "12345", "/forget all", "/teach снежнобог", "/persona poet", "/why",
        "/recall", "/scene SCN-1", "/export", "/people", "/mark short", "/nonsense", "<b>x</b>",
        "🜂 снегволк · Δ SCN-1",
    ]  # fmt: skip
    for text in said:
        message = await sandbox.say(anna, text)
        await sandbox.say(anna, text, reply_to=message)
        await sandbox.say(anna, text, chat=group)
    await sandbox.send_document(anna, b'{"source": "x"}\n', "scenes.jsonl")
    updates = sandbox.updates.pending()
    pressed = {
        "id": "4000000000000000001",
        "from": anna.to_json(),
        "message": next(each["message"] for each in updates if "message" in each)
        | {"from": sandbox.bot.to_json()},
        "chat_instance": "1",
    }
    data = ("1:poem", "forget:1000001:all.0.0.0", "forget:1000001:1", "version:1:1", "x", "again:1")
    updates += [{"update_id": 1, "callback_query": pressed | {"data": each}} for each in data]
    query = {"id": "9", "from": anna.to_json(), "query": "снегволк", "offset": ""}
    return [*updates, {"update_id": 1, "inline_query": query}]


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        unhandled: Tracebacks of exceptions that nobody expected.
        left: Jobs that stayed undone.
        accepted: Updates that were accepted; the others were turned away for their shape, or refused.
        seconds: How long it took.
    """

    unhandled: list[str]
    left: int
    accepted: int
    seconds: float


async def run(count: int, folder: Path, seed: int = 5) -> Outcome:
    """Fuzz the bot with so many updates."""
    chance, watch = random.Random(seed), Watch()
    sandbox = Sandbox(token="42:fuzz", username="fuzz_bot")
    server = await serve(sandbox)
    changed = {
        "token": SecretStr(sandbox.token), "api_url": server.url, "db": folder / "archive.db",
        "model": str(folder / "none.gguf"), "allowed_users": "*", "admins": "1000001",
        "scenes_per_minute": 0, "scenes_per_day": 0, "chat_scenes_per_day": 0, "queue": 0,
    }  # fmt: skip
    settings = Settings(_env_file=None).model_copy(update=changed)  # type: ignore[call-arg]
    bridge = Bridge(settings)
    service = Service(settings, bridge)
    logging.getLogger().addHandler(watch)
    begun = time.monotonic()
    try:
        real = await real_updates(sandbox)
        names = sorted(
            {key for update in real for holder, key in _places(update) if isinstance(holder, dict)}
        )
        # So many that nobody floods the bot: what is refused unread tests nothing.
        people = [sandbox.add_person(f"Person {number}", "en") for number in range(_PEOPLE)]
        for person in people:
            await sandbox.say(person, "/start")
        sandbox.updates.drop()
        await service.start()
        before = _accepted()
        for start in range(0, count, _BATCH):
            batch = []
            for number in range(start, min(start + _BATCH, count)):
                person = str(people[number % _PEOPLE].id)
                whole = json.loads(json.dumps(chance.choice(real)).replace("1000001", person))
                made = invented(names, chance) if number % 2 else mutated(whole, chance)
                if isinstance(made, dict) and chance.random() < 0.95:
                    made["update_id"] = 10_000 + number
                batch.append(made)
            await service.desk.take_in(batch)
            await service.desk.idle()
        helper = sandbox.add_person("Helper", "en")
        await sandbox.say(helper, "/help")
        await sandbox.wait_for(lambda: len(sandbox.history(helper)) > 1, 30)
        await service.desk.idle()
        left = await asyncio.to_thread(service.waiting)
        done = _accepted() - before
    finally:
        await service.stop()
        await bridge.close()
        await server.stop()
        logging.getLogger().removeHandler(watch)
    return Outcome(watch.unhandled, left, done, time.monotonic() - begun)


def _accepted() -> int:
    return int(metrics.UPDATES.labels("accepted")._value.get())


def main() -> None:
    """Run it; a number on the command line says how many."""
    given = [int(each) for each in sys.argv[1:] if each.isdigit()]
    count = given[0] if len(given) == 1 else COUNT
    logging.getLogger("telegram").propagate = True
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(count, Path(folder)))
    print(
        f"{count} updates in {found.seconds:.0f} s, {found.accepted} of them accepted: "
        f"{len(found.unhandled)} unhandled exceptions, {found.left} jobs left"
    )
    for each in dict.fromkeys(found.unhandled):
        print(each)


if __name__ == "__main__":
    main()
