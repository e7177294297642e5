"""``/noise``: what precision does to a text, measured, shown and kept; and earlier measurements."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import regex
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.constants import ChatAction
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from bot import measured, noise_texts
from bot.bridge import Bridge
from bot.measured import Wish
from bot.measuring import Run
from bot.messages import answer_photo, answered, arguments, message_of, texts_for, typing
from bot.noise_texts import heading, title
from bot.texts import Texts
from bot.waiting import Cancelling, show, wait_for
from models.noise import document
from models.noise.instrument import DEFAULT_LEVELS
from models.noise.results import Noise
from scene import mark
from scene.errors import ModelError
from scene.forms import Form
from storage.noise import Measurement, StoredMeasurement

COMMANDS = ("noise",)
_LISTED = 10
_ROW = 4  # buttons in a row
_NUMBERS = regex.compile(r"(?:№\s*)?([0-9]{1,15})(?:[\s,]+(?:№\s*)?([0-9]{1,15}))?")
_FORM_BUTTON = regex.compile(rf"noise:([0-9]{{1,15}}):({'|'.join(Form)})")
_TEXT_BUTTON = regex.compile(r"noise-text:([0-9]{1,15}):([0-9]{1,3}|reference)")
_RUN_BUTTON = regex.compile(r"noise-run:([0-9]{1,15})")

Context = ContextTypes.DEFAULT_TYPE


class Noises:
    """Measures the noise of texts in a chat.

    Args:
        bridge: Holds the archive, the instrument and the line of measurements.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler, before the one for all other buttons."""
        application.add_handler(CommandHandler("noise", self._noise))
        application.add_handler(CallbackQueryHandler(self._button, pattern=r"^noise(-text|-run)?:"))
        Cancelling(self._bridge).add_to(application)

    async def _noise(self, update: Update, context: Context) -> None:
        """``/noise SCN-1 poem Q8_0``, or in reply to a text; ``/noise 3``, ``/noise 3 5``; alone, a list."""
        message, say = message_of(update), texts_for(update.effective_user)
        given = arguments(message)
        if numbers := _NUMBERS.fullmatch(given):
            await self._again(message, say, *(int(each) for each in numbers.groups() if each))
            return
        wished = measured.wish(given, answered(message))
        if wished is None:
            await self._list(message, say)
            return
        await self._measure(message, update.effective_user, wished)

    async def _button(self, update: Update, context: Context) -> None:
        """Under a reply: measure it. Under a result: a level's text. Under the list: a measurement."""
        query = update.callback_query
        assert query is not None
        say, data, message = texts_for(query.from_user), query.data or "", query.message
        if isinstance(message, Message):
            if asked := _FORM_BUTTON.fullmatch(data):
                await query.answer()
                await self._measure(
                    message, query.from_user, Wish(mark.code(int(asked[1])), Form(asked[2]), ())
                )
                return
            if asked := _TEXT_BUTTON.fullmatch(data) or _RUN_BUTTON.fullmatch(data):
                kept = await asyncio.to_thread(
                    self._bridge.archive.measurements.one, message.chat_id, int(asked[1])
                )
                if kept is not None and await self._shown(message, say, kept, asked[0].split(":")[2:]):
                    await query.answer()
                    return
        await query.answer(say("button-old"))

    async def _measure(self, message: Message, user: User | None, wished: Wish) -> None:
        say = texts_for(user)
        owner, levels = message.chat_id, wished.levels or DEFAULT_LEVELS
        instrument = await self._bridge.models.instrument()
        stored, question = await measured.question(
            self._bridge, owner, wished.source, say.lang, form=wished.form
        )
        persona = question.persona.name if question.persona else ""

        async def work(run: Run) -> Noise:
            return await self._bridge.measuring.do(
                run, lambda: instrument.measure(question, levels, run.progress, run.cancelled)
            )

        about = f"📊 {title(say, self._bridge.personas(), stored, question.form, persona)}"
        found = await wait_for(message, user, self._bridge.measuring, about, work)
        if found is None:
            return
        shown, noise = found
        kept = Measurement(question.form, persona, question.lang, document.dump(noise))
        number = await asyncio.to_thread(self._bridge.archive.measurements.add, stored, kept)
        await self._show(message, say, StoredMeasurement(number, stored, kept), noise, instead_of=shown)

    async def _show(
        self,
        message: Message,
        say: Texts,
        kept: StoredMeasurement,
        noise: Noise,
        instead_of: Message | None = None,
    ) -> None:
        """A measurement's table and its picture."""
        known = self._bridge.personas()
        text, keyboard = noise_texts.result(say, known, kept, noise), _keyboard(say, kept.id, noise)
        await show(message, instead_of, text, keyboard)
        about = heading(say, known, kept)
        async with typing(message, ChatAction.UPLOAD_PHOTO):
            # Matplotlib takes half a second to load: when the first picture is asked for.
            from bot.pictures.noise import draw_noise

            png = await asyncio.to_thread(draw_noise, noise, about, say)
        await answer_photo(message, png, say("noise-caption", heading=about), "noise.png")

    async def _shown(self, message: Message, say: Texts, kept: StoredMeasurement, which: list[str]) -> bool:
        """Show a measurement, or one of its texts; whether there is such a one."""
        noise = document.load(kept.measurement.found)
        if not which:
            await self._show(message, say, kept, noise)
            return True
        if which[0] == "reference":
            await message.reply_html(noise_texts.reference_text(say, noise))
            return True
        if int(which[0]) < len(noise.levels):
            await message.reply_html(noise_texts.level_text(say, noise, noise.levels[int(which[0])]))
            return True
        return False

    async def _again(self, message: Message, say: Texts, *numbers: int) -> None:
        """Show an earlier measurement, or compare two."""
        found = []
        for number in numbers:
            kept = await asyncio.to_thread(self._bridge.archive.measurements.one, message.chat_id, number)
            if kept is None:
                raise ModelError("noise-unknown", number=str(number))
            found.append((kept, document.load(kept.measurement.found)))
        if len(found) == 1:
            await self._show(message, say, *found[0])
        else:
            await message.reply_html(noise_texts.compared(say, self._bridge.personas(), found[0], found[1]))

    async def _list(self, message: Message, say: Texts) -> None:
        runs = []
        for kept in await asyncio.to_thread(self._bridge.archive.measurements.last, message.chat_id, _LISTED):
            with contextlib.suppress(ModelError):  # what an import brought may be unreadable
                runs.append((kept, document.load(kept.measurement.found)))
        if not runs:
            await message.reply_text(say("noise-needs-scene"))
            return
        buttons = [
            InlineKeyboardButton(f"№ {kept.id}", callback_data=f"noise-run:{kept.id}") for kept, _ in runs
        ]
        await message.reply_text(
            noise_texts.listed(say, self._bridge.personas(), runs), reply_markup=_rows(buttons)
        )


def _keyboard(say: Texts, number: int, noise: Noise) -> InlineKeyboardMarkup:
    """A button for each level's text, and for the reference's."""
    buttons = [
        InlineKeyboardButton(
            each.level if each.divergence_at is None else f"{each.level} ✂",
            callback_data=f"noise-text:{number}:{i}",
        )
        for i, each in enumerate(noise.levels)
    ]
    reference = InlineKeyboardButton(
        say("noise-button-reference", level=noise.reference), callback_data=f"noise-text:{number}:reference"
    )
    return _rows([reference, *buttons])


def _rows(buttons: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([buttons[i : i + _ROW] for i in range(0, len(buttons), _ROW)])
