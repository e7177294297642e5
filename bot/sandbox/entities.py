"""Reading parse modes: HTML and MarkdownV2 into plain text with entities, and finding /commands.

The markup is that of https://core.telegram.org/bots/api#formatting-options. Errors are worded as by TDLib,
which the Bot API server is built on, down to byte offsets in the markup.
"""

import re

from bot.sandbox.errors import BadRequest
from bot.sandbox.formatting import MarkupError
from bot.sandbox.html_mode import HtmlMode
from bot.sandbox.markdown_mode import MarkdownV2Mode
from bot.sandbox.objects import MessageEntity
from bot.sandbox.text import utf16_length

_COMMAND = re.compile(
    r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?![a-zA-Z0-9_])(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>@])", re.UNICODE
)


def parse(text: str, parse_mode: str) -> tuple[str, list[MessageEntity]]:
    """Parse marked-up text.

    Args:
        text: The text with its markup.
        parse_mode: "HTML" or "MarkdownV2", in any case. (Legacy "Markdown" isn't spoken here.)

    Returns:
        The plain text and its entities, in no particular order.

    Raises:
        BadRequest: The mode is unknown or the markup is broken.
    """
    parsers: dict[str, type[HtmlMode | MarkdownV2Mode]] = {"html": HtmlMode, "markdownv2": MarkdownV2Mode}
    parser = parsers.get(parse_mode.lower())
    if parser is None:
        raise BadRequest("unsupported parse_mode")
    try:
        return parser(text).parse()
    except MarkupError as error:
        raise BadRequest(f"can't parse entities: {error}") from None


def bot_commands(text: str, entities: list[MessageEntity]) -> list[MessageEntity]:
    """Find the /commands of a text, as Telegram does in texts of people and bots alike.

    Args:
        text: The plain text.
        entities: Entities it has already; commands inside code and links don't count.

    Returns:
        The ``bot_command`` entities.
    """
    taken = [one for one in entities if one.type in ("pre", "code", "text_link", "text_mention")]
    found = []
    for match in _COMMAND.finditer(text):
        offset = utf16_length(text[: match.start()])
        command = MessageEntity("bot_command", offset, len(match[0]))
        if not any(one.offset < command.end and command.offset < one.end for one in taken):
            found.append(command)
    return found
