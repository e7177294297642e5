"""Calls to Telegram that must come through: what a person waits for is never dropped at the first fault."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from telegram.error import BadRequest, NetworkError, RetryAfter

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Two minutes and a half in all, beside the time that the calls themselves take.
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 45.0, 45.0)


async def surely(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call, and again while the network or Telegram's limits are in its way.

    A call whose answer was lost is made again: a text that comes twice is better than one that never comes.

    Args:
        call: Makes the call.

    Raises:
        TelegramError: Telegram refused it, or the last try failed as well.
    """
    for pause in _PAUSES:
        try:
            return await call()
        except BadRequest:  # a network error by its class alone: Telegram understood and said no
            raise
        except RetryAfter as error:
            # The rate limiter has waited this long already, several times.
            pause = max(pause, _seconds(error.retry_after))
            logger.warning("Telegram asks to wait %.0f s more", pause)
        except NetworkError as error:
            logger.warning("A call to Telegram failed (%s); again in %.1f s", error, pause)
        await asyncio.sleep(pause)
    return await call()


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
