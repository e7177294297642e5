"""Groups: the bot speaks there only when it is spoken to."""

from __future__ import annotations

import regex
from telegram import Chat, ChatMember, Message, User
from telegram.error import TelegramError

from bot.messages import said


def is_private(message: Message) -> bool:
    """Whether a message was written to the bot alone."""
    return message.chat.type == Chat.PRIVATE


def addressed(message: Message) -> str | None:
    """What a message says to the bot.

    Args:
        message: Any message.

    Returns:
        Its text, in a group without the bot's name; None when it is meant for others.
    """
    text = said(message)
    if is_private(message):
        return text
    name = message.get_bot().username
    # Spaces are taken all at once, or many of them without the name would each be begun at.
    named = rf"(?<!\s)\s*+@{regex.escape(name)}\b[,:]?\s*"
    without = str(regex.sub(named, " ", text, flags=regex.IGNORECASE)).strip()
    if without != text.strip():
        return without
    replied = message.reply_to_message
    meant = (
        replied is not None and replied.from_user is not None and replied.from_user.id == message.get_bot().id
    )
    # In a topic, every message replies to the one that began it.
    return text if meant and replied is not None and replied.forum_topic_created is None else None


async def may_set(message: Message, user: User | None) -> bool:
    """Whether a person may change what a chat has set: in a group, its admins may."""
    if is_private(message):
        return True
    if user is None:
        return False
    try:
        member = await message.chat.get_member(user.id)
    except TelegramError:  # who can't be told from an admin is none
        return False
    return member.status in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
