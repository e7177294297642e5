"""Where a text appears while it is written, and where it stands in the end.

In a private chat Telegram streams a draft by itself (Bot API ``sendMessageDraft``); elsewhere, and where that
is not offered, a message is sent and edited at a pace that Telegram accepts. Only the final text carries the
mark and the buttons.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from telegram import Bot, Chat, InlineKeyboardMarkup, Message
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.messages import NO_PREVIEW, answer, reply_to
from bot.split import split

logger = logging.getLogger(__name__)

# Telegram lets a bot send about one message a second to a person and twenty a minute to a group, final texts
# of everybody included (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
_PRIVATE_PACE = 1.2
_GROUP_PACE = 6.0
_INLINE_PACE = 2.0
_FEW = 12  # members of a group that may watch; in a larger one, many are written for at once
_COUNTED_AGAIN = 3600.0  # seconds


Begun: TypeAlias = Callable[[int], Awaitable[None]]
"""Takes the number of an answer."""


class Surface(Protocol):
    """A place for one text.

    Attributes:
        pace: Seconds between two sights of the text, at least.
    """

    pace: float

    async def show(self, text: str) -> None:
        """Show the text as far as it is written. One try: the next sight is better than this one again."""

    async def settle(self, text: str, keyboard: InlineKeyboardMarkup | None) -> int | None:
        """Put the final text there, whatever it takes; the number of its message, if it has one."""

    async def drop(self) -> None:
        """Take away what was shown: there will be no text."""


class Unseen:
    """Shows nothing but the final text, as an answer."""

    pace = _GROUP_PACE

    def __init__(self, message: Message) -> None:
        self._message = message

    async def show(self, text: str) -> None:
        """Show nothing."""

    async def settle(self, text: str, keyboard: InlineKeyboardMarkup | None) -> int | None:
        """Answer with the text."""
        sent = await answer(self._message, text, keyboard, quote=True)
        return sent.message_id if sent else None

    async def drop(self) -> None:
        """Nothing was shown."""


class Edited(Unseen):
    """An answer that is edited as the text grows.

    Args:
        message: What is answered.
        pace: Seconds between edits.
        begun: Told the number of the answer as soon as there is one.
        standing: The number of an earlier answer that the final text is to replace: it stays until then.
    """

    def __init__(self, message: Message, pace: float, begun: Begun, standing: int | None = None) -> None:
        super().__init__(message)
        self.pace = pace
        self._begun = begun
        self._quiet = standing is not None
        self._standing = standing

    async def show(self, text: str) -> None:
        """Answer with the beginning, or bring the answer up to it."""
        if self._quiet:
            return
        if self._standing is None:
            sent = await self._message.reply_text(
                text, reply_parameters=reply_to(self._message), link_preview_options=NO_PREVIEW
            )
            self._standing = sent.message_id
            await self._begun(sent.message_id)
            return
        await self._message.get_bot().edit_message_text(
            text,
            chat_id=self._message.chat_id,
            message_id=self._standing,
            link_preview_options=NO_PREVIEW,
        )

    async def settle(self, text: str, keyboard: InlineKeyboardMarkup | None) -> int | None:
        """Edit a last time; where that can't be done, answer anew."""
        if self._standing is not None:
            if len(split(text)) == 1 and await self._replaced(self._standing, text, keyboard):
                return self._standing
            await self._delete(self._standing)
        return await super().settle(text, keyboard)

    async def drop(self) -> None:
        """Delete the answer, unless it is an earlier one."""
        if self._standing is not None and not self._quiet:
            await self._delete(self._standing)

    async def _replaced(self, number: int, text: str, keyboard: InlineKeyboardMarkup | None) -> bool:
        bot = self._message.get_bot()
        try:
            await bot.edit_message_text(
                text,
                chat_id=self._message.chat_id,
                message_id=number,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )
        except BadRequest:  # deleted, or too old to be edited
            return False
        return True

    async def _delete(self, number: int) -> None:
        with contextlib.suppress(TelegramError):  # it may be gone already
            await self._message.get_bot().delete_message(self._message.chat_id, number)


