"""Whether an update has the shape that the Bot API documents, as far as anybody here relies on it.

python-telegram-bot builds its objects from whatever JSON it is given; a text that is a list would fail only
in the handler that reads it.
"""

from __future__ import annotations

# https://core.telegram.org/bots/api#available-types: every field of these names, wherever it stands.
_TEXTS = frozenset(
    "text caption data query first_name last_name username language_code title type chat_instance "
    "inline_message_id result_id file_id file_unique_id file_name mime_type emoji url status".split()
)
_NUMBERS = frozenset(
    "update_id message_id message_thread_id date edit_date length width height file_size duration "
    "migrate_to_chat_id migrate_from_chat_id".split()
)
_OBJECTS = frozenset(
    "message edited_message callback_query inline_query chosen_inline_result my_chat_member from user chat "
    "sender_chat reply_to_message pinned_message document quote external_reply via_bot forward_origin "
    "reply_markup old_chat_member new_chat_member link_preview_options".split()
)
_LISTS = frozenset("entities caption_entities photo new_chat_members inline_keyboard new_chat_photo".split())
_FLAGS = frozenset("is_bot is_premium is_topic_message is_forum is_automatic_forward".split())
_NEEDED = {
    "message": ("message_id", "date", "chat"),
    "edited_message": ("message_id", "date", "chat"),
    "reply_to_message": ("message_id", "date", "chat"),
    "pinned_message": ("message_id", "date", "chat"),
    "callback_query": ("id", "from"),  # emulators give no chat_instance
    "inline_query": ("id", "from", "query", "offset"),
    "chosen_inline_result": ("result_id", "from", "query"),
    "from": ("id", "is_bot", "first_name"),
    "user": ("id", "is_bot", "first_name"),
    "chat": ("id", "type"),
    "document": ("file_id", "file_unique_id"),
}
_CALLED = frozenset({"callback_query", "inline_query"})
"""Whose ids are texts; all others are numbers."""

_DEEPEST = 24
_MAX = 2**63


def is_sound(update: object) -> bool:
    """Whether every field of an update is of its type, and none that is needed is missing."""
    return isinstance(update, dict) and _sound(update, "", 0)


def _sound(value: object, name: str, depth: int) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        if any(each not in value for each in _NEEDED.get(name, ())):
            return False
        return all(_fits(key, each, name) and _sound(each, key, depth + 1) for key, each in value.items())
    if isinstance(value, list):
        wanted = list if name == "inline_keyboard" else dict
        if name in _LISTS and not all(isinstance(each, wanted) for each in value):
            return False
        return all(_sound(each, "", depth + 1) for each in value)
    return True


def _fits(name: str, value: object, of: str) -> bool:
    number = isinstance(value, int) and not isinstance(value, bool) and -_MAX <= value < _MAX
    text = isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if name == "id":
        return text if of in _CALLED else number
    if name == "offset":
        return text if of == "inline_query" else number
    if name in _TEXTS:
        return text
    if name in _NUMBERS:
        return number
    if name in _OBJECTS:
        return isinstance(value, dict)
    if name in _LISTS:
        return isinstance(value, list)
    return isinstance(value, bool) if name in _FLAGS else True
