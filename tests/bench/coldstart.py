"""From starting the bot to its first answers: ``python -m tests.bench coldstart`` (a minute).

A /help and a scene wait at Telegram when the process starts. The model's file has been read before, as after
an update of the bot; after a start of the machine the disk has to read it, too.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from bot.sandbox import Sandbox, serve
from models.catalog import default_id
from scene import mark
from storage.archive import Archive

TRIES = 3
PATIENCE = 120.0


async def once(model: str, folder: Path) -> tuple[float, float, float]:
    """Start the bot once; seconds until /help is answered, a text's first token is there, and the text."""
    world = Sandbox(token="42:cold", username="cold_bot")
    server = await serve(world)
    asker, scener = world.add_person("Anna", "en"), world.add_person("Ivan", "ru")
    await world.say(asker, "/help")
    await world.say(scener, "/formula пепелвспышкажизньтишина")
    port = server.runner.addresses[0][1] + 1
    environment = {
        **os.environ,
        "TELEGRAM_BOT_TOKEN": world.token,
        "TELEGRAM_API_URL": server.url,
        "HYPERBRIDGE_ALLOWED_USERS": "*",
        "HYPERBRIDGE_DB": str(folder / "archive.db"),
        "HYPERBRIDGE_MODEL": model,
        "HYPERBRIDGE_STATUS_PORT": str(port),
    }
    begun = time.monotonic()
    command = (sys.executable, "-c", "from bot.cli import main; main()", "bot")
    with (folder / "bot.log").open("ab") as log:
        bot = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    try:
        await world.wait_for(lambda: len(world.history(asker)) > 1, PATIENCE)
        helped = time.monotonic() - begun
        await world.wait_for(
            lambda: any(mark.is_marked(each.text or "") for each in world.history(scener)[1:]), PATIENCE
        )
        told = time.monotonic() - begun
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            figures = dict(
                line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if line[0] != "#"
            )
    finally:
        bot.terminate()
        await bot.wait()
        await server.stop()
    with Archive.open(folder / "archive.db") as archive:
        ((_, written),) = archive.renderings.last(scener.id)
    first = told - written.seconds + float(figures["hyperbridge_first_token_seconds_sum"])
    return helped, first, told


def main() -> None:
    """Start the bot some times with the small model and with the default one."""
    table = Table("model", "/help", "first token", "text", box=None, pad_edge=False)
    for model in ("smollm2-135m", default_id()):
        for _ in range(TRIES):
            with tempfile.TemporaryDirectory() as folder:
                seconds = asyncio.run(once(model, Path(folder)))
            table.add_row(model, *(f"{each:.1f} s" for each in seconds))
    Console().print(table)


if __name__ == "__main__":
    main()
