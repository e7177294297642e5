"""A scene is voiced in front of a person: shown as it is written, and answered."""

from __future__ import annotations

import asyncio
import logging

from telegram import Message, User
from telegram.error import Forbidden

from bot import faults, job, keyboards
from bot.bridge import Bridge
from bot.draft import Draft
from bot.messages import answer, texts_for, typing
from bot.running import Running
from bot.surfaces import Offered
from scene.atoms import Scene
from scene.forms import Form

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
                asker = user.id if user else None
                reply = await self._running.run(chat, work, asker, about=message.message_id)
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
