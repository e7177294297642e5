"""What the bot does with what people send: each handler does one thing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from telegram import (
    BotCommand,
    Chat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    Update,
    User,
)
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.bridge import Bridge, Reading
from bot.settings import Settings
from bot.split import split
from bot.texts import LANGUAGES, Texts, lang_of, texts
from scene import mark
from scene.choice import split as split_request
from scene.errors import HyperBridgeError, SceneError
from scene.forms import Form, named, names

logger = logging.getLogger(__name__)

COMMANDS = ("help", *(form.value for form in Form), "scene", "recall")
_TYPING_SECONDS = 4.0  # Telegram shows an action for five seconds
_RECALLED = 8
_ROW = 4  # form buttons in a row

Context = ContextTypes.DEFAULT_TYPE
AnyApplication = Application[Any, Any, Any, Any, Any, Any]


class Conversation:
    """The bot's side of every chat.

    Args:
        bridge: Turns scenes to texts and back.
        settings: Says who may talk to the bot.
    """

    def __init__(self, bridge: Bridge, settings: Settings) -> None:
        self._bridge = bridge
        self._settings = settings

    def add_to(self, application: AnyApplication) -> None:
        """Register every handler."""
        application.add_handler(TypeHandler(Update, self._gate), group=-1)
        application.add_handler(CommandHandler("start", self._start))
        application.add_handler(CommandHandler("help", self._help))
        application.add_handler(CommandHandler("recall", self._recall))
        application.add_handler(CommandHandler("scene", self._scene))
        application.add_handler(CommandHandler([form.value for form in Form], self._form))
        application.add_handler(CallbackQueryHandler(self._button))
        application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, self._text))
        application.add_handler(MessageHandler(filters.COMMAND, self._help))
        application.add_handler(MessageHandler(filters.ALL & ~filters.StatusUpdate.ALL, self._not_text))
        application.add_error_handler(self._failed)

    @staticmethod
    async def introduce(application: AnyApplication) -> None:
        """Show the commands in Telegram's menu, in each language."""
        for lang in LANGUAGES:
            say = texts(lang)
            commands = [BotCommand(name, say(f"command-{name}")) for name in COMMANDS]
            # English is what every other language sees too.
            code = None if lang is LANGUAGES[0] else lang.value
            await application.bot.set_my_commands(commands, language_code=code)

    async def _gate(self, update: Update, _: Context) -> None:
        """Let in only those who may."""
        user = update.effective_user
        if user is None or update.edited_message is not None or update.effective_chat is None:
            raise ApplicationHandlerStop
        if self._settings.allows(user.id):
            return
        say = _texts(user)
        if update.callback_query is not None:
            await update.callback_query.answer(say("private", id=str(user.id)), show_alert=True)
        elif update.message is not None and update.effective_chat.type == Chat.PRIVATE:
            await update.message.reply_text(say("private", id=str(user.id)))
        raise ApplicationHandlerStop

    async def _start(self, update: Update, context: Context) -> None:
        await _answer(_message(update), _texts(update.effective_user)("start"))

    async def _help(self, update: Update, context: Context) -> None:
        await _answer(_message(update), _texts(update.effective_user)("help"))

    async def _not_text(self, update: Update, context: Context) -> None:
        if update.message is not None:
            await _answer(update.message, _texts(update.effective_user)("not-text"))

    async def _text(self, update: Update, context: Context) -> None:
        """A plain message: a text with a mark, a form's name in reply to a text, or a scene."""
        message = _message(update)
        text = message.text or ""
        answered = message.reply_to_message.text if message.reply_to_message else None
        form = names().get(text.strip().lower())
        if form is not None and answered and mark.read(answered):
            await self._voice(message, update.effective_user, answered, form)
        elif mark.read(text) and mark.strip(text) and not _is_code(text):
            await self._lead_back(message, update.effective_user, text)
        else:
            form, source = split_request(text)
            try:
                await self._voice(message, update.effective_user, source, form)
            except SceneError as error:
                if error.key not in ("scene-sentence", "scene-too-long"):
                    raise
                # A long text is no scene, but it may have come from one.
                try:
                    await self._lead_back(message, update.effective_user, text)
                except SceneError:
                    raise error from None

    async def _form(self, update: Update, context: Context) -> None:
        """``/poem SCENE``, or ``/poem`` in reply to a text."""
        message = _message(update)
        form = Form(_command(message))
        source = _arguments(message)
        answered = message.reply_to_message.text if message.reply_to_message else None
        if not source and answered:
            source = answered
        if not source:
            await _answer(message, _texts(update.effective_user)("form-needs-scene", form=form.value))
            return
        await self._voice(message, update.effective_user, source, form)

    async def _scene(self, update: Update, context: Context) -> None:
        """``/scene SCN-n [form]``."""
        message = _message(update)
        code, _, name = _arguments(message).partition(" ")
        if not _is_code(code):
            await _answer(message, _texts(update.effective_user)("scene-needs-code"))
            return
        form = named(name) if name.strip() else None
        await self._voice(message, update.effective_user, code, form)

    async def _recall(self, update: Update, context: Context) -> None:
        message = _message(update)
        say = _texts(update.effective_user)
        query = _arguments(message)
        if not query:
            await _answer(message, say("recall-needs-query"))
            return
        async with _typing(message):
            hits = await self._bridge.recall(message.chat_id, query, _RECALLED)
        if not hits:
            await _answer(message, say("recall-nothing", query=query[:100]))
            return
        lines = [
            say(
                "recall-line",
                code=hit.stored.code,
                mnemonic=hit.stored.scene.mnemonic,
                score=round(hit.score * 100),
            )
            for hit in hits
        ]
        await _answer(message, "\n".join([say("recall-found", count=len(hits)), *lines]))

    async def _button(self, update: Update, context: Context) -> None:
        """A form's button under a reply: the same scene in that form."""
        query = update.callback_query
        assert query is not None
        number, _, name = (query.data or "").partition(":")
        if not (number.isascii() and number.isdigit() and name in list(Form)) or not isinstance(
            query.message, Message
        ):
            await query.answer(_texts(query.from_user)("button-old"))
            return
        await query.answer()
        await self._voice(query.message, query.from_user, mark.code(int(number)), Form(name))

    async def _voice(self, message: Message, user: User | None, source: str, form: Form | None) -> None:
        """Voice a scene and answer with the text, its mark and the other forms."""
        async with _typing(message):
            reply = await self._bridge.say(message.chat_id, source, _texts(user).lang, form=form)
        await _answer(message, reply.text, _keyboard(_texts(user), reply.stored.number))

    async def _lead_back(self, message: Message, user: User | None, text: str) -> None:
        """Answer a text with its scene."""
        async with _typing(message):
            reading = await self._bridge.read(message.chat_id, text)
        keyboard = _keyboard(_texts(user), reading.number) if reading.number else None
        await _answer(message, _reading_text(_texts(user), reading), keyboard)

    async def _failed(self, update: object, context: Context) -> None:
        """Tell a person in one sentence; keep the rest in the log."""
        error = context.error
        known = isinstance(error, HyperBridgeError)
        if not known:
            logger.error("Unexpected error", exc_info=error)
        if not isinstance(update, Update) or update.effective_message is None:
            return
        say = _texts(update.effective_user)
        text = say.error(error) if isinstance(error, HyperBridgeError) else say("internal-error-chat")
        with contextlib.suppress(TelegramError):  # the chat itself may be what failed
            await _answer(update.effective_message, text)


