"""What servers say that keep to the Bot API less exactly than Telegram, made readable.

python-telegram-bot reads every field of an answer, and an emulator may leave out what it must have, or return
a request's own fields. The bot needs no more of a sent message than its number.
"""

from __future__ import annotations

import time
from typing import Any

from telegram import Message

_YES_OR_MESSAGE = ("editMessage", "answer", "deleteMessage")


def completed(update: Any) -> Any:
    """An update with what python-telegram-bot insists on and the bot has no use for.

    Args:
        update: Its JSON.
    """
    query = update.get("callback_query") if isinstance(update, dict) else None
    return update | {"callback_query": {"chat_instance": "", **query}} if isinstance(query, dict) else update


def readable(endpoint: str, asked: dict[str, Any], result: Any) -> Any:
    """A method's result as python-telegram-bot can read it.

    Args:
        endpoint: The method.
        asked: Its parameters.
        result: What the server answered.

    Returns:
        The very result, wherever it can be read.
    """
    if endpoint == "getMe" and isinstance(result, dict):
        return {"is_bot": True, **result}
    if result is None and endpoint.startswith(_YES_OR_MESSAGE):
        return True
    if not endpoint.startswith(("send", "editMessage")) or not isinstance(result, dict):
        return result
    try:
        Message.de_json(dict(result), None)
    except Exception:  # whatever a stranger's answer made of it
        text = {"text": str(asked["text"])} if "text" in asked else {}
        chat = {"id": int(asked["chat_id"]), "type": "private" if int(asked["chat_id"]) > 0 else "group"}
        return {"message_id": int(result["message_id"]), "date": int(time.time()), "chat": chat, **text}
    return result
