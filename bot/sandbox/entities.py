"""Reading parse modes, HTML and MarkdownV2, into plain text with entities; and what Telegram finds itself.

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
_MENTION = re.compile(r"(?<![\w/@])@[a-zA-Z0-9_]{3,32}(?![\w@])")
_HASHTAG = re.compile(r"(?<![\w#/])#(?=\w*[^\W\d_])\w{1,256}(?![\w#])")
_URL = re.compile(r"(?i)(?<![\w.])https?://[\w-]+(?:\.[\w-]+)+[^\s<>\"«»]*(?<![.,:;?!)\]'])")


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


def found_in(text: str, entities: list[MessageEntity]) -> list[MessageEntity]:
    """Find what Telegram finds by itself, in texts of people and bots alike: /commands, @names, #tags, links.

    Links without http:// and cashtags, e-mail addresses and the like are left out.

    Args:
        text: The plain text.
        entities: Entities it has already; nothing is found inside code and links.

    Returns:
        The entities, in no particular order.
    """
    taken = [one for one in entities if one.type in ("pre", "code", "text_link", "text_mention")]
    found: list[MessageEntity] = []
    for kind, pattern in (
        ("url", _URL),
        ("bot_command", _COMMAND),
        ("mention", _MENTION),
        ("hashtag", _HASHTAG),
    ):
        for match in pattern.finditer(text):
            one = MessageEntity(kind, utf16_length(text[: match.start()]), utf16_length(match[0]))
            if not any(other.offset < one.end and one.offset < other.end for other in [*taken, *found]):
                found.append(one)
    return found
