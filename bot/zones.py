"""``/similar``, ``/zone``, ``/compare`` and ``/map``: scenes beside one another."""

from __future__ import annotations

import asyncio
from typing import Any

import regex
from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.ext import Application, CommandHandler, ContextTypes

from bot import kinship
from bot.bridge import Bridge
from bot.messages import answer, answer_photo, answered, arguments, message_of, texts_for, typing
from bot.neighbourhood import Neighbourhood
from scene import mark
from scene.errors import SceneError

COMMANDS = ("similar", "zone", "compare", "map")
_ALIKE = 6  # scenes that /similar tells
_BETWEEN = regex.compile(r"[,;\n]|(?<=\s)(?:vs\.?|и|with|с)(?=\s)", regex.IGNORECASE)

Context = ContextTypes.DEFAULT_TYPE


class Zones:
    """Commands that look at a chat's scenes as a whole.

    Args:
        bridge: Holds the archive and the embedder.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._neighbourhood = Neighbourhood(bridge)

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler."""
        application.add_handler(CommandHandler("similar", self._similar))
        application.add_handler(CommandHandler("zone", self._zone))
        application.add_handler(CommandHandler("compare", self._compare))
        application.add_handler(CommandHandler("map", self._map))

    async def _similar(self, update: Update, context: Context) -> None:
        """``/similar SCN-1``, ``/similar снегволк``, in reply to a text, or alone about the last scene."""
        message, say = message_of(update), texts_for(update.effective_user)
        meant = await self._meant(message)
        if not meant:
            await answer(message, say("similar-needs-scene"))
            return
        async with typing(message):
            scene, hits = await self._neighbourhood.similar(message.chat_id, meant, _ALIKE)
        await answer(message, kinship.alike(say, scene, hits))

    async def _zone(self, update: Update, context: Context) -> None:
        """``/zone SCN-1``, or in reply to a text; alone, it lists the zones."""
        message, say = message_of(update), texts_for(update.effective_user)
        meant = arguments(message) or answered(message)
        async with typing(message):
            if not meant:
                views, zoning = await self._neighbourhood.zones(message.chat_id)
                lone = sum(place.zone is None for place in zoning.places.values())
                await answer(message, kinship.listed(say, views, len(zoning.places), lone))
                return
            stored, view = await self._neighbourhood.zone_of(message.chat_id, meant)
        if view is None:
            text = say("zone-lone", code=stored.code, mnemonic=kinship.shortened(stored.scene))
        else:
            text = kinship.inside(say, stored.code, view)
        await answer(message, text)

    async def _compare(self, update: Update, context: Context) -> None:
        """``/compare SCN-1 SCN-2``, ``/compare снегволк, ashflash``, or one of them in reply to a text."""
        message, say = message_of(update), texts_for(update.effective_user)
        pair = two(arguments(message), answered(message))
        if pair is None:
            await answer(message, say("compare-needs-two"))
            return
        async with typing(message, ChatAction.UPLOAD_PHOTO):
            compared = await self._neighbourhood.compare(message.chat_id, *pair)
            # Matplotlib takes half a second to load: when the first picture is asked for.
            from bot.pictures.trajectories import draw_trajectories

            png = await asyncio.to_thread(draw_trajectories, compared, say)
        await answer_photo(message, png, kinship.under_comparison(say, compared))

    async def _map(self, update: Update, context: Context) -> None:
        message, say = message_of(update), texts_for(update.effective_user)
        async with typing(message, ChatAction.UPLOAD_PHOTO):
            view = await self._neighbourhood.map(message.chat_id)
            from bot.pictures.map import draw_map

            png = await asyncio.to_thread(draw_map, view, say)
        await answer_photo(message, png, kinship.under_map(say, view))

    async def _meant(self, message: Message) -> str | None:
        """The scene that a command is about."""
        if given := arguments(message) or answered(message):
            return given
        last = await asyncio.to_thread(self._bridge.archive.scenes, message.chat_id, 1)
        return last[0].code if last else None


def two(text: str, quoted: str | None) -> tuple[str, str] | None:
    """The two scenes that a person wants compared; None when there are not two.

    Args:
        text: What stands after the command: two words, or two texts with a comma, a line break or "and"
            between them.
        quoted: The text that the command replies to: the first scene, if it is given only one.
    """
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    if len(parts) != 2:
        parts = text.split()
    if len(parts) == 2:
        return parts[0], parts[1]
    if quoted and text and (mark.read(text) or len(parts) == 1):
        return quoted, text
    if len(parts) > 2:
        raise SceneError("compare-needs-two")
    return None
