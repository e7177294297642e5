"""``/versions``: every text of a scene, and each of them to be read again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from bot.bridge import Bridge
from bot.messages import acknowledge, answer, answered, arguments, message_of, texts_for
from bot.texts import Texts
from bot.why import titled
from models.personas import Persona
from scene import mark
from scene.errors import SceneError
from scene.forms import Form, voice
from storage.archive import Archive
from storage.records import Rendering, StoredScene

COMMANDS = ("versions",)
_SHOWN = 20  # the newest; older ones are read by their number
_ROW = 5  # buttons in a row

Context = ContextTypes.DEFAULT_TYPE


class Versions:
    """Shows the texts that a scene was voiced with.

    Args:
        bridge: Holds the archive.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler."""
        application.add_handler(CommandHandler("versions", self._versions))
        application.add_handler(CallbackQueryHandler(self._button, pattern=r"^version:"))

    async def _versions(self, update: Update, context: Context) -> None:
        """``/versions SCN-1``, ``/versions SCN-1 3``, or in reply to a text."""
        message, say = message_of(update), texts_for(update.effective_user)
        given = arguments(message)
        head, _, last = given.rpartition(" ")
        if head and last.isascii() and last.isdigit():
            await self._read(message, say, head, int(last))
            return
        meant = given or answered(message)
        if not meant or mark.read(meant) is None:
            await answer(message, say("versions-need-code"))
            return
        stored, kept = await kept_versions(self._bridge, message.chat_id, meant)
        await answer(message, listed(say, self._bridge.personas(), stored, kept), _keyboard(stored, kept))

    async def _button(self, update: Update, context: Context) -> None:
        """A version's number under the list."""
        query = update.callback_query
        assert query is not None
        numbers = (query.data or "").split(":")[1:]
        right = len(numbers) == 2 and all(each.isascii() and each.isdigit() for each in numbers)
        if not right or not isinstance(query.message, Message):
            await acknowledge(query, texts_for(query.from_user)("button-old"))
            return
        await acknowledge(query)
        await self._read(
            query.message, texts_for(query.from_user), mark.code(int(numbers[0])), int(numbers[1])
        )

    async def _read(self, message: Message, say: Texts, code: str, number: int) -> None:
        stored, kept = await kept_versions(self._bridge, message.chat_id, code)
        rendering = version(stored, kept, number)
        head = f"{say('version-read', number=number, count=len(kept))} · {_form(say, rendering)}"
        strength = await self._bridge.strength(message.chat_id)
        text = mark.seal(rendering.text, stored.scene.mnemonic, stored.number, strength)
        await answer(message, f"{head}\n\n{text}")


async def kept_versions(bridge: Bridge, owner: int, text: str) -> tuple[StoredScene, list[Rendering]]:
    """A kept scene with all its texts, oldest first.

    Raises:
        SceneError: ``scene-unknown-code``, or ``versions-not-kept`` for a mark of a scene that is not here.
    """
    reading = await bridge.finder.read(owner, text)
    if reading.number is None:
        raise SceneError("versions-not-kept", mnemonic=reading.scene.mnemonic)

    def work(archive: Archive, number: int) -> tuple[StoredScene, list[Rendering]]:
        stored = archive.scene(owner, number)
        if stored is None:
            raise SceneError("scene-unknown-code", code=mark.code(number))
        return stored, archive.renderings.of(stored)

    return await asyncio.to_thread(work, bridge.archive, reading.number)


def version(stored: StoredScene, kept: Sequence[Rendering], number: int) -> Rendering:
    """One of a scene's texts, counted from 1.

    Raises:
        SceneError: ``version-unknown``.
    """
    if not 1 <= number <= len(kept):
        raise SceneError("version-unknown", code=stored.code, number=number, count=len(kept))
    return kept[number - 1]


def listed(say: Texts, known: Mapping[str, Persona], stored: StoredScene, kept: Sequence[Rendering]) -> str:
    """Tell which texts a scene has: the newest last, as one reads.

    Args:
        say: The person's language.
        known: The personas there are, by id.
        stored: The scene.
        kept: Its texts, oldest first.
    """
    if not kept:
        return say("versions-none", code=stored.code, mnemonic=stored.scene.mnemonic)
    lines = [say("versions-found", code=stored.code, mnemonic=stored.scene.mnemonic, count=len(kept))]
    first = max(0, len(kept) - _SHOWN)
    for number, rendering in enumerate(kept[first:], first + 1):
        lines.append(
            say(
                "versions-line",
                number=number,
                form=_form(say, rendering),
                persona=_persona(say, known, rendering),
                model=rendering.model,
                seed=str(rendering.seed),
                resonance="—" if rendering.resonance is None else f"{rendering.resonance:.2f}",
                date=f"{rendering.created_at:%Y-%m-%d %H:%M}",
            )
        )
    return "\n".join([*lines, *([say("versions-older", code=stored.code)] if first else [])])


def _keyboard(stored: StoredScene, kept: Sequence[Rendering]) -> InlineKeyboardMarkup | None:
    numbers = range(max(0, len(kept) - _SHOWN) + 1, len(kept) + 1)
    buttons = [InlineKeyboardButton(str(n), callback_data=f"version:{stored.number}:{n}") for n in numbers]
    rows = [buttons[i : i + _ROW] for i in range(0, len(buttons), _ROW)]
    return InlineKeyboardMarkup(rows) if rows else None


def _form(say: Texts, rendering: Rendering) -> str:
    return voice(Form(rendering.form), say.lang).title


def _persona(say: Texts, known: Mapping[str, Persona], rendering: Rendering) -> str:
    return f", {titled(say, known, rendering.persona)}" if rendering.persona else ""
