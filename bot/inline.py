"""Inline mode: ``@bot снегволк`` in any chat offers the forms, and the text arrives where one is chosen.

What is chosen stands there as the scene alone, with a button. Telegram tells the bot of the choice if its
owner switched that on (``/setinlinefeedback``); then the text comes by itself, and else at a touch of the
button. A scene made so belongs to the private chat of whoever sent it, and only they may touch its buttons:
the person's id stands in the button, and a forged one is of no use, because it must be the presser's own.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from typing import Any

import regex
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
    User,
)
from telegram.constants import InlineKeyboardButtonLimit
from telegram.error import BadRequest, Forbidden
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChosenInlineResultHandler,
    ContextTypes,
    InlineQueryHandler,
)

from bot import keyboards
from bot.bridge import Bridge
from bot.draft import Draft
from bot.messages import NO_PREVIEW, acknowledge, texts_for
from bot.running import Running
from bot.surfaces import Inline
from bot.texts import Texts
from scene import mark
from scene.errors import HyperBridgeError
from scene.forms import Form, voice

HELP = "inline"
"""What ``/start`` carries from the button over a query that is no scene."""

_AUTO = "auto"
_FORMS = (_AUTO, *Form)
_DATA = regex.compile(r"i:(?P<user>[0-9]{1,20}):(?P<form>[0-9]):(?P<kind>[=#.])(?P<scene>.+)", regex.DOTALL)
_REMEMBERED = 4096  # scenes too long for a button
_CACHE_SECONDS = 5
_LONGEST_LABEL = 64  # Bot API InlineQueryResultsButton has no limit of its own; more is not seen

logger = logging.getLogger(__name__)

Context = ContextTypes.DEFAULT_TYPE


class InlineMode:
    """Answers inline queries and voices what is chosen.

    Args:
        bridge: Holds the archive and the model.
        running: What is being written now.
    """

    def __init__(self, bridge: Bridge, running: Running) -> None:
        self._bridge = bridge
        self._running = running
        self._long: OrderedDict[str, str] = OrderedDict()

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler."""
        application.add_handler(InlineQueryHandler(self._offer))
        application.add_handler(ChosenInlineResultHandler(self._chosen))
        application.add_handler(CallbackQueryHandler(self._button, pattern=r"\Ai:"))

    async def _offer(self, update: Update, context: Context) -> None:
        """The forms for what has been typed so far."""
        query = update.inline_query
        assert query is not None  # this handler gets nothing else
        say, source = texts_for(query.from_user), query.query.strip()
        results: list[InlineQueryResultArticle] = []
        help_ = None
        try:
            scene = await self._bridge.finder.scene(query.from_user.id, source)
        except HyperBridgeError as error:
            told = say.error(error) if source else say("inline-how")
            if len(told) > _LONGEST_LABEL:
                told = say("inline-no-scene")
            help_ = InlineQueryResultsButton(told, start_parameter=HELP)
        else:
            atoms = " → ".join(atom.text for atom in scene.atoms)
            results = [self._article(say, query.from_user, source, form, atoms) for form in _FORMS]
        try:
            await query.answer(results, cache_time=_CACHE_SECONDS, is_personal=True, button=help_)
        except BadRequest as error:  # they went on typing
            logger.info("An inline query was not answered: %s", error)

    def _article(
        self, say: Texts, user: User, source: str, form: str, atoms: str
    ) -> InlineQueryResultArticle:
        title = say("button-auto") if form == _AUTO else voice(Form(form), say.lang).title
        return InlineQueryResultArticle(
            id=form,
            title=title,
            description=atoms,
            input_message_content=InputTextMessageContent(f"{source} …", link_preview_options=NO_PREVIEW),
            reply_markup=self._voice_it(say, user, form, source),
        )

    async def _chosen(self, update: Update, context: Context) -> None:
        """One of the forms was chosen, and Telegram tells."""
        chosen = update.chosen_inline_result
        assert chosen is not None  # this handler gets nothing else
        if chosen.inline_message_id is not None and chosen.result_id in _FORMS:
            source = chosen.query.strip()
            await self._voice(context, chosen.from_user, chosen.inline_message_id, chosen.result_id, source)

    async def _button(self, update: Update, context: Context) -> None:
        """A button under a message that was sent through the bot."""
        query = update.callback_query
        assert query is not None  # this handler gets nothing else
        say, found = texts_for(query.from_user), _DATA.fullmatch(query.data or "")
        source = self._source(found["kind"], found["scene"]) if found else None
        if (
            found is None
            or source is None
            or query.inline_message_id is None
            or int(found["form"]) > len(Form)
        ):
            await acknowledge(query, say("button-old"))
            return
        if found["user"] != str(query.from_user.id):
            await acknowledge(query, say("inline-not-yours"), alert=True)
            return
        await acknowledge(query)
        form = _FORMS[int(found["form"])]
        await self._voice(context, query.from_user, query.inline_message_id, form, source)

    async def _voice(self, context: Context, user: User, message_id: str, form: str, source: str) -> None:
        """Voice a scene in the person's own archive, and put the text where they sent it."""
        say, wanted = texts_for(user), None if form == _AUTO else Form(form)
        about = _number(message_id)
        self._running.stop(user.id, about=about)  # the button, touched while the text comes by itself
        unvoiced = (f"{source} …", self._voice_it(say, user, form, source))
        surface = Inline(context.bot, message_id, unvoiced)
        try:
            async with Draft(surface, lambda: self._running.stop(user.id, about=about)) as draft:
                work = self._bridge.say(user.id, source, say.lang, form=wanted, watch=draft.write)
                reply = await self._running.run(user.id, work, user.id, about=about)
                if reply is None:
                    return
                number = reply.stored.number
                keyboard = InlineKeyboardMarkup(
                    keyboards.forms(say, lambda each: self._data(user, each, "=", str(number)))
                )
                await draft.settle(reply.text, keyboard)
        except HyperBridgeError as error:
            await surface.settle(say.error(error), None)
        except (BadRequest, Forbidden) as error:  # the message was deleted; the text is kept
            logger.info("An inline message can't be edited: %s", error)

    def _voice_it(self, say: Texts, user: User, form: str, source: str) -> InlineKeyboardMarkup:
        data = self._data(user, form, ".", source)
        if len(data.encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
            key = hashlib.blake2b(source.encode(), digest_size=12).hexdigest()
            self._long[key] = source
            self._long.move_to_end(key)
            if len(self._long) > _REMEMBERED:
                self._long.popitem(last=False)
            data = self._data(user, form, "#", key)
        return InlineKeyboardMarkup([[InlineKeyboardButton(say("button-voice"), callback_data=data)]])

    def _source(self, kind: str, scene: str) -> str | None:
        """What a button's scene is; None for one that is not remembered any more."""
        if kind == "=":
            return mark.code(int(scene)) if scene.isascii() and scene.isdigit() and len(scene) <= 18 else None
        return self._long.get(scene) if kind == "#" else scene

    @staticmethod
    def _data(user: User, form: str, kind: str, scene: str) -> str:
        return f"i:{user.id}:{_FORMS.index(form)}:{kind}{scene}"


def _number(message_id: str) -> int:
    """A number for an inline message; negative, because those of a chat's own messages are not."""
    return -int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=7).digest()) - 1
