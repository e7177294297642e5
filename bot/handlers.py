"""What the bot does with what people send: each handler does one thing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from telegram import Chat, InlineQueryResultsButton, Update
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot import (
    asides,
    dialogue,
    introducing,
    job,
    keeping,
    moving,
    noise,
    preferences,
    sigma,
    stopping,
    tally,
    versions,
    voicing,
    zones,
)
from bot.access import START, Access
from bot.admission import Admission
from bot.bridge import Bridge
from bot.groups import addressed, is_private
from bot.inline import HELP, InlineMode
from bot.keyboards import under_reply
from bot.led_back import LedBack, keyboard, told
from bot.line import Line
from bot.messages import (
    acknowledge,
    answer,
    answered,
    arguments,
    command,
    message_of,
    said,
    texts_for,
    typing,
)
from bot.running import Running
from bot.touch import Touch
from scene import mark
from scene.errors import HyperBridgeError, SceneError
from scene.forms import Form, named, names
from scene.request import split
from storage.moving import Moves

logger = logging.getLogger(__name__)

COMMANDS = (
    "help",
    *(form.value for form in Form),
    "scene",
    "read",
    "recall",
    *stopping.COMMANDS,
    *asides.COMMANDS,
    *preferences.COMMANDS,
    *keeping.COMMANDS,
    *dialogue.COMMANDS,
    *zones.COMMANDS,
    *versions.COMMANDS,
    *tally.COMMANDS,
    *noise.COMMANDS,
    *sigma.COMMANDS,
)
_VOICING = frozenset({*Form, "scene"})  # commands that voice: edited, they are answered anew
_ASKED = frozenset({"", "?", "сцена", "сцена?", "scene", "scene?"})
"""What in reply to a text asks for its scene; nothing is left when the bot is only named."""

_RECALLED = 8

Context = ContextTypes.DEFAULT_TYPE
AnyApplication = Application[Any, Any, Any, Any, Any, Any]


class Conversation:
    """The bot's side of every chat.

    Args:
        bridge: Turns scenes to texts and back.
        access: Says who may talk to the bot.
        line: What waits to be begun.
        moves: Chats that have another id by now.
    """

    def __init__(self, bridge: Bridge, access: Access, line: Line, moves: Moves) -> None:
        self._bridge = bridge
        self._access = access
        self._line = line
        self._moving = moving.Moving(moves)
        self._running = Running()
        self._voicing = voicing.Voicing(bridge, self._running)

    def add_to(self, application: AnyApplication) -> None:
        """Register every handler."""
        self._moving.add_to(application)
        application.add_handler(TypeHandler(Update, self._gate), group=-1)
        help_ = filters.Regex(rf"^/start(@\S+)? {HELP}$")  # from the button over an inline query
        application.add_handler(CommandHandler("start", self._help, filters=help_))
        Admission(self._access).add_to(application)
        keeping.Keeping(self._bridge).add_to(application)  # first: /start may carry a link
        application.add_handler(CommandHandler("start", self._start))
        application.add_handler(CommandHandler("help", self._help))
        application.add_handler(CommandHandler("recall", self._recall))
        application.add_handler(CommandHandler("scene", self._scene))
        application.add_handler(CommandHandler("read", self._read))
        application.add_handler(CommandHandler([form.value for form in Form], self._form))
        stopping.Stopping(self._running, self._bridge.measuring, self._line).add_to(application)
        preferences.Preferences(self._bridge).add_to(application)
        dialogue.Dialogues(self._bridge, self._running).add_to(application)
        asides.Asides(self._bridge).add_to(application)
        LedBack(self._bridge, self._voicing).add_to(application)
        zones.Zones(self._bridge).add_to(application)
        versions.Versions(self._bridge).add_to(application)
        tally.Tallying(self._bridge).add_to(application)
        InlineMode(self._bridge, self._running).add_to(application)
        noise.Noises(self._bridge).add_to(application)
        sigma.Sigmas(self._bridge).add_to(application)
        Touch(self._bridge, self._voicing).add_to(application)  # last of the buttons: it takes the rest
        application.add_handler(MessageHandler(filters.COMMAND, self._unknown))
        application.add_handler(MessageHandler(filters.TEXT | filters.CAPTION, self._text))
        application.add_handler(MessageHandler(filters.ALL & ~filters.StatusUpdate.ALL, self._not_text))
        application.add_error_handler(self._failed)

    @staticmethod
    async def introduce(application: AnyApplication) -> None:
        """Show the commands in Telegram's menu, in each language and for each kind of chat."""
        await introducing.introduce(application, COMMANDS)

    async def _gate(self, update: Update, _: Context) -> None:
        """Let in only those who may, and of what is edited only what is answered anew."""
        user = update.effective_user
        if user is None or (update.edited_message is not None and not _answered_anew(update)):
            raise ApplicationHandlerStop
        invited = update.message is not None and (update.message.text or "").startswith(f"/start {START}")
        if self._access.allows(user.id) or invited:
            return
        refusal = texts_for(user)("private", id=str(user.id))
        if update.callback_query is not None:
            await acknowledge(update.callback_query, refusal, alert=True)
        elif update.inline_query is not None:
            button = InlineQueryResultsButton(texts_for(user)("inline-private"), start_parameter=HELP)
            with contextlib.suppress(TelegramError):
                await update.inline_query.answer([], is_personal=True, button=button)
        elif update.message is not None and update.message.chat.type == Chat.PRIVATE:
            await update.message.reply_text(refusal)
        raise ApplicationHandlerStop

    async def _start(self, update: Update, context: Context) -> None:
        await answer(message_of(update), texts_for(update.effective_user)("start"))

    async def _help(self, update: Update, context: Context) -> None:
        await answer(message_of(update), texts_for(update.effective_user)("help"))

    async def _unknown(self, update: Update, context: Context) -> None:
        """A command that there is not; in a group it may be another bot's."""
        message = message_of(update)
        if is_private(message) or f"@{context.bot.username}".lower() in said(message).lower():
            await self._help(update, context)

    async def _not_text(self, update: Update, context: Context) -> None:
        if update.message is not None and is_private(update.message):
            await answer(update.message, texts_for(update.effective_user)("not-text"))

    async def _text(self, update: Update, context: Context) -> None:
        """A plain message: a text with a mark, a form's name in reply to a text, or a scene."""
        message, user = message_of(update), update.effective_user
        text = addressed(message)
        # What was sent through the bot in inline mode is voiced where it stands.
        through = message.via_bot is not None and message.via_bot.id == context.bot.id
        if text is None or (through and message.forward_origin is None):
            return
        if message.caption and command_in(text) in list(Form):  # Telegram knows no commands under pictures
            await self._form(update, context)
            return
        quoted = answered(message)
        form = names().get(text.strip().lower())
        request = await asyncio.to_thread(split, text)  # the first time, it reads a dictionary
        if quoted and text.strip().lower() in _ASKED:
            await self._lead_back(update, quoted)
        elif form is not None and quoted and mark.is_marked(quoted):
            await self._voicing.voice(message, user, quoted, form, text.strip())
        elif mark.is_marked(text) and mark.strip(text) and not mark.is_reference(request.scene):
            await self._lead_back(update, text)
        else:
            try:
                await self._voicing.voice(message, user, request.scene, request.form, request.wording)
            except SceneError as error:
                if error.key not in ("scene-sentence", "scene-too-long"):
                    raise
                # A long text is no scene, but it may have come from one.
                try:
                    await self._lead_back(update, text)
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
        await self._voicing.voice(message, update.effective_user, source, form, f"/{form.value}")

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
        await self._voicing.voice(message, update.effective_user, given, form, name if form else "")

    async def _read(self, update: Update, context: Context) -> None:
        """``/read`` in reply to a text, or before one: the scene that it came from."""
        message = message_of(update)
        text = arguments(message) or answered(message)
        if not text:
            await answer(message, texts_for(update.effective_user)("read-needs-text"))
            return
        await self._lead_back(update, text)

    async def _recall(self, update: Update, context: Context) -> None:
        message = message_of(update)
        say = texts_for(update.effective_user)
        query = arguments(message)
        if not query:
            await answer(message, say("recall-needs-query"))
            return
        async with typing(message):
            hits = await self._bridge.finder.recall(message.chat_id, query, _RECALLED)
            unsigned = await self._bridge.finder.unsigned(message.chat_id)
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

    async def _lead_back(self, update: Update, text: str) -> None:
        """Answer a text with its scene."""
        message, say = message_of(update), texts_for(update.effective_user)
        async with typing(message):
            readings = await self._bridge.finder.read_all(message.chat_id, text, say.lang)
        number = readings[-1].number
        await answer(
            message,
            told(say, readings),
            under_reply(say, number, None) if number else keyboard(say),
            quote=True,
        )

    async def _failed(self, update: object, context: Context) -> None:
        """Tell a person in one sentence; keep the rest in the log."""
        error = context.error
        if isinstance(error, Forbidden | NetworkError) and not isinstance(error, BadRequest):
            logger.warning("Telegram could not be told: %s", error)  # nor would it be told this
            if not isinstance(error, Forbidden):
                job.try_again()
            return
        known = isinstance(error, HyperBridgeError)
        if await self._moving.again(update, context.bot, error):
            return
        if isinstance(error, BadRequest):  # the chat has changed
            logger.warning("not delivered: %s", error)
        elif not known:
            logger.error("Unexpected error", exc_info=error)
            if job.try_again():
                return
        if not isinstance(update, Update) or update.effective_message is None:
            return
        message, say = update.effective_message, texts_for(update.effective_user)
        text = say.error(error) if isinstance(error, HyperBridgeError) else say("internal-error-chat")
        with contextlib.suppress(TelegramError):  # the chat itself may be what failed
            sent = await answer(message, text, quote=True)
            if sent is not None and update.callback_query is None:
                # Whoever mends the scene by editing it gets the text in the error's place.
                archive = self._bridge.archive
                await asyncio.to_thread(
                    archive.answers.put, message.chat_id, message.message_id, sent.message_id
                )


def command_in(text: str) -> str:
    """The command at a text's beginning, without slash and bot name, or nothing."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return first[1:].split("@")[0].lower() if first.startswith("/") else ""


def _answered_anew(update: Update) -> bool:
    """Whether an edited message is a scene, or a command that voices one."""
    message = update.edited_message
    assert message is not None
    text = said(message)
    return bool(text) and (not text.startswith("/") or command_in(text) in _VOICING)
