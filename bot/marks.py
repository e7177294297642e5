"""How plainly a chat's texts are marked: ``/mark``."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from bot.bridge import Bridge
from bot.messages import answer, arguments, message_of, texts_for
from scene import mark

COMMANDS = ("mark",)


class Marks:
    """The command that sets a chat's marks.

    Args:
        bridge: Knows what is set.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(CommandHandler("mark", self._mark))

    async def _mark(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """``/mark``, ``/mark woven``."""
        message, say = message_of(update), texts_for(update.effective_user)
        wanted = arguments(message)
        if wanted:
            strength = mark.named(wanted)
            await asyncio.to_thread(self._bridge.archive.set_strength, message.chat_id, strength)
        else:
            strength = await self._bridge.strength(message.chat_id)
        now = say(f"mark-is-{strength}")
        await answer(message, now if wanted else f"{now}\n{say('mark-choices')}")
