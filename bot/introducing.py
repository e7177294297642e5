"""The commands in Telegram's menu: in each language, and in each kind of chat those that are for it."""

from __future__ import annotations

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
from telegram.ext import Application

from bot.texts import LANGUAGES, texts

_FOR_ADMINS = frozenset(
    {"settings", "form", "persona", "lang", "mark", "teach", "unteach", "forget", "share", "unshare"}
)
"""What changes a group for everybody in it."""


async def introduce(application: Application[Any, Any, Any, Any, Any, Any], commands: Sequence[str]) -> None:
    """Show the commands.

    Args:
        application: The bot.
        commands: Their names, each with a sentence ``command-NAME``.

    Raises:
        TelegramError: They can't be shown, and the bot has to do without.
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
            await application.bot.set_my_commands(shown, scope=scope, language_code=code)
