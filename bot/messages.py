"""What every handler needs of a message: its parts, its answer, and a sign that the bot is at work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from telegram import InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters, Update, User
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.split import split
from bot.texts import Texts, lang_of, texts

_TYPING_SECONDS = 4.0  # Telegram shows an action for five seconds


async def answer(message: Message, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
    """Reply in as many messages as it takes; the keyboard goes under the last."""
    pieces = split(text)
    for i, piece in enumerate(pieces):
        await message.reply_text(
            piece,
            reply_markup=keyboard if i == len(pieces) - 1 else None,
            reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )


async def answer_photo(message: Message, png: bytes, caption: str, filename: str = "scenes.png") -> None:
    """Reply with a picture."""
    await message.reply_photo(
        png,
        caption=caption,
        filename=filename,
        reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
    )


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


def texts_for(user: User | None) -> Texts:
    """What to say, in the person's language."""
    return texts(lang_of(user.language_code if user else None))


def message_of(update: Update) -> Message:
    """The message that an update is about."""
    assert update.effective_message is not None  # handlers here are only for updates with a message
    return update.effective_message


def answered(message: Message) -> str | None:
    """The text that a message replies to."""
    return message.reply_to_message.text if message.reply_to_message else None


def command(message: Message) -> str:
    """The command's name, without slash and bot name."""
    return (message.text or "").split()[0][1:].split("@")[0].lower()


def arguments(message: Message) -> str:
    """What stands after the command, spaces and all."""
    return (message.text or "").partition(" ")[2].strip()
