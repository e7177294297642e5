"""Everything that the bot asks of Telegram passes here: paced, patient, and sent once.

What a job sends is noted before and after (``storage.jobs``). A job that is run again after a crash is given
the old answers, so that nothing is sent twice. One case is left: a message was on its way and no answer was
heard, because the connection or the bot died in between. The Bot API cannot list messages, but it refuses an
edit that changes nothing: so the outbox edits the numbers that the message can have got into the very text
that was sent, and "message is not modified" says that it is there. Numbers grow by one with each message, in
supergroups and channels each for itself and elsewhere for the whole bot; Telegram does it so, but does not
promise it. A photo or file without a caption can't be asked about, and may come twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import httpx
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter

from bot import metrics
from bot.job import Running, current
from bot.lenience import readable
from storage.jobs import Jobs

logger = logging.getLogger(__name__)
# It logs each flood wait with a traceback; here it is counted and waited for.
logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)

SIGNS = frozenset({"sendChatAction", "sendMessageDraft"})
"""What shows for a moment only: not worth a second try."""

_KNOWN = 4096  # message numbers that are remembered
_ASKED = 30  # numbers that are asked about at most
# How often is tried: what a job asks for until it comes through, and what none asks for a few times, for
# whoever starts the bot wants to know soon that Telegram can't be reached.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between tries
_PATIENCE = 5  # tries of what no job asks for
_HELD = 3  # chats held at once from which on a flood is the whole bot's
_OVER = {
    "answerCallbackQuery": "query is too old",
    "answerInlineQuery": "query is too old",
    "editMessage": "message is not modified",
    "deleteMessage": "message to delete not found",
}
"""What Telegram says when the thing asked for is done already, or can't matter any more."""

Callback = Callable[..., Coroutine[Any, Any, Any]]


class Numbers:
    """The message numbers that the bot knows of, by whose they are."""

    def __init__(self) -> None:
        self._known: dict[int, dict[int, None]] = {}

    def note(self, chat: int, number: int) -> None:
        """Remember the number of a message that was received or sent."""
        known = self._known.setdefault(_counter(chat), {})
        known[number] = None
        if len(known) > _KNOWN:
            del known[next(iter(known))]

    def last(self, chat: int) -> int:
        """The greatest number known where this chat's messages are numbered; 0 for none."""
        return max(self._known.get(_counter(chat), {}), default=0)

    def possible(self, chat: int, after: int) -> list[int]:
        """Numbers that a message sent after that one may have, the nearest first."""
        known = self._known.get(_counter(chat), {})
        top = max(self.last(chat), after) + _HELD
        return [number for number in range(after + 1, top + 1) if number not in known][:_ASKED]


def _counter(chat: int) -> int:
    # https://core.telegram.org/bots/api#chat: supergroups and channels have ids below -10^12.
    return chat if chat < -(10**12) else 0


