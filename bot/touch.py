"""The buttons under a reply: another form, another text, scenes like it, its mark."""

from __future__ import annotations

import asyncio
import contextlib
import html
from typing import Any

import regex
from telegram import (
    CallbackQuery,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.constants import InlineKeyboardButtonLimit, ParseMode
from telegram.error import BadRequest
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from bot import kinship
from bot.bridge import Bridge
from bot.groups import may_set
from bot.keyboards import ticked
from bot.messages import acknowledge, answer, said, texts_for, typing
from bot.neighbourhood import Neighbourhood
from bot.texts import Texts
from bot.voicing import Voicing
from scene import mark
from scene.errors import SceneError
from scene.forms import Form

_ALIKE = 6  # scenes that are told
_NUMBER = r"(?P<number>[1-9][0-9]{0,17})"
_FORM = rf"(?P<form>{'|'.join(Form)})"
_VOICE = regex.compile(rf"(?:again:)?{_NUMBER}:{_FORM}")
_SIMILAR = regex.compile(rf"similar:{_NUMBER}")
_STRENGTH = regex.compile(rf"strength:(?P<strength>{'|'.join(mark.Strength)}):{_NUMBER}")
_MARK = regex.compile(rf"mark:{_NUMBER}")

Context = ContextTypes.DEFAULT_TYPE


class Touch:
    """What is done by touching a button.

    Args:
        bridge: Holds the archive.
        voicing: Voices scenes anew.
    """

    def __init__(self, bridge: Bridge, voicing: Voicing) -> None:
        self._bridge = bridge
        self._voicing = voicing
        self._neighbourhood = Neighbourhood(bridge)

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler; the last one answers whatever button no other handler knows."""
        application.add_handler(CallbackQueryHandler(self._similar, pattern=_whole(_SIMILAR)))
        application.add_handler(CallbackQueryHandler(self._mark, pattern=_whole(_MARK)))
        application.add_handler(CallbackQueryHandler(self._strength, pattern=_whole(_STRENGTH)))
        application.add_handler(CallbackQueryHandler(self._voice, pattern=_whole(_VOICE)))
        application.add_handler(CallbackQueryHandler(self._unknown))

    async def _voice(self, update: Update, context: Context) -> None:
        """The same scene in that form: a new text each time."""
        query, message, found = await _pressed(update, _VOICE)
        if message is not None and found is not None:
            source = mark.code(int(found["number"]))
            await self._voicing.voice(message, query.from_user, source, Form(found["form"]))

    async def _similar(self, update: Update, context: Context) -> None:
        """Scenes that resonate with this one."""
        query, message, found = await _pressed(update, _SIMILAR)
        if message is None or found is None:
            return
        say, code = texts_for(query.from_user), mark.code(int(found["number"]))
        async with typing(message):
            scene, hits = await self._neighbourhood.similar(message.chat_id, code, _ALIKE)
        await answer(message, kinship.alike(say, scene, hits))

    async def _mark(self, update: Update, context: Context) -> None:
        """The mark by itself, to be copied."""
        query, message, found = await _pressed(update, _MARK)
        if message is None or found is None:
            return
        number = int(found["number"])
        stored = await asyncio.to_thread(self._bridge.archive.scene, message.chat_id, number)
        if stored is None:
            raise SceneError("scene-unknown-code", code=mark.code(number))
        written = mark.write(stored.scene.mnemonic, stored.number)
        say, strength = texts_for(query.from_user), await self._bridge.strength(message.chat_id)
        await answer(message, to_copy(written), _copying(say, written, number, strength), ParseMode.HTML)

    async def _strength(self, update: Update, context: Context) -> None:
        """How plainly texts are marked from now on, under a mark."""
        query = update.callback_query
        assert query is not None
        message, say = query.message, texts_for(query.from_user)
        found = _STRENGTH.fullmatch(query.data or "")
        if not isinstance(message, Message) or found is None:
            await acknowledge(query, say("button-old"))
            return
        if not await may_set(message, query.from_user):
            await acknowledge(query, say("set-admins-only"), alert=True)
            return
        strength, number = mark.Strength(found["strength"]), int(found["number"])
        await asyncio.to_thread(self._bridge.archive.preferences.set_strength, message.chat_id, strength)
        await acknowledge(query, say(f"mark-is-{strength}"), alert=True)
        keyboard = _copying(say, said(message), number, strength)
        with contextlib.suppress(BadRequest):  # it is ticked already
            await query.edit_message_reply_markup(keyboard)

    async def _unknown(self, update: Update, context: Context) -> None:
        query = update.callback_query
        assert query is not None
        await acknowledge(query, texts_for(query.from_user)("button-old"))


def to_copy(text: str) -> str:
    """A text as HTML that a touch copies, whatever stands in it."""
    return f"<code>{html.escape(text)}</code>"


def _copying(say: Texts, written: str, number: int, strength: mark.Strength) -> InlineKeyboardMarkup:
    """How to copy a mark, and how plainly texts are marked."""
    copy = InlineKeyboardButton(say("button-copy"), copy_text=CopyTextButton(written))
    fits = len(written) <= InlineKeyboardButtonLimit.MAX_COPY_TEXT
    strengths = [
        InlineKeyboardButton(
            ticked(say(f"button-mark-{each}"), each is strength), callback_data=f"strength:{each}:{number}"
        )
        for each in mark.Strength
    ]
    return InlineKeyboardMarkup([*([[copy]] if fits else []), strengths])


async def _pressed(
    update: Update, pattern: regex.Pattern[str]
) -> tuple[CallbackQuery, Message | None, regex.Match[str] | None]:
    """The pressed button, its message if it can still be answered, and what its data says."""
    query = update.callback_query
    assert query is not None  # handlers for buttons get nothing else
    if not isinstance(query.message, Message):  # too old to be answered
        await acknowledge(query, texts_for(query.from_user)("button-old"))
        return query, None, None
    await acknowledge(query)
    return query, query.message, pattern.fullmatch(query.data or "")


def _whole(pattern: regex.Pattern[str]) -> str:
    return rf"\A(?:{pattern.pattern})\Z"
