"""What a chat has set for itself, as menus of buttons: each press changes the menu in its place.

A button's data is ``set:WHAT:VALUE``; without a value it opens the menu of WHAT, and ``set:close:`` takes the
buttons away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit

from bot import keyboards
from bot.keyboards import rows, ticked
from bot.texts import LANGUAGES, Texts
from bot.why import named
from models.personas import JOIN, Persona
from scene.atoms import Lang
from scene.forms import Form, voice
from scene.mark import Strength

MENUS = ("settings", "form", "persona", "lang", "mark")
"""What has a menu."""

AUTO = "auto"
Menu: TypeAlias = tuple[str, InlineKeyboardMarkup]


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """What a chat has set for itself.

    Attributes:
        form: The form of scenes that name none, or None.
        persona: Id of who speaks, several joined with ``+``; empty for nobody.
        lang: The language that the bot speaks, or None for each person's own.
        strength: How plainly texts are marked.
    """

    form: Form | None
    persona: str
    lang: Lang | None
    strength: Strength


def menu(say: Texts, what: str, now: ChatSettings, personas: Mapping[str, Persona]) -> Menu:
    """A menu, as it stands.

    Args:
        say: The language to speak.
        what: One of ``MENUS``.
        now: What is set.
        personas: Those there are, by id.

    Returns:
        Its text and its buttons.
    """
    if what == "settings":
        lines = [_form_now(say, now), _persona_now(say, now, personas), _lang_now(say, now)]
        text = "\n".join([say("settings-here"), *lines, say(f"mark-is-{now.strength}")])
        buttons = rows([_button(say(f"button-set-{each}"), each) for each in MENUS[1:]], 2)
        return text, InlineKeyboardMarkup([*buttons, [_button(say("button-close"), "close")]])
    text, buttons = {
        "form": _form,
        "persona": _persona,
        "lang": _lang,
        "mark": _mark,
    }[what](say, now, personas)
    ends = [_button(say("button-back"), "settings"), _button(say("button-close"), "close")]
    return text, InlineKeyboardMarkup([*buttons, ends])


Rows: TypeAlias = list[list[InlineKeyboardButton]]


def _form(say: Texts, now: ChatSettings, _: Mapping[str, Persona]) -> tuple[str, Rows]:
    auto = _button(ticked(say("button-auto"), now.form is None), "form", AUTO)
    chosen = keyboards.forms(say, lambda form: f"set:form:{form}", now.form)
    return _form_now(say, now), [[auto], *chosen]


def _persona(say: Texts, now: ChatSettings, personas: Mapping[str, Persona]) -> tuple[str, Rows]:
    on = now.persona.split(JOIN) if now.persona else []
    voices = [_speaker(say, each, on) for each in personas.values() if not each.masks]
    masks = [_speaker(say, each, on) for each in personas.values() if each.masks]
    nobody = _button(ticked(say("button-nobody"), not on), "persona", AUTO)
    text = f"{_persona_now(say, now, personas)}\n{say('persona-how-join')}"
    return text, [
        *rows([each for each in voices if each], 3),
        *rows([each for each in masks if each], 3),
        [nobody],
    ]


def _lang(say: Texts, now: ChatSettings, _: Mapping[str, Persona]) -> tuple[str, Rows]:
    auto = _button(ticked(say("button-lang-auto"), now.lang is None), "lang", AUTO)
    own = [_button(ticked(say(f"lang-{each}"), each is now.lang), "lang", each) for each in LANGUAGES]
    return _lang_now(say, now), [own, [auto]]


def _mark(say: Texts, now: ChatSettings, _: Mapping[str, Persona]) -> tuple[str, Rows]:
    strengths = [
        _button(ticked(say(f"button-mark-{each}"), each is now.strength), "mark", each) for each in Strength
    ]
    return f"{say(f'mark-is-{now.strength}')}\n{say('mark-choices')}", [strengths]


def toggled(persona: str, pressed: str, personas: Mapping[str, Persona]) -> str:
    """Who speaks after a press: voices take one another's place, masks are put on and off.

    Args:
        persona: Who spoke, joined with ``+``; empty for nobody.
        pressed: The id on the button, or ``auto`` for nobody.
        personas: Those there are, by id.

    Raises:
        KeyError: There is no such persona.
    """
    if pressed == AUTO:
        return ""
    on = [each for each in persona.split(JOIN) if each in personas]
    if pressed in on:
        on.remove(pressed)
    elif personas[pressed].masks:
        on.insert(0, pressed)
    else:
        on = [*(each for each in on if personas[each].masks), pressed]
    return JOIN.join(on)


def _form_now(say: Texts, now: ChatSettings) -> str:
    return say("form-is", form=voice(now.form, say.lang).title) if now.form else say("form-is-auto")


def _persona_now(say: Texts, now: ChatSettings, personas: Mapping[str, Persona]) -> str:
    if not now.persona:
        return say("persona-off")
    speaking = named(say, personas, now.persona)
    return say("persona-on", title=speaking["persona"], count=speaking["count"])


def _lang_now(say: Texts, now: ChatSettings) -> str:
    return say("lang-is", lang=say(f"lang-{now.lang}")) if now.lang else say("lang-is-auto")


def _speaker(say: Texts, persona: Persona, on: list[str]) -> InlineKeyboardButton | None:
    """A persona's button; none for an id that fits into no button: it is named by command."""
    if len(f"set:persona:{persona.name}".encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
        return None
    return _button(ticked(persona.titles[say.lang], persona.name in on), "persona", persona.name)


def _button(label: str, what: str, value: str = "") -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=f"set:{what}:{value}")
