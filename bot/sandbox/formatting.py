"""What the readers of HTML and of MarkdownV2 have in common."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.sandbox.objects import MessageEntity, User
from bot.sandbox.text import utf16_length


class MarkupError(Exception):
    """Markup that Telegram refuses."""


@dataclass
class Open:
    """An entity whose end hasn't come yet."""

    name: str
    start: int  # in the markup
    offset: int  # in the plain text, in UTF-16 code units
    written: int  # in the plain text, in characters
    argument: str = ""


class Markup:
    """Marked-up text being read: a place in it, the plain text so far, and its entities, done and open."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.at = 0
        self.plain: list[str] = []
        self.offset = 0
        self.open: list[Open] = []
        self.entities: list[MessageEntity] = []

    def write(self, piece: str) -> None:
        """Add to the plain text."""
        self.plain.extend(piece)
        self.offset += utf16_length(piece)

    def begin(self, name: str, start: int, argument: str = "") -> None:
        """Open an entity here; its markup began at `start`."""
        self.open.append(Open(name, start, self.offset, len(self.plain), argument))

    def written_since(self, begun: Open) -> str:
        """Return the plain text inside an entity so far."""
        return "".join(self.plain[begun.written :])

    def byte_offset(self, at: int) -> int:
        """Return a place in the markup in bytes of UTF-8, as errors give it."""
        return len(self.markup[:at].encode())

    def link(self, begun: Open, url: str) -> None:
        """Close a link; one to nowhere leaves only its text."""
        length = self.offset - begun.offset
        if mention := re.fullmatch(r"tg:(?://)?user\?id=([1-9][0-9]*)", url):
            self.entities.append(
                MessageEntity("text_mention", begun.offset, length, user=User(int(mention[1]), ""))
            )
        elif checked := _checked_link(url):
            self.entities.append(MessageEntity("text_link", begun.offset, length, url=checked))


def _checked_link(url: str) -> str:
    """Return a link in the form Telegram keeps, or nothing where it drops the link and keeps the text."""
    if re.match(r"(?i)(?:tg|ton|tonsite):", url):
        scheme, _, rest = url.partition(":")
        return f"{scheme.lower()}://{rest.removeprefix('//')}"
    if "://" not in url:
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or "." not in (parts.hostname or ""):
            return ""
    except ValueError:
        return ""
    return parts._replace(path=parts.path or "/").geturl()
