"""The bot at work: what it is made of, how it starts, and how it stops without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web
from telegram.error import InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ApplicationBuilder

from bot.access import Access
from bot.bridge import Bridge
from bot.desk import Desk
from bot.handlers import AnyApplication, Conversation
from bot.limits import Limits
from bot.line import Line
from bot.logs import hush
from bot.outbox import Outbox
from bot.polling import KINDS, Polling
from bot.settings import Settings, SettingsError
from bot.status import serve_status
from bot.webhook import serve_webhook
from storage.jobs import Jobs
from storage.moving import Moves
from storage.people import People

logger = logging.getLogger(__name__)

_DEAF = 90.0  # seconds without an answer to a long poll, after which Telegram is not heard


@dataclass(frozen=True, slots=True)
class Parts:
    """What a bot keeps beside its archive.

    Attributes:
        jobs: What is to be done.
        access: Who may use it.
        outbox: What it sends through.
        line: What waits to be begun.
        moves: Chats that have another id by now.
    """

    jobs: Jobs
    access: Access
    outbox: Outbox
    line: Line
    moves: Moves

    @classmethod
    def open(cls, settings: Settings) -> Parts:
        """Open them.

        Raises:
            ArchiveError: The archive's file can't be opened.
        """
        jobs = Jobs(settings.db, settings.bot_id)
        access = Access(settings, People(settings.db))
        return cls(jobs, access, Outbox(jobs), Line(jobs), Moves(settings.db))

    def close(self) -> None:
        """Close their files."""
        self.jobs.close()
        self.access.close()
        self.moves.close()


def build(settings: Settings, bridge: Bridge, parts: Parts | None = None) -> AnyApplication:
    """The bot as a python-telegram-bot application.

    Args:
        settings: Token and Bot API base.
        bridge: Turns scenes to texts and back.
        parts: Who may talk to it, and what it sends through; None opens its own.
    """
    api = settings.api_url.rstrip("/")
    parts = parts or Parts.open(settings)
    application: AnyApplication = (
        ApplicationBuilder()
        .token(settings.token.get_secret_value().strip())
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .rate_limiter(parts.outbox)
        .concurrent_updates(True)  # /help answers while a scene is being written
        # An answer that was only slow must not be taken for a lost one.
        .read_timeout(15.0)
        .pool_timeout(10.0)
        .build()
    )
    Conversation(bridge, parts.access, parts.line, parts.moves).add_to(application)
    return application


class Service:
    """The whole bot: takes updates in, does them, answers.

    Args:
        settings: How it is to run.
        bridge: Turns scenes to texts and back; closed by whoever made it.

    Attributes:
        desk: Takes updates in and has them done.

    Raises:
        ArchiveError: The archive's file can't be opened.
    """

    def __init__(self, settings: Settings, bridge: Bridge) -> None:
        self._settings = settings
        self._bridge = bridge
        self._parts = Parts.open(settings)
        self._application = build(settings, bridge, self._parts)
        parts = self._parts
        limits = Limits(settings, parts.access, parts.jobs.used_today())
        self.desk = Desk(self._application, parts.jobs, limits, parts.outbox, parts.line, parts.moves)
        self._polling: Polling | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._servers: list[web.AppRunner] = []

    @property
    def name(self) -> str:
        """The bot's username."""
        return str(self._application.bot.username)

    def waiting(self) -> int:
        """How many jobs are not done."""
        return self._parts.jobs.counts()[0]

    async def start(self) -> None:
        """Begin to take updates in, after taking up what an earlier process left undone.

        Raises:
            SettingsError: Token, address or a port can't be used.
        """
        settings, bot = self._settings, self._application.bot
        if settings.status_port is not None:
            self._servers.append(
                await serve_status(settings.status_host, settings.status_port, self._lacking)
            )
        with self._reaching_telegram():
            await self._application.initialize()
        await self._application.start()
        if left := await self.desk.open():
            logger.info("jobs left by an earlier process: %d", left)
        if settings.webhook_url:
            secret = settings.webhook_secret.get_secret_value()
            if not secret:
                raise SettingsError("webhook-no-secret")
            self._servers.append(
                await serve_webhook(
                    settings.webhook_url, secret, settings.webhook_host, settings.webhook_port,
                    self.desk.take_in,
                )
            )  # fmt: skip
            with self._reaching_telegram():
                await bot.set_webhook(settings.webhook_url, secret_token=secret, allowed_updates=KINDS)
        else:
            with self._reaching_telegram():
                await bot.delete_webhook()
            self._polling = Polling(bot, self.desk.take_in)
            self._tasks.append(asyncio.create_task(self._polling.run()))
        self._tasks.append(asyncio.create_task(self._introduce()))

    async def stop(self) -> int:
        """Take nothing in any more, let what is at work end, for as long as the settings allow, and go.

        Returns:
            How many jobs were cut short; the next start does them.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = await self.desk.close(self._settings.drain)
        for server in self._servers:
            await server.cleanup()
        with contextlib.suppress(TelegramError):
            if self._application.running:
                await self._application.stop()
            await self._application.shutdown()
        await asyncio.to_thread(self._parts.close)
        return left

    @contextlib.contextmanager
    def _reaching_telegram(self) -> Iterator[None]:
        """Say what to do about a Telegram that the start can't do without."""
        try:
            yield
        except InvalidToken:
            raise SettingsError("bot-bad-token") from None
        except (NetworkError, RetryAfter) as error:
            reason = hush(str(error), self._settings.secrets)
            raise SettingsError("bot-unreachable", url=self._settings.api_url, reason=reason) from None

    async def _introduce(self) -> None:
        try:
            await Conversation.introduce(self._application)
        except TelegramError as error:  # the menu of an earlier start may still be there
            logger.warning("the commands can't be shown in Telegram's menu: %s", error)

    def _lacking(self) -> list[str]:
        """What keeps the bot from working just now."""
        deaf = self._polling is not None and time.monotonic() - self._polling.last > _DEAF
        started = bool(self._tasks)
        heard = started and not deaf
        return [
            *([] if heard else ["telegram"]),
            *([] if self._bridge.models.is_ready else ["model"]),
        ]
