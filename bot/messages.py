"""What every handler needs of a message: its parts, its answer, and a sign that the bot is at work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar

from telegram import (
    CallbackQuery,
    Chat,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    Update,
    User,
)
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot import job
from bot.split import split
from bot.texts import Texts, lang_of, texts
from scene.atoms import Lang

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_TYPING_SECONDS = 4.0  # Telegram shows an action for five seconds

# Each update is handled in a task of its own, and so has a value of its own.
_chosen: ContextVar[Lang | None] = ContextVar("the language that was set for this chat", default=None)


async def answer(
    message: Message,
    text: str,
    keyboard: InlineKeyboardMarkup | None = None,
    parse_mode: str | None = None,
    *,
    quote: bool = False,
) -> Message | None:
    """Answer in as many messages as it takes; the keyboard goes under the last.

    Args:
        message: What is answered.
        text: The answer.
        keyboard: Its buttons.
        parse_mode: How the text is formatted; such a text must fit into one message.
        quote: Show what is answered even where it is plain.

    Returns:
        The last message; None for a blank text.
    """
    pieces = split(text)
    sent = None
    for i, piece in enumerate(pieces):
        sent = await message.reply_text(
            piece,
            parse_mode=parse_mode,
            reply_markup=keyboard if i == len(pieces) - 1 else None,
            reply_parameters=reply_to(message) if quote or not _is_plain(message) else None,
            link_preview_options=NO_PREVIEW,
        )
    return sent


async def answer_photo(message: Message, png: bytes, caption: str, filename: str = "scenes.png") -> None:
    """Answer with a picture."""
    quoted = None if _is_plain(message) else reply_to(message)
    await message.reply_photo(png, caption=caption, filename=filename, reply_parameters=quoted)


async def acknowledge(query: CallbackQuery, text: str | None = None, alert: bool = False) -> None:
    """Stop a button's spinning, and perhaps say why nothing else happens."""
    with contextlib.suppress(TelegramError):  # too old, or pressed before a restart: its work goes on
        await query.answer(text, show_alert=alert)


@contextlib.asynccontextmanager
async def typing(message: Message, action: ChatAction = ChatAction.TYPING) -> AsyncIterator[None]:
    """Show "typing", or what else the bot is doing, until the work is done."""

    async def keep_showing() -> None:
        while True:
            with contextlib.suppress(TelegramError):  # a sign only; the answer matters
                await message.reply_chat_action(action)
            await asyncio.sleep(_TYPING_SECONDS)

    shown = asyncio.create_task(keep_showing())
    try:
        yield
    finally:
        shown.cancel()


def speak(lang: Lang | None) -> None:
    """Speak this language for the rest of the update, whatever people's own are; None for theirs."""
    _chosen.set(lang)


def texts_for(user: User | None) -> Texts:
    """What to say: in the chat's language, if one was set, else in the person's."""
    return texts(_chosen.get() or lang_of(user.language_code if user else None))


def message_of(update: Update) -> Message:
    """The message that an update is about."""
    assert update.effective_message is not None  # handlers here are only for updates with a message
    return update.effective_message


def reply_to(message: Message) -> ReplyParameters:
    """Answer a message even if it is deleted meanwhile."""
    return ReplyParameters(message.message_id, allow_sending_without_reply=True)


def _is_plain(message: Message) -> bool:
    """Whether it is plain what is answered: in a private chat, what the person wrote just before."""
    by_bot = message.from_user is None or message.from_user.is_bot  # a button, maybe far above
    running = job.current()
    return message.chat.type == Chat.PRIVATE and not by_bot and not (running and running.overtaken())


def said(message: Message) -> str:
    """What a message says: its text, or the words under its picture."""
    return message.text or message.caption or ""


def answered(message: Message) -> str | None:
    """The text that a message replies to."""
    return (said(message.reply_to_message) or None) if message.reply_to_message else None


def command(message: Message) -> str:
    """The command's name, without slash and bot name."""
    return said(message).split()[0][1:].split("@")[0].lower()


def arguments(message: Message) -> str:
    """What stands after the command, spaces and all."""
    return said(message).partition(" ")[2].strip()
