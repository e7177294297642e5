"""A measurement in a chat: the place in line, how far it is, and a button that stops it."""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters, Update, User
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from bot.bridge import Bridge
from bot.measuring import Measuring, News, Run
from bot.messages import texts_for
from bot.texts import Texts
from scene.errors import HyperBridgeError

_PACE = 3.0  # seconds between edits: Telegram takes about twenty a minute in a group
_BAR = 10  # signs of a bar

Context = ContextTypes.DEFAULT_TYPE
Result = TypeVar("Result")


class Cancelling:
    """The button that stops a measurement.

    Args:
        bridge: Has the line of measurements.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._measuring = bridge.measuring

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler, before the one for all other buttons."""
        application.add_handler(CallbackQueryHandler(self._button, pattern=r"^measuring-stop:"))

    async def _button(self, update: Update, context: Context) -> None:
        query, chat = update.callback_query, update.effective_chat
        assert query is not None
        assert chat is not None  # the gate lets no other in
        token = (query.data or "").partition(":")[2]
        stopped = await self._measuring.cancel(chat.id, token)
        say = texts_for(query.from_user)
        await query.answer(say("measuring-stopping") if stopped else say("measuring-over"))


async def wait_for(
    message: Message,
    user: User | None,
    measuring: Measuring,
    heading: str,
    work: Callable[[Run], Awaitable[Result]],
) -> tuple[Message, Result] | None:
    """Have something measured while a message tells how far it is.

    Args:
        message: What is answered.
        user: Who asks.
        measuring: The line.
        heading: What is measured.
        work: What it takes; it calls ``measuring.do``.

    Returns:
        The message, which may be edited to hold the result, and the result; None where it failed or was
        cancelled and the message says so.

    Raises:
        ModelError: ``measuring-already``, ``measuring-elsewhere`` or ``measuring-full``.
    """
    say = texts_for(user)
    async with measuring.joined(message.chat_id, user.id if user else message.chat_id) as run:
        shown = await message.reply_text(
            _state(say, measuring, run, heading),
            reply_markup=_stop(say, run),
            reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
        )
        try:
            async with _telling(shown, say, measuring, run, heading):
                result = await work(run)
        except HyperBridgeError as error:
            # Who cancelled is told just that, wherever the work was.
            told = say("measuring-cancelled") if run.cancelled() else say.error(error)
            await show(
                message, shown, f"{html.escape(heading, quote=False)}\n{html.escape(told, quote=False)}"
            )
            return None
        except Exception:
            with contextlib.suppress(TelegramError):  # the error is told below it
                await shown.delete()
            raise
    return shown, result


async def show(
    message: Message, instead_of: Message | None, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Show a result in Telegram's HTML.

    Args:
        message: What it answers.
        instead_of: The message that told how far it was; a new one is sent where there is none any more.
        text: The result.
        keyboard: What goes under it.
    """
    if instead_of is not None:
        with contextlib.suppress(BadRequest):  # somebody has deleted it
            await instead_of.edit_text(text, ParseMode.HTML, reply_markup=keyboard)
            return
    await message.reply_html(text, reply_markup=keyboard)


@contextlib.asynccontextmanager
async def _telling(
    shown: Message, say: Texts, measuring: Measuring, run: Run, heading: str
) -> AsyncIterator[None]:
    """Edit a message as the measurement goes on."""
    over = asyncio.Event()

    async def tell() -> None:
        told = _state(say, measuring, run, heading)
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _PACE)
            state = _state(say, measuring, run, heading)
            if state != told and not over.is_set():
                told = state
                with contextlib.suppress(TelegramError):  # the result matters
                    await shown.edit_text(state, reply_markup=_stop(say, run))

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        over.set()
        await telling  # an edit under way must not come after the result's


def _state(say: Texts, measuring: Measuring, run: Run, heading: str) -> str:
    before, news = measuring.before(run), run.news
    if before:
        return say("measuring-waits", heading=heading, before=before)
    if not news.what:
        return say("measuring-begins", heading=heading)
    share = min(news.done / news.total, 1.0) if news.total else 0.0
    full = round(share * _BAR)
    return say(
        "measuring-progress",
        heading=heading,
        what=what(say, news),
        bar="▰" * full + "▱" * (_BAR - full),
        percent=round(share * 100),
    )


def what(say: Texts, news: News) -> str:
    """What is being done, in a person's words."""
    doing, _, level = news.what.partition(" ")
    if doing == "read":
        return say("measuring-read", level=level)
    if doing == "write":
        return say("measuring-write", level=level)
    if doing == "sigma":
        return say("measuring-listen", level=level)
    if news.what == "lock":
        return say("measuring-lock")
    if news.what == "sha256":
        return say("measuring-hash", megabytes=round(news.total / 1e6))
    return say("measuring-build", level=news.what)


def _stop(say: Texts, run: Run) -> InlineKeyboardMarkup:
    button = InlineKeyboardButton(say("measuring-stop"), callback_data=f"measuring-stop:{run.token}")
    return InlineKeyboardMarkup([[button]])
