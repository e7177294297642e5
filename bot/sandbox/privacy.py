"""Privacy mode: what a bot hears in a group (https://core.telegram.org/bots/features#privacy-mode)."""

from bot.sandbox.objects import Message, User


def meant_for(bot: User, message: Message) -> bool:
    """Return whether a message in a group reaches a bot in privacy mode.

    Args:
        bot: The bot.
        message: The message.

    Returns:
        True for commands that name no other bot, mentions of the bot, replies to it, what was sent through
        it, and service messages.
    """
    if message.service or message.via_bot is bot:
        return True
    if message.reply_to_message and message.reply_to_message.from_user is bot:
        return True
    units = message.text.encode("utf-16-le")
    found = {
        (one.type, units[2 * one.offset : 2 * one.end].decode("utf-16-le").lower())
        for one in message.entities
    }
    name = f"@{bot.username}".lower()
    return any(
        (kind == "mention" and text == name)
        or (kind == "bot_command" and ("@" not in text or text.endswith(name)))
        for kind, text in found
    )
