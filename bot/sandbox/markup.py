"""Checking reply markup: https://core.telegram.org/bots/api#inlinekeyboardmarkup."""

from typing import Any

from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import JSON
from bot.sandbox.parameters import Parameters
from bot.sandbox.text import check_utf8

MAX_CALLBACK_DATA = 64
"""Bytes of UTF-8 in ``callback_data``, at most."""

MAX_BUTTONS = 100
"""Buttons in an inline keyboard, at most. Not documented; what Telegram takes."""

_OTHER_ACTIONS = (
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
)


def reply_markup(given: Parameters) -> JSON | None:
    """Read and check the ``reply_markup`` of a request.

    Args:
        given: The request's parameters.

    Returns:
        The markup; None where there is none, or an inline keyboard without buttons.

    Raises:
        BadRequest: A button is not as it has to be.
    """
    markup: JSON | None = given.json("reply_markup", dict)
    if not markup:
        return None
    if "keyboard" in markup:
        return {**markup, "keyboard": _reply_keyboard(markup["keyboard"])}
    if "inline_keyboard" not in markup:
        return markup  # it takes a keyboard away, or asks for a reply
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    checked = [[_button(button) for button in row] for row in rows if row]
    if sum(len(row) for row in checked) > MAX_BUTTONS:
        raise BadRequest("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _reply_keyboard(rows: Any) -> list[list[JSON]]:
    """Check a ReplyKeyboardMarkup's rows; a button may be its text alone."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequest('field "keyboard" of the ReplyKeyboardMarkup must be an Array of Arrays')
    buttons = [[{"text": one} if isinstance(one, str) else one for one in row] for row in rows if row]
    for one in (one for row in buttons for one in row):
        if not isinstance(one, dict) or not isinstance(one.get("text"), str):
            raise BadRequest("can't parse keyboard button: KeyboardButton must be an Object")
        if not check_utf8(one["text"]):
            raise BadRequest("keyboard button text must be non-empty")
    return buttons


def _button(button: Any) -> JSON:
    if not isinstance(button, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    for name in ("text", "url", "callback_data"):
        if not isinstance(button.get(name, ""), str):
            raise _unreadable(f'Field "{name}" must be of type String')
        check_utf8(button.get(name, ""))
    if "text" not in button:
        raise _unreadable('Can\'t find field "text"')
    if not button["text"]:
        raise BadRequest("inline keyboard button text must be non-empty")
    if url := button.get("url"):
        if not _is_link(url):
            raise BadRequest(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif data := button.get("callback_data"):
        if len(data.encode()) > MAX_CALLBACK_DATA:
            raise BadRequest("BUTTON_DATA_INVALID")
    elif not any(action in button for action in _OTHER_ACTIONS):
        raise _unreadable("Text buttons are unallowed in the inline keyboard")
    return button


def _unreadable(reason: str) -> BadRequest:
    return BadRequest(f"can't parse inline keyboard button: {reason}")


def _is_link(url: str) -> bool:
    scheme, separator, rest = url.partition("://")
    host = (rest if separator else url).split("/")[0]
    return scheme == "tg" if scheme in ("tg", "ton") else "." in host and not any(map(str.isspace, url))
