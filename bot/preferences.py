"""``/form``, ``/persona``, ``/lang``, ``/mark`` and ``/settings``: what a chat sets for itself."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from telegram import Message, Update
from telegram.error import BadRequest
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, TypeHandler

from bot import menus
from bot.bridge import Bridge
from bot.groups import may_set
from bot.menus import AUTO, MENUS, ChatSettings
from bot.messages import acknowledge, answer, arguments, command, message_of, speak, texts_for
from bot.texts import LANGUAGES
from scene import forms, mark
from scene.atoms import Lang
from scene.errors import SceneError
from scene.forms import Form

COMMANDS = MENUS
_OFF = frozenset({AUTO, "off", "none", "нет", "выкл", "авто"})
_LANGS = {
    "ru": Lang.RU,
    "русский": Lang.RU,
    "russian": Lang.RU,
    "en": Lang.EN,
    "english": Lang.EN,
    "английский": Lang.EN,
}

Context = ContextTypes.DEFAULT_TYPE


class Preferences:
    """Commands and menus that set something for a chat.

    Args:
        bridge: Holds the archive, which keeps it.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler."""
        # Before all others, so that even a refusal is in the chat's language.
        application.add_handler(TypeHandler(Update, self._choose_language), group=-2)
        application.add_handler(CommandHandler(COMMANDS, self._command))
        application.add_handler(CallbackQueryHandler(self._button, pattern=r"\Aset:"))

    async def _choose_language(self, update: Update, context: Context) -> None:
        place = update.effective_chat or update.effective_user
        speak(await asyncio.to_thread(self._bridge.archive.preferences.lang, place.id) if place else None)

    async def _command(self, update: Update, context: Context) -> None:
        """``/form``, ``/form poem``, ``/form auto`` and the like."""
        message, what = message_of(update), command(message_of(update))
        wanted, chat = arguments(message), message.chat_id
        if not await may_set(message, update.effective_user):
            await answer(message, texts_for(update.effective_user)("set-admins-only"))
            return
        if wanted and what != "settings":
            await self._set(chat, what, wanted)
        say = texts_for(update.effective_user)  # in the language that may just have been set
        text, keyboard = menus.menu(say, what, await self._now(chat), self._bridge.personas())
        await answer(message, text, keyboard)

    async def _button(self, update: Update, context: Context) -> None:
        """A button of a menu: opens another, closes it, or sets something and shows it."""
        query = update.callback_query
        assert query is not None  # handlers for buttons get nothing else
        message, say = query.message, texts_for(query.from_user)
        _, what, value = ((query.data or "") + "::").split(":")[:3]
        if not isinstance(message, Message) or what not in (*MENUS, "close"):
            await acknowledge(query, say("button-old"))
            return
        if not await may_set(message, query.from_user):
            await acknowledge(query, say("set-admins-only"), alert=True)
            return
        if value and not await self._press(message.chat_id, what, value):
            await acknowledge(query, say("button-old"))
            return
        await acknowledge(query)
        say = texts_for(query.from_user)
        shown = "settings" if what == "close" else what
        text, keyboard = menus.menu(say, shown, await self._now(message.chat_id), self._bridge.personas())
        with contextlib.suppress(BadRequest):  # it stands so already
            await query.edit_message_text(text, reply_markup=None if what == "close" else keyboard)

    async def _press(self, chat: int, what: str, value: str) -> bool:
        """Set what a button says; False when it says nothing that can be set."""
        try:
            if what == "persona":
                now = await asyncio.to_thread(self._bridge.archive.preferences.persona, chat)
                value = menus.toggled(now, value, self._bridge.personas()) or AUTO
            await self._set(chat, what, value)
        except (KeyError, SceneError):
            return False
        return True

    async def _set(self, chat: int, what: str, wanted: str) -> None:
        """Set one thing, by any name that people have for it.

        Raises:
            SceneError: ``form-unknown``, ``lang-unknown`` or ``mark-unknown``.
            ModelError: ``persona-unknown``.
        """
        archive, off = self._bridge.archive, wanted.casefold() in _OFF
        if what == "form":
            form: Form | None = None if off else forms.named(wanted)
            await asyncio.to_thread(archive.preferences.set_form, chat, form)
        elif what == "persona":
            name = "" if off else self._bridge.find_persona(wanted).name
            await asyncio.to_thread(archive.preferences.set_persona, chat, name)
        elif what == "lang":
            lang = None if off else _LANGS.get(wanted.casefold())
            if lang is None and not off:
                raise SceneError("lang-unknown", name=wanted[:40], known=", ".join(LANGUAGES))
            await asyncio.to_thread(archive.preferences.set_lang, chat, lang)
            speak(lang)
        elif what == "mark":
            await asyncio.to_thread(archive.preferences.set_strength, chat, mark.named(wanted))

    async def _now(self, chat: int) -> ChatSettings:
        archive = self._bridge.archive
        strength = await self._bridge.strength(chat)
        return await asyncio.to_thread(
            lambda: ChatSettings(
                archive.preferences.form(chat),
                archive.preferences.persona(chat),
                archive.preferences.lang(chat),
                strength,
            )
        )
