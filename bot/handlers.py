"""What the bot does with what people send: each handler does one thing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from telegram import (
    BotCommand,
    Chat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
    User,
)
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

from bot import asides, dialogue, faults, keeping, led_back, marks, noise, sigma, versions, zones
from bot.bridge import Bridge
from bot.messages import answer, answered, arguments, command, message_of, texts_for, typing
from bot.settings import Settings
from bot.texts import LANGUAGES, Texts, texts
from scene import mark
from scene.errors import HyperBridgeError, SceneError
from scene.forms import Form, named, names
from scene.request import split

logger = logging.getLogger(__name__)

COMMANDS = (
    "help",
    *(form.value for form in Form),
    "scene",
    "recall",
    *asides.COMMANDS,
    *keeping.COMMANDS,
    *dialogue.COMMANDS,
    *marks.COMMANDS,
    *zones.COMMANDS,
    *versions.COMMANDS,
    *noise.COMMANDS,
    *sigma.COMMANDS,
)
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
        keeping.Keeping(self._bridge).add_to(application)  # first: /start may carry a link
        application.add_handler(CommandHandler("start", self._start))
        application.add_handler(CommandHandler("help", self._help))
        application.add_handler(CommandHandler("recall", self._recall))
        application.add_handler(CommandHandler("scene", self._scene))
        application.add_handler(CommandHandler([form.value for form in Form], self._form))
        dialogue.Dialogues(self._bridge).add_to(application)
        asides.Asides(self._bridge).add_to(application)
        led_back.LedBack(self._bridge).add_to(application)
        marks.Marks(self._bridge).add_to(application)
        zones.Zones(self._bridge).add_to(application)
        versions.Versions(self._bridge).add_to(application)
        noise.Noises(self._bridge).add_to(application)
        sigma.Sigmas(self._bridge).add_to(application)
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
        say = texts_for(user)
        if update.callback_query is not None:
            await update.callback_query.answer(say("private", id=str(user.id)), show_alert=True)
        elif update.message is not None and update.effective_chat.type == Chat.PRIVATE:
            await update.message.reply_text(say("private", id=str(user.id)))
        raise ApplicationHandlerStop

    async def _start(self, update: Update, context: Context) -> None:
        await answer(message_of(update), texts_for(update.effective_user)("start"))

    async def _help(self, update: Update, context: Context) -> None:
        await answer(message_of(update), texts_for(update.effective_user)("help"))

    async def _not_text(self, update: Update, context: Context) -> None:
        if update.message is not None:
            await answer(update.message, texts_for(update.effective_user)("not-text"))

    async def _text(self, update: Update, context: Context) -> None:
        """A plain message: a text with a mark, a form's name in reply to a text, or a scene."""
        message = message_of(update)
        text = message.text or ""
        quoted = answered(message)
        form = names().get(text.strip().lower())
        request = await asyncio.to_thread(split, text)  # the first time, it reads a dictionary
        if form is not None and quoted and mark.is_marked(quoted):
            await self._voice(message, update.effective_user, quoted, form, text.strip())
        elif mark.is_marked(text) and mark.strip(text) and not mark.is_reference(request.scene):
            await self._lead_back(message, update.effective_user, text)
        else:
            try:
                await self._voice(
                    message, update.effective_user, request.scene, request.form, request.wording
                )
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
        message = message_of(update)
        form = Form(command(message))
        source = arguments(message) or answered(message)
        if not source:
            await answer(message, texts_for(update.effective_user)("form-needs-scene", form=form.value))
            return
        await self._voice(message, update.effective_user, source, form, f"/{form.value}")

    async def _scene(self, update: Update, context: Context) -> None:
        """``/scene SCN-n [form]``; any mark instead of the code, be it in a whole text."""
        message = message_of(update)
        given = arguments(message) or answered(message) or ""
        if not mark.is_marked(given):
            await answer(message, texts_for(update.effective_user)("scene-needs-code"))
            return
        name = mark.strip(given)
        # One word beside the mark is a form, well spelled or not; more are the text that was marked.
        form = named(name) if name.isalpha() else names().get(name.lower())
        await self._voice(message, update.effective_user, given, form, name if form else "")

    async def _recall(self, update: Update, context: Context) -> None:
        message = message_of(update)
        say = texts_for(update.effective_user)
        query = arguments(message)
        if not query:
            await answer(message, say("recall-needs-query"))
            return
        async with typing(message):
            hits = await self._bridge.recall(message.chat_id, query, _RECALLED)
            unsigned = await self._bridge.unsigned(message.chat_id)
        unfound = [say("recall-unsigned", count=unsigned)] if unsigned else []
        if not hits:
            await answer(message, "\n".join([say("recall-nothing", query=query[:100]), *unfound]))
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
        await answer(message, "\n".join([say("recall-found", count=len(hits)), *lines, *unfound]))

    async def _button(self, update: Update, context: Context) -> None:
        """A form's button under a reply: the same scene in that form."""
        query = update.callback_query
        assert query is not None
        number, _, name = (query.data or "").partition(":")
        if not (number.isascii() and number.isdigit() and name in list(Form)) or not isinstance(
            query.message, Message
        ):
            await query.answer(texts_for(query.from_user)("button-old"))
            return
        await query.answer()
        await self._voice(query.message, query.from_user, mark.code(int(number)), Form(name))

    async def _voice(
        self, message: Message, user: User | None, source: str, form: Form | None, wording: str = ""
    ) -> None:
        """Voice a scene and answer with the text, its mark and the other forms."""
        async with typing(message):
            reply = await self._bridge.say(
                message.chat_id, source, texts_for(user).lang, form=form, wording=wording
            )
        await answer(message, reply.text, _keyboard(texts_for(user), reply.stored.number))
        # Apart from the text, so that the text comes back to its scene as it stands.
        if fault := faults.sentence(texts_for(user), reply.written):
            await answer(message, fault)

    async def _lead_back(self, message: Message, user: User | None, text: str) -> None:
        """Answer a text with its scene."""
        async with typing(message):
            readings = await self._bridge.read_all(message.chat_id, text, texts_for(user).lang)
        say, number = texts_for(user), readings[-1].number
        keyboard = _keyboard(say, number) if number else led_back.keyboard(say)
        await answer(message, led_back.told(say, readings), keyboard)

    async def _failed(self, update: object, context: Context) -> None:
        """Tell a person in one sentence; keep the rest in the log."""
        error = context.error
        known = isinstance(error, HyperBridgeError)
        if not known:
            logger.error("Unexpected error", exc_info=error)
        if not isinstance(update, Update) or update.effective_message is None:
            return
        say = texts_for(update.effective_user)
        text = say.error(error) if isinstance(error, HyperBridgeError) else say("internal-error-chat")
        with contextlib.suppress(TelegramError):  # the chat itself may be what failed
            await answer(update.effective_message, text)


def _keyboard(say: Texts, number: int) -> InlineKeyboardMarkup:
    buttons = [
        InlineKeyboardButton(say(f"button-{form.value}"), callback_data=f"{number}:{form.value}")
        for form in Form
    ]
    return InlineKeyboardMarkup([buttons[i : i + _ROW] for i in range(0, len(buttons), _ROW)])
