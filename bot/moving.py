"""A group that becomes a supergroup gets a new id, and its archive goes along.

Two service messages tell of it, and so does every request that still names the old id. None of them is taken
at its word: the bot asks Telegram for the group's members by the old id, and follows the id in the refusal.
(Telegram's server refuses just what needs the members or writes, and still lets the old group be read:
https://github.com/tdlib/telegram-bot-api.)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from telegram import Bot, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden
from telegram.ext import Application, ApplicationHandlerStop, ContextTypes, MessageHandler, filters

from bot import job
from bot.arrivals import moved
from bot.messages import message_of
from storage.moving import Moves

logger = logging.getLogger(__name__)

_FIRST = -2  # before the gate: it is Telegram that speaks, through whoever changed the group
_PLACES = ("message", "edited_message")


class Moving:
    """Follows groups.

    Args:
        moves: Moves what is kept.
    """

    def __init__(self, moves: Moves) -> None:
        self._moves = moves

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, self._told), group=_FIRST)

    async def _told(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A service message says that a group has another id."""
        found = moved(message_of(update).to_dict()) if update.message is not None else None
        if found is not None:
            await self.follow(context.bot, found[0])
        raise ApplicationHandlerStop

    async def follow(self, bot: Bot, old: int) -> None:
        """Move what is a group's to the id that Telegram says it has by now.

        Args:
            bot: Asks Telegram.
            old: The id that the group had.

        Raises:
            TelegramError: Telegram could not be asked.
        """
        if self._moves.to(old) is not None:
            return
        try:
            await bot.get_chat_member_count(old)
        except ChatMigrated as error:
            if await asyncio.to_thread(self._moves.move, old, error.new_chat_id):
                logger.info("A group has become a supergroup: %d is %d now", old, error.new_chat_id)
        except (BadRequest, Forbidden) as error:
            logger.warning("Telegram doesn't say that a group has moved: %s", error)
        else:
            logger.warning("A group was said to have moved, and has not")

    async def again(self, update: object, bot: Bot, error: Exception | None) -> bool:
        """Have what failed done again in the chat's new place, if it failed because the chat has moved.

        Args:
            update: What failed.
            bot: Asks Telegram.
            error: How it failed.

        Returns:
            Whether it will be done again.
        """
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is None:
            return False
        if isinstance(error, ChatMigrated):
            await self.follow(bot, chat.id)
        return self._moves.to(chat.id) is not None and job.try_again()


def redirected(update: dict[str, Any], to: Callable[[int], int | None]) -> dict[str, Any]:
    """An update from a chat that has moved, as if it came from where the chat is now.

    Numbers of its messages mean nothing there: nothing can be answered or edited by them.

    Args:
        update: Its JSON.
        to: The id that a chat has by now.
    """
    for place in _PLACES:
        if place in update:
            return update | {place: _redirected(update[place], to)}
    query = update.get("callback_query")
    if isinstance(query, dict) and "message" in query:
        return update | {"callback_query": query | {"message": _redirected(query["message"], to)}}
    return update


def _redirected(message: Any, to: Callable[[int], int | None]) -> Any:
    new = to(message["chat"]["id"])
    if new is None or moved(message) is not None:
        return message
    return message | {"message_id": 0, "chat": message["chat"] | {"id": new, "type": "supergroup"}}
