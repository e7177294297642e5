"""``/cancel``: what is going on for a person, or waits, is stopped."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

from bot import job
from bot.groups import is_private, may_set
from bot.line import Line
from bot.measuring import Measuring
from bot.messages import answer, message_of, texts_for
from bot.running import Running

COMMANDS = ("cancel",)


class Stopping:
    """Stops what was asked for.

    In a group everybody stops what they asked for themselves; an admin stops what is at work for the group,
    whoever asked for it. What others have waiting in line is theirs alone.

    Args:
        running: What is being written now.
        measuring: What is being measured, or waits to be.
        line: What waits to be begun.
    """

    def __init__(self, running: Running, measuring: Measuring, line: Line) -> None:
        self._running = running
        self._measuring = measuring
        self._line = line

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler."""
        application.add_handler(CommandHandler("cancel", self._cancel))

    async def _cancel(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message, user, say = message_of(update), update.effective_user, texts_for(update.effective_user)
        assert user is not None  # the gate lets nobody else pass
        chat, at_work = message.chat_id, job.current()
        everybodys = is_private(message) or await may_set(message, user)
        asker = None if everybodys else user.id
        # First those that wait, or one of them would begin in the place of what is stopped.
        left = await self._line.leave(user.id, chat, at_work.job.id if at_work else None)
        measurements = sum(each.measures for each in left)
        stopped = {
            "writing": self._running.stop(chat, asker),
            "waiting": len(left) - measurements,
            "measuring": await self._measuring.stop(chat, asker) + measurements,
        }
        told = ", ".join(say(f"stopped-{what}", count=count) for what, count in stopped.items() if count)
        await answer(message, say("stopped", what=told) if told else say("stopped-nothing"))
