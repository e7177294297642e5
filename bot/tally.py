"""``/stats``: what a chat has come to."""

from __future__ import annotations

import asyncio
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from bot.bridge import Bridge
from bot.messages import answer, message_of, texts_for
from bot.texts import Texts
from storage.figures import Tally

COMMANDS = ("stats",)


class Tallying:
    """Counts a chat's archive.

    Args:
        bridge: Holds it.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(CommandHandler("stats", self._stats))

    async def _stats(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message, say = message_of(update), texts_for(update.effective_user)
        tally = await asyncio.to_thread(self._bridge.archive.figures.tally, message.chat_id)
        await answer(message, told(say, tally))


def told(say: Texts, tally: Tally) -> str:
    """The counts, a line each."""
    if not tally.scenes or tally.since is None:
        return say("stats-nothing")
    minutes, seconds = divmod(round(tally.seconds), 60)
    hours, minutes = divmod(minutes, 60)
    lines = [
        say("stats-scenes", count=tally.scenes, since=tally.since.date().isoformat()),
        say("stats-texts", count=tally.texts),
        say("stats-words", count=tally.words),
        say("stats-dialogues", count=tally.dialogues) if tally.dialogues else "",
        say("stats-own-words", count=tally.own_words) if tally.own_words else "",
        say("stats-time", hours=hours, minutes=minutes, seconds=seconds),
    ]
    return "\n".join(filter(None, lines))
