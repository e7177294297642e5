"""Fetching updates from Telegram: it is asked for the next ones only when the last ones are on disk."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot import metrics
from bot.outbox import wait_of
from scene.errors import ArchiveError

logger = logging.getLogger(__name__)

KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
)
"""The updates that the bot asks for."""

_SECONDS = 30  # a long poll lasts
_MARGIN = 10.0  # seconds more until it is given up
_SHORT = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0


class Polling:
    """Long polling (https://core.telegram.org/bots/api#getupdates).

    Args:
        bot: Says where Telegram is.
        take_in: Keeps updates, given as JSON; they are on disk when it returns.

    Attributes:
        last: When Telegram answered the last time, by ``time.monotonic``; 0 before the first time.
    """

    def __init__(self, bot: Bot, take_in: Callable[[Sequence[object]], Awaitable[None]]) -> None:
        self.last = 0.0
        self._url = f"{bot.base_url}/getUpdates"
        self._take_in = take_in
        # Not python-telegram-bot's getUpdates: one update that it can't read would keep it from all others.
        self._request = HTTPXRequest(connection_pool_size=1)

    async def run(self) -> None:
        """Fetch updates until cancelled."""
        offset, pause = 0, _FIRST_PAUSE
        try:
            while True:
                asked = time.monotonic()
                try:
                    updates = await self._fetch(offset)
                    await self._take_in(updates)
                except (TelegramError, ArchiveError) as error:
                    metrics.ERRORS.labels("polling").inc()
                    logger.warning("fetching updates: %s; again in %.1f s", error, pause)
                    await asyncio.sleep(wait_of(error) if isinstance(error, RetryAfter) else pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                    continue
                pause = _FIRST_PAUSE
                if not updates and time.monotonic() - asked < _SHORT:
                    await asyncio.sleep(_SHORT)  # this server doesn't wait until there is something
                ids = [each["update_id"] for each in updates if isinstance(each, dict)]
                offset = max((each + 1 for each in ids), default=offset)
        finally:
            await self._request.shutdown()

    async def _fetch(self, offset: int) -> list[object]:
        asked = {"timeout": _SECONDS, "allowed_updates": json.dumps(KINDS)}
        query = urlencode(asked | ({"offset": offset} if offset else {}))
        payload = await self._request.retrieve(f"{self._url}?{query}", read_timeout=_SECONDS + _MARGIN)
        self.last = time.monotonic()
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            answer = None
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, list):
            raise TelegramError("getUpdates gave no list")
        return result
