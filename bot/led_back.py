"""What a person is told about a text that was led back to its scene, and the buttons under it.

A scene that is not in the archive has no number yet, and a button has room for 64 bytes only: its buttons
take the scene from the mark in the message that they stand under. So it is kept when somebody wants it, and
not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from bot.bridge import Bridge
from bot.keyboards import forms
from bot.messages import acknowledge, answer, texts_for, typing
from bot.reading import Reading
from bot.texts import Texts
from bot.voicing import Voicing
from scene import mark
from scene.forms import Form

_PREFIX = "read:"
_KEEP = "keep"
_OTHERS = 3  # further scenes that are worth a person's while
_WORTH = 0.2  # and the least score

Context = ContextTypes.DEFAULT_TYPE


class LedBack:
    """The buttons under a scene that has not been kept.

    Args:
        bridge: Keeps scenes.
        voicing: Voices them.
    """

    def __init__(self, bridge: Bridge, voicing: Voicing) -> None:
        self._bridge = bridge
        self._voicing = voicing

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register the handler, before the one for all other buttons."""
        application.add_handler(CallbackQueryHandler(self._button, pattern=f"^{_PREFIX}"))

    async def _button(self, update: Update, context: Context) -> None:
        """Keep the scene of the message, or voice it, which keeps it as well."""
        query = update.callback_query
        assert query is not None
        say, name = texts_for(query.from_user), (query.data or "").removeprefix(_PREFIX)
        message = query.message
        found = mark.read(message.text or "") if isinstance(message, Message) else None
        if (
            not isinstance(message, Message)
            or found is None
            or not found.mnemonic
            or name not in (_KEEP, *Form)
        ):
            await acknowledge(query, say("button-old"))
            return
        await acknowledge(query)
        scene = await self._bridge.finder.scene(message.chat_id, message.text or "")
        if name != _KEEP:
            await self._voicing.voice(message, query.from_user, scene, Form(name))
            return
        async with typing(message):
            stored = await self._bridge.keep(message.chat_id, scene)
        await answer(message, say("reading-kept", mark=mark.write(scene.mnemonic, stored.number)))


def keyboard(say: Texts) -> InlineKeyboardMarkup:
    """Buttons for a scene that has no number yet."""
    keep = InlineKeyboardButton(say("reading-keep"), callback_data=f"{_PREFIX}{_KEEP}")
    return InlineKeyboardMarkup([*forms(say, lambda form: f"{_PREFIX}{form}"), [keep]])


def told(say: Texts, readings: Sequence[Reading]) -> str:
    """Every scene of a text, and what the buttons do if the last one is not kept."""
    offer = [say("reading-offer")] if readings[-1].number is None else []
    return "\n\n".join(
        [*(_told(say, reading) for reading in readings[:-1]), "\n".join([_told(say, readings[-1]), *offer])]
    )


def _told(say: Texts, reading: Reading) -> str:
    """The scene, by which way it was found, how sure that is, and what else it could be."""
    score = round(reading.score * 100)
    lines = [
        say("reading-named" if reading.how == "model" else "read-found"),
        mark.write(reading.scene.mnemonic, reading.number),
        say("read-atoms", atoms=" → ".join(atom.text for atom in reading.scene.atoms)),
    ]
    if reading.damaged:
        lines.append(say("mark-damaged-found"))
    if reading.how != "mark":
        exact = reading.steps[-1].name == "exact"
        lines.append(say("reading-by-exact" if exact else f"read-by-{reading.how}", score=score))
    # No sign of a mark here: the last mark of a message is what it means.
    others = [
        f"{other.scene.mnemonic} ({round(other.score * 100)} %)"
        for other in reading.others
        if other.score >= _WORTH
    ]
    if others:
        lines.append(say("reading-others", scenes=", ".join(others[:_OTHERS])))
    return "\n".join(lines)
