"""The commands in Telegram's menu: in each language, and in each kind of chat those that are for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError
from telegram.ext import Application

from bot.texts import LANGUAGES, texts

logger = logging.getLogger(__name__)

_FOR_ADMINS = frozenset(
    {"settings", "form", "persona", "lang", "mark", "teach", "unteach", "forget", "share", "unshare"}
)
"""What changes a group for everybody in it."""


async def introduce(application: Application[Any, Any, Any, Any, Any, Any], commands: Sequence[str]) -> None:
    """Show the commands; where that can't be done, the bot does without.

    Args:
        application: The bot.
        commands: Their names, each with a sentence ``command-NAME``.
    """
    everybody = [name for name in commands if name not in _FOR_ADMINS]
    scopes: tuple[tuple[BotCommandScope, Sequence[str]], ...] = (
        (BotCommandScopeDefault(), commands),
        (BotCommandScopeAllPrivateChats(), commands),
        (BotCommandScopeAllGroupChats(), everybody),
        (BotCommandScopeAllChatAdministrators(), commands),
    )
    for lang in LANGUAGES:
        say = texts(lang)
        # English is what every other language sees too.
        code = None if lang is LANGUAGES[0] else lang.value
        for scope, names in scopes:
            shown = [BotCommand(name, say(f"command-{name}")) for name in names]
            try:
                await application.bot.set_my_commands(shown, scope=scope, language_code=code)
            except TelegramError as error:
                logger.warning("The commands can't be shown (%s)", error)
                return
