"""What a person teaches the bot, and asks it about itself: own words, reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import regex
from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from bot import dialogue, own_words, why
from bot.bridge import Bridge
from bot.messages import answer, answered, arguments, message_of, texts_for
from bot.own_words import Lesson
from bot.texts import Texts
from scene.errors import HyperBridgeError
from scene.forms import Form
from storage.archive import Archive

COMMANDS = ("why", "teach", "unteach")
_BETWEEN = regex.compile(r"[\s,;]+")
_AT_ONCE = 20  # words of one message

Context = ContextTypes.DEFAULT_TYPE


class Asides:
    """Commands that voice nothing.

    Args:
        bridge: Holds the archive.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler."""
        application.add_handler(CommandHandler("why", self._why))
        application.add_handler(CommandHandler("teach", self._teach))
        application.add_handler(CommandHandler("unteach", self._unteach))

    async def _why(self, update: Update, context: Context) -> None:
        """``/why`` about the last text, or in reply to any of the bot's."""
        message, say = message_of(update), texts_for(update.effective_user)
        held = await dialogue.asked_about(self._bridge, message.chat_id, answered(message))
        if held is not None:
            await answer(message, dialogue.why(say, self._bridge, held))
            return
        kept = await self._bridge.why(message.chat_id, answered(message))
        known = self._bridge.personas()
        await answer(message, why.sentences(say, known, Form(kept.form), kept.chosen_by, kept.reason))

    async def _teach(self, update: Update, context: Context) -> None:
        """``/teach снежнобог морегул``; alone, it lists the chat's words."""
        message, say = message_of(update), texts_for(update.effective_user)
        if not arguments(message):
            words = await asyncio.to_thread(self._bridge.archive.own_words.of, message.chat_id)
            await answer(message, own_words.listed(say, words))
            return
        await self._each_word(update, own_words.teach, own_words.taught)

    async def _unteach(self, update: Update, context: Context) -> None:
        """``/unteach снежнобог``."""
        message, say = message_of(update), texts_for(update.effective_user)
        if not arguments(message):
            await answer(message, say("unteach-needs-word"))
            return
        await self._each_word(update, own_words.unteach, own_words.untaught)

    async def _each_word(
        self,
        update: Update,
        do: Callable[[Archive, int, str], Lesson],
        tell: Callable[[Texts, Lesson], str],
    ) -> None:
        """A line for each word of the message; a bad one keeps none of the others from its turn."""
        message, say = message_of(update), texts_for(update.effective_user)
        lines = []
        words = [word for word in _BETWEEN.split(arguments(message)) if word]
        for word in words[:_AT_ONCE]:
            try:
                lesson = await asyncio.to_thread(do, self._bridge.archive, message.chat_id, word)
                lines.append(tell(say, lesson))
            except HyperBridgeError as error:
                lines.append(say.error(error))
        if words[_AT_ONCE:]:
            lines.append(say("own-words-too-many", limit=_AT_ONCE))
        await answer(message, "\n".join(lines))
