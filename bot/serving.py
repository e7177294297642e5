"""``hyperbridge bot`` and ``hyperbridge sandbox``: the same bot, against Telegram or against this machine."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import click
from pydantic import SecretStr

from bot import browser
from bot.bridge import Bridge
from bot.logs import begin_logging
from bot.sandbox import Sandbox, serve
from bot.service import Service
from bot.settings import Settings, SettingsError, exposed_env
from bot.terminal import Session
from bot.texts import machine_lang, texts
from scene.errors import HyperBridgeError
from storage.jobs import Jobs

SANDBOX_TOKEN = "1:sandbox"
_GREETING = 0.5  # seconds


PORT = 8023
"""Where the chat page is, if nobody says otherwise."""


@click.command("bot")
@click.option("--or-sandbox", is_flag=True, help="Without a token, run the sandbox instead of failing.")
@click.pass_obj
def bot(session: Session, or_sandbox: bool) -> None:
    """Run the bot against Telegram."""
    settings: Settings = session.settings
    if not settings.token.get_secret_value().strip():
        if not or_sandbox:
            raise SettingsError("bot-no-token")
        click.echo(texts(machine_lang())("sandbox-instead"))
        asyncio.run(_sandbox(settings, PORT, in_browser=True))
        return
    if (exposed := exposed_env()) is not None:
        click.echo(session.say("env-exposed", path=str(exposed)), err=True)
    asyncio.run(_until_stopped(settings))


@click.command("sandbox")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one."
)
@click.option("--no-browser", is_flag=True, help="Tell the page's address, and open nothing.")
@click.pass_obj
def sandbox(session: Session, port: int, no_browser: bool) -> None:
    """Run the bot on a chat page of this machine, without Telegram and without a token."""
    asyncio.run(_sandbox(session.settings, port, in_browser=not no_browser))


async def _sandbox(settings: Settings, port: int, *, in_browser: bool) -> None:
    world = Sandbox(token=SANDBOX_TOKEN, username="hyperbridge_bot")
    try:
        server = await serve(world, port=port)
    except OSError:
        raise SettingsError("sandbox-port-taken", port=str(port)) from None
    try:
        local = in_sandbox(settings, world.token, server.url)
        # A sandbox is a new world each time: nobody waits there for what was left of the last one.
        await asyncio.to_thread(_drop_jobs, local)
        click.echo(texts(machine_lang())("sandbox-running", url=f"{server.url}/"))
        if in_browser:
            await asyncio.to_thread(browser.show, f"{server.url}/")
        await _until_stopped(local)
    finally:
        await server.stop()


def in_sandbox(settings: Settings, token: str, url: str) -> Settings:
    """Settings for a bot in a sandbox, where everybody is at home and nothing is scarce.

    Args:
        settings: What is set for the bot otherwise.
        token: The sandbox bot's token.
        url: Where the sandbox server is.
    """
    free = dict.fromkeys(("scenes_per_minute", "scenes_per_day", "chat_scenes_per_day", "queue"), 0)
    local = {"token": SecretStr(token), "api_url": url, "allowed_users": "*", "webhook_url": ""}
    return settings.model_copy(update=local | free)


def _drop_jobs(settings: Settings) -> None:
    with contextlib.closing(Jobs(Path(settings.db), settings.bot_id)) as jobs:
        jobs.drop_all()


async def _until_stopped(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM."""
    begin_logging(settings.log, settings.secrets)
    bridge = Bridge(settings)
    bridge.personas()  # what is wrong with somebody's own is told before anybody writes
    service = Service(settings, bridge)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    say = texts(machine_lang())
    try:
        await service.start()
        click.echo(say("bot-running", name=service.name))
        # The model loads behind: /help and /start need none of it.
        warming = asyncio.create_task(_warm(bridge))
        await stop.wait()
        warming.cancel()
    finally:
        await bridge.measuring.close()  # or the jobs would wait for it to end
        left = await service.stop()
        await bridge.close()
        if left:
            click.echo(say("bot-left", count=left))


async def _warm(bridge: Bridge) -> None:
    # Loading holds the interpreter for seconds: those who wait at Telegram for a quick answer get it first.
    await asyncio.sleep(_GREETING)
    try:
        await bridge.models.writer()
    except HyperBridgeError as error:
        click.echo(texts(machine_lang()).error(error), err=True)