class Streamed(Unseen):
    """A draft that Telegram shows to a person by itself, and in its stead an edited answer.

    Args:
        message: What is answered, in a private chat.
        offered: Whether the server has drafts, as far as anybody has found.
        begun: Told the number of the answer as soon as there is one.
    """

    pace = _PRIVATE_PACE

    def __init__(self, message: Message, offered: Offered, begun: Begun) -> None:
        super().__init__(message)
        self._offered = offered
        self._begun = begun
        self._draft_id = secrets.randbelow(2**31 - 1) + 1
        self._instead = None if offered.drafts else Edited(message, _PRIVATE_PACE, begun)

    async def show(self, text: str) -> None:
        """Stream the text."""
        if self._instead is None:
            try:
                await self._message.reply_text_draft(self._draft_id, text)
                return
            except InvalidToken:  # what python-telegram-bot makes of a method that the server doesn't know
                self._offered.drafts = False
            except BadRequest as error:
                logger.info("No draft in this chat: %s", error)
            self._instead = Edited(self._message, _PRIVATE_PACE, self._begun)
        await self._instead.show(text)

    async def settle(self, text: str, keyboard: InlineKeyboardMarkup | None) -> int | None:
        """Send the text, which ends the draft."""
        if self._instead is not None:
            return await self._instead.settle(text, keyboard)
        return await super().settle(text, keyboard)

    async def drop(self) -> None:
        """A draft fades by itself."""
        if self._instead is not None:
            await self._instead.drop()


class Inline:
    """A message that somebody sent through the bot: it can only be edited.

    Args:
        bot: Who edits it.
        message_id: Its inline id.
        unvoiced: What it says, and under which buttons, should there be no text.
    """

    pace = _INLINE_PACE

    def __init__(self, bot: Bot, message_id: str, unvoiced: tuple[str, InlineKeyboardMarkup | None]) -> None:
        self._bot = bot
        self._id = message_id
        self._unvoiced = unvoiced

    async def show(self, text: str) -> None:
        """Bring the message up to the text."""
        # Its button stays, should the bot stop in the middle.
        await self._bot.edit_message_text(
            text,
            inline_message_id=self._id,
            reply_markup=self._unvoiced[1],
            link_preview_options=NO_PREVIEW,
        )

    async def settle(self, text: str, keyboard: InlineKeyboardMarkup | None) -> int | None:
        """Edit a last time."""
        await self._bot.edit_message_text(
            text, inline_message_id=self._id, reply_markup=keyboard, link_preview_options=NO_PREVIEW
        )
        return None

    async def drop(self) -> None:
        """Say again what the message said."""
        await self.settle(*self._unvoiced)


class Offered:
    """What the server offers; it is asked once and told by its errors."""

    def __init__(self) -> None:
        self.drafts = True
        self._few: dict[int, tuple[float, bool]] = {}

    async def surface(self, message: Message, begun: Begun, standing: int | None = None) -> Surface:
        """Where the answer to a message is shown as it is written.

        Args:
            message: What is answered.
            begun: Told the number of an answer that is sent before its text is whole.
            standing: The number of an earlier answer to it, which is to be replaced.
        """
        if standing is not None:
            return Edited(message, _PRIVATE_PACE, begun, standing)
        if message.chat.type == Chat.PRIVATE:
            return Streamed(message, self, begun)
        if await self._are_few(message.chat):
            return Edited(message, _GROUP_PACE, begun)
        return Unseen(message)

    async def _are_few(self, chat: Chat) -> bool:
        counted, few = self._few.get(chat.id, (-_COUNTED_AGAIN, False))
        if time.monotonic() < counted + _COUNTED_AGAIN:
            return few
        try:
            few = await chat.get_member_count() <= _FEW
        except Forbidden:
            raise
        except TelegramError:
            return False
        self._few[chat.id] = time.monotonic(), few
        return few
