"""``hyperbridge bot`` and ``hyperbridge sandbox``: the same bot, against Telegram or against this machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import Any

import click
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder

from bot.bridge import Bridge
from bot.handlers import AnyApplication, Conversation
from bot.sandbox import Sandbox, serve
from bot.settings import Settings, SettingsError
from bot.terminal import Session
from bot.texts import machine_lang, texts
from scene.errors import HyperBridgeError

logger = logging.getLogger(__name__)


@click.command("bot")
@click.pass_obj
def bot(session: Session) -> None:
    """Run the bot against Telegram."""
    settings: Settings = session.settings
    if not settings.token.get_secret_value().strip():
        raise SettingsError("bot-no-token")
    asyncio.run(_until_stopped(settings))


@click.command("sandbox")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8023, show_default=True, help="0 takes a free one."
)
@click.pass_obj
def sandbox(session: Session, port: int) -> None:
    """Run the bot on a chat page of this machine, without Telegram and without a token."""
    asyncio.run(_sandbox(session.settings, port))


async def _sandbox(settings: Settings, port: int) -> None:
    world = Sandbox(token="1:sandbox", username="hyperbridge_bot")
    try:
        server = await serve(world, port=port)
    except OSError:
        raise SettingsError("sandbox-port-taken", port=str(port)) from None
    try:
        local = settings.model_copy(
            update={"token": type(settings.token)(world.token), "api_url": server.url, "allowed_users": "*"}
        )
        click.echo(texts(machine_lang())("sandbox-running", url=f"{server.url}/"))
        await _until_stopped(local)
    finally:
        await server.stop()


def build(settings: Settings, bridge: Bridge) -> AnyApplication:
    """The bot as a python-telegram-bot application.

    Args:
        settings: Token, Bot API base and who may talk to it.
        bridge: Turns scenes to texts and back.
    """
    api = settings.api_url.rstrip("/")
    application: AnyApplication = (
        ApplicationBuilder()
        .token(settings.token.get_secret_value().strip())
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .rate_limiter(AIORateLimiter(max_retries=5))
        .concurrent_updates(True)  # /help answers while a scene is being written
        .build()
    )
    Conversation(bridge, settings).add_to(application)
    return application


async def _until_stopped(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    bridge = Bridge(settings)
    bridge.personas()  # what is wrong with somebody's own is told before anybody writes
    application = build(settings, bridge)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    try:
        await _start(application, settings)
        # The model loads behind: /help and /start need none of it.
        warming = asyncio.create_task(_warm(bridge))
        await stop.wait()
        warming.cancel()
    finally:
        await bridge.measuring.close()  # or the application would wait for it to end
        await _shut_down(application)
        await bridge.close()


async def _start(application: Application[Any, Any, Any, Any, Any, Any], settings: Settings) -> None:
    say = texts(machine_lang())
    try:
        await application.initialize()
        await Conversation.introduce(application)
    except InvalidToken:
        raise SettingsError("bot-bad-token") from None
    except NetworkError as error:
        raise SettingsError("bot-unreachable", url=settings.api_url, reason=str(error)) from None
    await application.start()
    assert application.updater is not None
    await application.updater.start_polling(drop_pending_updates=False)
    click.echo(say("bot-running", name=application.bot.username))


async def _warm(bridge: Bridge) -> None:
    try:
        await bridge.writer()
    except HyperBridgeError as error:
        click.echo(texts(machine_lang()).error(error), err=True)


async def _shut_down(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    with contextlib.suppress(TelegramError):
        if application.updater is not None and application.updater.running:
            await application.updater.stop()
        if application.running:
            await application.stop()
        await application.shutdown()
