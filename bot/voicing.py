"""A scene is voiced in front of a person: shown as it is written, answered, and stopped if they wish."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from telegram import Message, Update, User
from telegram.error import Forbidden
from telegram.ext import Application, CommandHandler, ContextTypes

from bot import faults, job, keyboards
from bot.bridge import Bridge
from bot.draft import Draft
from bot.messages import answer, message_of, texts_for, typing
from bot.running import Running
from bot.surfaces import Offered
from scene.atoms import Scene
from scene.forms import Form

COMMANDS = ("cancel",)

logger = logging.getLogger(__name__)


class Voicing:
    """Voices scenes in chats.

    Args:
        bridge: Holds the archive and the model.
        running: What is being written now.
    """

    def __init__(self, bridge: Bridge, running: Running) -> None:
        self._bridge = bridge
        self._running = running
        self._offered = Offered()

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(CommandHandler("cancel", self._cancel))

    async def _cancel(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """``/cancel``: nothing more is written for this chat."""
        message, say = message_of(update), texts_for(update.effective_user)
        await answer(message, say("cancelled", count=self._running.stop(message.chat_id)))

    async def voice(
        self, message: Message, user: User | None, source: str | Scene, form: Form | None, wording: str = ""
    ) -> None:
        """Answer with a scene's text, its mark and what can be done with it.

        Args:
            message: What is answered: somebody's, maybe edited, or the bot's own with the pressed button.
            user: Who asks.
            source: The scene, or what names it.
            form: The form asked for, or None.
            wording: The words that named it; empty for a button.
        """
        say, chat, archive = texts_for(user), message.chat_id, self._bridge.archive
        # The bot's own message, under which a button was pressed, gets as many answers as it is pressed.
        asked = message.from_user is not None and not message.from_user.is_bot
        edited = asked and message.edit_date is not None
        if edited:
            self._running.stop(chat, about=message.message_id)
        at_work = job.current()
        cut_short = asked and at_work is not None and at_work.attempt > 1

        async def note(number: int) -> None:
            if asked:
                await asyncio.to_thread(archive.answers.put, chat, message.message_id, number)

        # An earlier answer: to the message before it was edited, or begun before the bot was cut short.
        standing = None
        if edited or cut_short:
            standing = await asyncio.to_thread(archive.answers.get, chat, message.message_id)
        try:
            surface = await self._offered.surface(message, note, standing)
            async with typing(message), Draft(surface, lambda: self._running.stop(chat)) as draft:
                if not self._bridge.models.is_ready:
                    draft.write(say("busy-loading"))
                work = self._bridge.say(chat, source, say.lang, form=form, wording=wording, watch=draft.write)
                reply = await self._running.run(chat, work, about=message.message_id)
                if reply is None:
                    return
                keyboard = keyboards.under_reply(say, reply.stored.number, reply.choice.form)
                number = await draft.settle(reply.text, keyboard)
            # Apart from the text, so that the text comes back to its scene as it stands.
            if fault := faults.sentence(say, reply.written):
                await answer(message, fault)
            if number is not None:
                await note(number)
        except Forbidden as error:
            # Nobody is there to read: what else is being written for them would be written in vain.
            stopped = self._running.stop(chat)
            logger.info("The bot may not write to a chat (%s); stopped: %d", error, stopped)
