"""The buttons under a reply. A button has room for 64 bytes: what it is about stands in them as a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import Texts
from scene.forms import Form

_ROW = 4  # short words beside one another on a phone


def under_reply(say: Texts, number: int, form: Form | None) -> InlineKeyboardMarkup:
    """The forms, and what else can be done with a reply.

    Args:
        say: The person's language.
        number: n of ``SCN-n``.
        form: The reply's form; None under a scene that a text was led back to, which has none.
    """
    more = [("similar", f"similar:{number}"), ("mark", f"mark:{number}")]
    if form is not None:
        more = [
            ("again", f"again:{number}:{form}"),
            more[0],
            ("noise", f"noise:{number}:{form}"),
            more[1],
        ]
    return InlineKeyboardMarkup(
        [
            *forms(say, lambda each: f"{number}:{each}"),
            [InlineKeyboardButton(say(f"button-{name}"), callback_data=data) for name, data in more],
        ]
    )


def forms(
    say: Texts, data: Callable[[Form], str], chosen: Form | None = None
) -> list[list[InlineKeyboardButton]]:
    """A button for each form.

    Args:
        say: The person's language.
        data: What a form's button carries.
        chosen: The form that is ticked, if any.
    """
    return rows(
        [
            InlineKeyboardButton(ticked(say(f"button-{each}"), each is chosen), callback_data=data(each))
            for each in Form
        ]
    )


def rows(buttons: Sequence[InlineKeyboardButton], width: int = _ROW) -> list[list[InlineKeyboardButton]]:
    """Buttons in rows."""
    return [list(buttons[at : at + width]) for at in range(0, len(buttons), width)]


def ticked(label: str, on: bool) -> str:
    """A button's words, with a tick when it is on."""
    return f"✓ {label}" if on else label