class Outbox(AIORateLimiter):
    """Sends for the bot.

    Args:
        jobs: Where it is noted what was sent for a job.

    Attributes:
        numbers: Message numbers; whoever receives messages notes theirs.
    """

    def __init__(self, jobs: Jobs) -> None:
        super().__init__(max_retries=0)
        self.numbers = Numbers()
        self._jobs = jobs
        self._held: dict[int | str, float] = {}

    async def process_request(
        self,
        callback: Callback,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Ask something of Telegram; see ``telegram.ext.BaseRateLimiter.process_request``."""
        request = _Request(callback, kwargs, endpoint, data)
        running = current()
        if endpoint in SIGNS:
            return await self._once(request)
        if running is None or not endpoint.startswith("send"):
            result = await self._patiently(request, for_job=running is not None)
        else:
            result = await self._recorded(request, running)
        return readable(endpoint, data, result)

    async def _recorded(self, request: _Request, running: Running) -> Any:
        """Send something for a job, unless it was sent already."""
        place = running.next_send()
        before = await asyncio.to_thread(self._jobs.sent, running.job, place)
        result, after = before.result, before.after
        pause = _FIRST_PAUSE
        while result is None:
            if after is not None:
                result = await self._find(request, after)
                if result is not None:
                    break

            async def noted(*args: Any, **kwargs: Any) -> Any:
                # Here, past all waiting for one's turn, the number is as near as can be.
                nonlocal after
                last = self.numbers.last(request.chat)
                await asyncio.to_thread(self._jobs.sending, running.job, place, last)
                after = last
                return await request.callback(*args, **kwargs)

            try:
                result = await self._once(request, noted)
            except RetryAfter:
                after = None  # refused, so that nothing was sent
            except TelegramError as error:
                if not _may_pass(error):
                    raise
                if was_never_sent(error):
                    after = None
                pause = await _rest(request, error, pause)
        if before.result is None:
            await asyncio.to_thread(self._jobs.arrived, running.job, place, result)
        if isinstance(result, dict) and isinstance(result.get("message_id"), int):
            self.numbers.note(request.chat, result["message_id"])
        return result

    async def _find(self, request: _Request, after: int) -> Any:
        """The message, if it was sent although no answer came; None if not, or if it can't be asked about."""
        for number in self.numbers.possible(request.chat, after):
            edit = request.as_edit(number)
            if edit is None:
                return None
            try:
                edited = await self._patiently(edit, for_job=True)
            except BadRequest:
                continue
            return edited if isinstance(edited, dict) else request.as_message(number)
        return None

    async def _patiently(self, request: _Request, *, for_job: bool) -> Any:
        """Ask for something that may be asked for twice."""
        pause, tries = _FIRST_PAUSE, 0
        while True:
            tries += 1
            try:
                return await self._once(request)
            except BadRequest as error:
                if any(
                    request.endpoint.startswith(what) and said in str(error).lower()
                    for what, said in _OVER.items()
                ):
                    return True
                raise
            except RetryAfter:
                if not for_job and tries >= _PATIENCE:
                    raise
            except TelegramError as error:
                if not _may_pass(error) or (not for_job and (tries >= _PATIENCE or was_never_sent(error))):
                    raise
                pause = await _rest(request, error, pause)

    async def _once(self, request: _Request, callback: Callback | None = None) -> Any:
        """Ask once, when it is this chat's turn; a flood holds the chat, and more of them everybody."""
        await self._turn(request)
        try:
            return await super().process_request(
                callback or request.callback,
                (request.endpoint, request.data),
                request.kwargs,
                request.endpoint,
                request.data,
                None,
            )
        except RetryAfter as error:
            seconds = wait_of(error) + 0.1
            metrics.FLOOD_WAITS.inc()
            metrics.FLOOD_WAIT_SECONDS.inc(seconds)
            logger.info("%s: flood wait of %.1f s", request.endpoint, seconds)
            self._held[request.place] = time.monotonic() + seconds
            raise

    async def _turn(self, request: _Request) -> None:
        while True:
            now = time.monotonic()
            self._held = {place: until for place, until in self._held.items() if until > now}
            until = self._held.get(request.place, 0.0)
            chats = [each for place, each in self._held.items() if isinstance(place, int)]
            if len(chats) >= _HELD:
                until = max(until, *chats)
            if until <= now:
                return
            if request.endpoint in SIGNS:
                raise RetryAfter(round(until - now + 1))
            await asyncio.sleep(until - now)


class _Request:
    """One request to the Bot API, before it is made."""

    def __init__(
        self, callback: Callback, kwargs: dict[str, Any], endpoint: str, data: dict[str, Any]
    ) -> None:
        self.callback = callback
        self.kwargs = kwargs
        self.endpoint = endpoint
        self.data = data
        chat = str(data.get("chat_id"))
        self.chat = int(chat) if chat.removeprefix("-").isdecimal() else 0
        # What is for no chat is held by itself: hours without a new menu of commands keep no button waiting.
        self.place: int | str = self.chat or endpoint

    def as_edit(self, number: int) -> _Request | None:
        """The request that makes a message into the one that this sends; None where there is no such."""
        text, caption = self.data.get("text"), self.data.get("caption")
        kept: tuple[str, ...]
        if self.endpoint == "sendMessage" and text:
            endpoint, kept = "editMessageText", ("text", "parse_mode", "entities", "link_preview_options")
        elif caption:
            endpoint, kept = "editMessageCaption", ("caption", "parse_mode", "caption_entities")
        else:
            return None
        data = {name: self.data[name] for name in ("chat_id", *kept, "reply_markup") if name in self.data}
        return _Request(self.callback, self.kwargs, endpoint, data | {"message_id": number})

    def as_message(self, number: int) -> dict[str, Any]:
        """What Telegram would have answered, as far as it is known."""
        kind = "private" if self.chat > 0 else "supergroup" if _counter(self.chat) else "group"
        message = {"message_id": number, "date": int(time.time()), "chat": {"id": self.chat, "type": kind}}
        return message | ({"text": str(self.data["text"])} if "text" in self.data else {})


def _may_pass(error: TelegramError) -> bool:
    """Whether the same request may be taken later."""
    return isinstance(error, NetworkError) and not isinstance(error, BadRequest)


async def _rest(request: _Request, error: TelegramError, pause: float) -> float:
    """Wait before another try; how long to wait before the next one."""
    metrics.ERRORS.labels("network").inc()
    logger.warning("%s: %s; again in %.1f s", request.endpoint, error, pause)
    await asyncio.sleep(pause)
    return min(2 * pause, _LONGEST_PAUSE)


def wait_of(error: RetryAfter) -> float:
    """Seconds that Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def was_never_sent(error: TelegramError) -> bool:
    """Whether no byte of the request has left this machine."""
    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
