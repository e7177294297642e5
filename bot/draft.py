"""A text as it appears: shown while it is written, at its surface's pace, and then put in its place."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from telegram import InlineKeyboardMarkup
from telegram.error import Forbidden, TelegramError

from bot.surfaces import Surface

logger = logging.getLogger(__name__)

_LONGEST = 3_500  # characters that are shown of an unfinished text; nothing that is written here comes near
_UNFINISHED = " …"
_LAST_SIGHT = 3.0  # seconds that a sight on its way may take when the final text is there
_SLOWEST = 30.0


class Draft:
    """Shows a text until it is settled; leaving without that takes it away.

    Args:
        surface: Where it appears.
        gone: Called when nobody can see it any more, because the bot was blocked or thrown out.
    """

    def __init__(self, surface: Surface, gone: Callable[[], object]) -> None:
        self._surface = surface
        self._gone = gone
        self._text = ""
        self._grown = asyncio.Event()
        self._settled = False

    def write(self, text: str) -> None:
        """Say how far the text is written; returns at once."""
        self._text = text
        self._grown.set()

    async def settle(self, text: str, keyboard: InlineKeyboardMarkup | None) -> int | None:
        """Put the final text in the draft's place; the number of its message, if it has one."""
        await self._stop()
        number = await self._surface.settle(text, keyboard)
        self._settled = True
        return number

    async def __aenter__(self) -> Self:
        self._showing = asyncio.create_task(self._keep_showing())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()
        if not self._settled:
            with contextlib.suppress(TelegramError):  # what is left standing says that it is unfinished
                await self._surface.drop()

    async def _stop(self) -> None:
        # A sight on its way must not arrive behind the final text.
        if self._on_its_way is not None:
            await asyncio.wait({self._on_its_way}, timeout=_LAST_SIGHT)
        self._showing.cancel()
        await asyncio.wait({self._showing})

    _on_its_way: asyncio.Task[None] | None = None

    async def _keep_showing(self) -> None:
        pace, shown = self._surface.pace, ""
        while True:
            await self._grown.wait()
            self._grown.clear()
            text = self._text.strip()[:_LONGEST]
            if not text or text == shown:
                continue
            # In a context of its own: what is shown for a moment is no part of the job that is answered.
            sight = self._surface.show(text + _UNFINISHED)
            self._on_its_way = asyncio.create_task(sight, context=contextvars.Context())
            try:
                await self._on_its_way
                pace, shown = self._surface.pace, text
            except Forbidden:
                self._gone()
                return
            except TelegramError as error:
                pace = min(2 * pace, _SLOWEST)
                logger.info("A draft was not shown: %s", error)
            finally:
                self._on_its_way = None
            await asyncio.sleep(pace)
