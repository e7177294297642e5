"""What a chat does with its own archive: share scenes, forget them, take everything out and back in."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import FileSizeLimit
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot import page
from bot.bridge import Bridge
from bot.intake import take_in
from bot.messages import acknowledge, answer, answered, arguments, message_of, texts_for, typing
from bot.terminal import as_json
from bot.texts import Texts
from scene import mark
from scene.errors import HyperBridgeError, SceneError
from storage import exchange
from storage.archive import Archive
from storage.exchange import Restored
from storage.records import StoredScene

COMMANDS = ("share", "shares", "unshare", "forget", "export")
_EVERYTHING = frozenset({"all", "everything", "всё", "все"})
_TOLD = 5  # bad lines of an import that are told one by one
# A file that the bot sent can be sent back to it: it may send 50 MB and fetch 20.
_MOST_BYTES = int(FileSizeLimit.FILESIZE_DOWNLOAD)

Context = ContextTypes.DEFAULT_TYPE


class Keeping:
    """Commands about the archive as such.

    Args:
        bridge: Holds the archive.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler."""
        application.add_handler(CommandHandler("start", self._open, has_args=True))
        application.add_handler(CommandHandler("share", self._share))
        application.add_handler(CommandHandler("shares", self._shares))
        application.add_handler(CommandHandler("unshare", self._unshare))
        application.add_handler(CommandHandler("forget", self._forget))
        application.add_handler(CommandHandler("export", self._export))
        application.add_handler(CallbackQueryHandler(self._confirmed, pattern=r"^forget:"))
        application.add_handler(MessageHandler(filters.Document.FileExtension("jsonl"), self._import))

    async def _share(self, update: Update, context: Context) -> None:
        """``/share SCN-n``, or ``/share`` in reply to a text."""
        message, say = message_of(update), texts_for(update.effective_user)
        stored = await self._meant(message)
        token = await asyncio.to_thread(self._bridge.archive.shares.open, message.chat_id, stored.number)
        link = f"https://t.me/{context.bot.username}?start={token}"
        await answer(message, say("shared", code=stored.code, mnemonic=stored.scene.mnemonic, link=link))

    async def _shares(self, update: Update, context: Context) -> None:
        """``/shares``: which scenes have open links."""
        message, say = message_of(update), texts_for(update.effective_user)
        found = await asyncio.to_thread(self._bridge.archive.shares.of, message.chat_id)
        lines = [
            say(
                "shares-line",
                code=each.stored.code,
                mnemonic=each.stored.scene.mnemonic,
                count=each.links,
                since=each.since.date().isoformat(),
            )
            for each in found
        ]
        await answer(message, "\n".join([say("shares-found"), *lines]) if found else say("shares-none"))

    async def _unshare(self, update: Update, context: Context) -> None:
        """``/unshare SCN-n``, or ``/unshare`` in reply to a text."""
        message, say = message_of(update), texts_for(update.effective_user)
        stored = await self._meant(message)
        closed = await asyncio.to_thread(self._bridge.archive.shares.close, message.chat_id, stored.number)
        await answer(message, say("unshared", code=stored.code, count=closed))

    async def _open(self, update: Update, context: Context) -> None:
        """``/start TOKEN``: somebody followed a link."""
        message, say = message_of(update), texts_for(update.effective_user)
        archive = self._bridge.archive
        taken = await asyncio.to_thread(archive.shares.take, message.chat_id, arguments(message))
        stored = taken.stored
        kept = await asyncio.to_thread(archive.renderings.of, stored)
        key = "share-taken" if taken.new else "share-added" if taken.renderings else "share-known"
        told = say(key, code=stored.code, mnemonic=stored.scene.mnemonic, count=taken.renderings)
        await answer(message, told)
        if kept and key != "share-known":
            strength = await self._bridge.strength(message.chat_id)
            text = mark.seal(kept[-1].text, stored.scene.mnemonic, stored.number, strength)
            await answer(message, text)

    async def _forget(self, update: Update, context: Context) -> None:
        """``/forget SCN-n``, ``/forget`` in reply to a text, ``/forget all``: asks first."""
        message, say = message_of(update), texts_for(update.effective_user)
        asker = update.effective_user.id if update.effective_user else 0
        if arguments(message).casefold() in _EVERYTHING:
            what = await asyncio.to_thread(_everything, self._bridge.archive, message.chat_id)
            scenes, texts, words = map(int, what.split(".")[1:])
            question = say("forget-everything", scenes=scenes, texts=texts, words=words)
        else:
            stored = await self._meant(message)
            what = str(stored.number)
            kept = await asyncio.to_thread(self._bridge.archive.renderings.of, stored)
            question = say("forget-scene", code=stored.code, mnemonic=stored.scene.mnemonic, count=len(kept))
        buttons = [
            InlineKeyboardButton(say("button-forget"), callback_data=f"forget:{asker}:{what}"),
            InlineKeyboardButton(say("button-keep"), callback_data=f"forget:{asker}:keep"),
        ]
        await answer(message, question, InlineKeyboardMarkup([buttons]))

    async def _confirmed(self, update: Update, context: Context) -> None:
        """A button under the question whether to forget."""
        query = update.callback_query
        assert query is not None  # handlers for buttons get nothing else
        say = texts_for(query.from_user)
        _, asker, what = ((query.data or "") + "::").split(":")[:3]
        if not isinstance(query.message, Message):
            await acknowledge(query, say("button-old"))
            return
        if asker != str(query.from_user.id):
            await acknowledge(query, say("forget-not-yours"))
            return
        await acknowledge(query)
        async with typing(query.message):
            told = await asyncio.to_thread(self._do_forget, query.message.chat_id, what, say)
        await query.edit_message_text(told)

    def _do_forget(self, owner: int, what: str, say: Texts) -> str:
        archive = self._bridge.archive
        if what == "keep":
            return say("forget-kept")
        if what.startswith("all."):
            # Between question and answer something may have been kept that nobody asked about.
            if what != _everything(archive, owner):
                return say("forget-changed")
            return say("forgotten-everything", count=archive.forget_everything(owner))
        number = int(what) if what.isascii() and what.isdigit() and len(what) <= 18 else 0
        if not archive.forget(owner, number):
            return say.error(SceneError("scene-unknown-code", code=mark.code(number)))
        return say("forgotten-scene", code=mark.code(number))

    async def _export(self, update: Update, context: Context) -> None:
        """``/export``: everything of the chat, as lines of JSON and as a page."""
        message, say = message_of(update), texts_for(update.effective_user)
        with tempfile.TemporaryDirectory(prefix="hyperbridge-") as folder:
            async with typing(message):
                paths = await asyncio.to_thread(
                    _write_export, self._bridge.archive, message.chat_id, say, Path(folder)
                )
            for path in paths:
                await message.reply_document(
                    path, caption=say("export-caption") if path == paths[-1] else None
                )

    async def _import(self, update: Update, context: Context) -> None:
        """A document of JSON Lines."""
        message, say = message_of(update), texts_for(update.effective_user)
        document = message.document
        assert document is not None  # this handler is for documents
        if (document.file_size or 0) > _MOST_BYTES:
            await answer(message, say("import-too-large", limit=_MOST_BYTES // 10**6))
            return
        counts = {"scenes": 0, "renderings": 0, "words": 0}
        told = []
        async with typing(message):
            file = await document.get_file()
            lines = exchange.lines_of(io.BytesIO(await file.download_as_bytearray()))
            async for taken in take_in(self._bridge, message.chat_id, lines):
                if isinstance(taken.outcome, HyperBridgeError):
                    told.append(say("import-line", number=taken.line, reason=say.error(taken.outcome)))
                elif isinstance(taken.outcome, Restored):
                    counts["scenes"] += taken.outcome.new
                    counts["renderings"] += taken.outcome.renderings
                else:
                    counts["words"] += taken.outcome
        more = [say("import-more", count=len(told) - _TOLD)] if len(told) > _TOLD else []
        await answer(message, "\n".join([say("import-done", **counts), *told[:_TOLD], *more]))

    async def _meant(self, message: Message) -> StoredScene:
        """The scene of this chat that a command is about, by its code or mark, or by the text it replies to.

        Raises:
            SceneError: ``keeping-needs-code``, ``keeping-not-here`` or ``scene-unknown-code``.
        """
        text = arguments(message) or answered(message) or ""
        if mark.read(text) is None:
            raise SceneError("keeping-needs-code")
        reading = await self._bridge.finder.read(message.chat_id, text)
        stored = None
        if reading.number is not None:
            stored = await asyncio.to_thread(self._bridge.archive.scene, message.chat_id, reading.number)
        if stored is None:
            raise SceneError("keeping-not-here", mnemonic=reading.scene.mnemonic)
        return stored


def _everything(archive: Archive, owner: int) -> str:
    """What a chat has, in so many numbers that it can be told whether it has changed."""
    found = archive.figures.stats(owner)
    return f"all.{found.scenes}.{found.renderings}.{found.words}"


def _write_export(archive: Archive, owner: int, say: Texts, folder: Path) -> list[Path]:
    """Write an export into files that are small enough to be sent, and to be sent back."""
    paths = []
    for part, lines in enumerate(_parts(archive.export(owner)), 1):
        name = f"hyperbridge-{part}" if part > 1 else "hyperbridge"
        kept = folder / f"{name}.jsonl"
        with kept.open("w", encoding="utf-8") as file:
            file.writelines(f"{as_json(line)}\n" for line in lines)
        read = folder / f"{name}.html"
        with read.open("w", encoding="utf-8") as file:
            file.writelines(page.pieces(say, lines))
        # Telegram takes no empty file: a chat without scenes gets the page alone.
        paths += [kept, read] if lines else [read]
    return paths


def _parts(lines: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        length = len(as_json(line).encode()) + 1
        if part and size + length > _MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(line)
        size += length
    yield part
