"""How the bot introduces itself in each language: what it says it is, and the commands in Telegram's menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.ext import Application

from bot.texts import LANGUAGES, Texts, texts

_FOR_ADMINS = frozenset(
    {"settings", "form", "persona", "lang", "mark", "teach", "unteach", "forget", "share", "unshare"}
)
"""What changes a group for everybody in it."""


async def introduce(application: Application[Any, Any, Any, Any, Any, Any], commands: Sequence[str]) -> None:
    """Show the commands, and say what the bot is.

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
    # English is what every other language sees too.
    codes = {lang: None if lang is LANGUAGES[0] else lang.value for lang in LANGUAGES}
    for lang, code in codes.items():
        for scope, names in scopes:
            shown = [BotCommand(name, texts(lang)(f"command-{name}")) for name in names]
            await application.bot.set_my_commands(shown, scope=scope, language_code=code)
    for lang, code in codes.items():
        await _describe(application.bot, texts(lang), code)


async def _describe(bot: Bot, say: Texts, code: str | None) -> None:
    """Say what the bot is, in the empty chat and on its page; only what is new, for Telegram takes few."""
    description = await bot.get_my_description(code)
    if description.description != say("bot-description"):
        await bot.set_my_description(say("bot-description"), code)
    short = await bot.get_my_short_description(code)
    if short.short_description != say("bot-short-description"):
        await bot.set_my_short_description(say("bot-short-description"), code)