def _reading_text(say: Texts, reading: Reading) -> str:
    lines = [
        say("read-found"),
        mark.write(reading.scene.mnemonic, reading.number),
        say("read-atoms", atoms=" → ".join(atom.text for atom in reading.scene.atoms)),
    ]
    if reading.how != "mark":
        lines.append(say(f"read-by-{reading.how}", score=round(reading.score * 100)))
    return "\n".join(lines)


def _keyboard(say: Texts, number: int) -> InlineKeyboardMarkup:
    buttons = [
        InlineKeyboardButton(say(f"button-{form.value}"), callback_data=f"{number}:{form.value}")
        for form in Form
    ]
    return InlineKeyboardMarkup([buttons[i : i + _ROW] for i in range(0, len(buttons), _ROW)])


async def _answer(message: Message, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
    """Reply in as many messages as it takes; the keyboard goes under the last."""
    pieces = split(text)
    for i, piece in enumerate(pieces):
        await message.reply_text(
            piece,
            reply_markup=keyboard if i == len(pieces) - 1 else None,
            reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )


@contextlib.asynccontextmanager
async def _typing(message: Message) -> AsyncIterator[None]:
    """Show "typing" until the work is done."""

    async def keep_showing() -> None:
        while True:
            with contextlib.suppress(TelegramError):  # a sign only; the answer matters
                await message.reply_chat_action(ChatAction.TYPING)
            await asyncio.sleep(_TYPING_SECONDS)

    shown = asyncio.create_task(keep_showing())
    try:
        yield
    finally:
        shown.cancel()


def _texts(user: User | None) -> Texts:
    return texts(lang_of(user.language_code if user else None))


def _message(update: Update) -> Message:
    assert update.effective_message is not None  # handlers here are only for updates with a message
    return update.effective_message


def _command(message: Message) -> str:
    """The command's name, without slash and bot name."""
    return (message.text or "").split()[0][1:].split("@")[0].lower()


def _arguments(message: Message) -> str:
    """What stands after the command, spaces and all."""
    return (message.text or "").partition(" ")[2].strip()


def _is_code(text: str) -> bool:
    found = mark.read(text)
    return (
        found is not None and found.mnemonic is None and text.strip().upper() == mark.code(found.number or 0)
    )
