"""The MarkdownV2 parse mode: https://core.telegram.org/bots/api#markdownv2-style."""

import re
from typing import ClassVar

from bot.sandbox.formatting import Markup, MarkupError, Open
from bot.sandbox.objects import MessageEntity


class MarkdownV2Mode(Markup):
    RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
    # How an entity opens and closes, the longer first; brackets and quotations are read apart.
    MARKS = (
        ("```", "pre"),
        ("__", "underline"),
        ("||", "spoiler"),
        ("*", "bold"),
        ("_", "italic"),
        ("~", "strikethrough"),
        ("`", "code"),
    )
    # Names as TDLib prints them in errors.
    PRINTED: ClassVar = {
        "text_link": "TextUrl",
        "custom_emoji": "CustomEmoji",
        "blockquote": "BlockQuote",
    }
    LANGUAGE = re.compile(r"[^` \t\r\n\v\0]+(?=[ \t\r\n\v\0])")
    LINE_BREAK = re.compile(r"\r\n|\n\r|\r|\n")

    def __init__(self, markup: str) -> None:
        super().__init__(markup)
        self.quoting = False
        self.at_line_start = True

    def parse(self) -> tuple[str, list[MessageEntity]]:
        while self.at < len(self.markup):
            character = self.markup[self.at]
            if escaped := self._escaped():
                self._put(escaped)
                self.at += 2
            elif character not in (("`",) if self._in_code() else self.RESERVED):
                self._put(character)
                self.at += 1
            elif self.quoting and character == "\n" and self.markup[self.at + 1 : self.at + 2] != ">":
                self._end_quotation()
            elif not self._end():
                self._begin(character)
        if self.quoting:
            self._end_quotation()
        if self.open:
            raise self._unfinished()
        return "".join(self.plain), self.entities

    def _escaped(self) -> str:
        """A backslash makes any ASCII character behind it a plain one."""
        pair = self.markup[self.at : self.at + 2]
        return pair[1] if len(pair) == 2 and pair[0] == "\\" and "\0" < pair[1] < "\x7f" else ""

    def _in_code(self) -> bool:
        return bool(self.open) and self.open[-1].name in ("code", "pre")

    def _put(self, character: str) -> None:
        self.write(character)
        if character != "\r":
            self.at_line_start = character == "\n"

    def _end(self) -> bool:
        """Close the innermost entity if its end is here."""
        if not self.open:
            return False
        begun = self.open[-1]
        if begun.name in ("text_link", "custom_emoji"):
            if self.markup[self.at] != "]":
                return False
            self.at += 1
            self._close_bracket(self.open.pop())
            return True
        mark = next((mark for mark, name in self.MARKS if name == begun.name), None)
        # "__" inside italic opens or closes an underline, never two italics: Telegram reads it greedily.
        if mark is None or not self.markup.startswith(mark, self.at):
            return False
        if begun.name == "italic" and self.markup.startswith("__", self.at):
            return False
        self.at += len(mark)
        self.open.pop()
        if self.offset > begun.offset:
            language = begun.argument or None
            length = self.offset - begun.offset
            self.entities.append(MessageEntity(begun.name, begun.offset, length, language=language))
        return True

    def _close_bracket(self, begun: Open) -> None:
        has_url = self.markup.startswith("(", self.at)
        if begun.name == "custom_emoji" and not has_url:
            raise MarkupError("The entity must contain a tg://emoji or tg://time URL")
        url = self._url() if has_url else self.written_since(begun)
        if begun.name == "custom_emoji":
            emoji = re.fullmatch(r"tg://emoji\?id=([1-9][0-9]*)", url)
            if emoji is None:
                raise MarkupError("Invalid tg://emoji or tg://time URL specified")
            length = self.offset - begun.offset
            if length:
                self.entities.append(
                    MessageEntity("custom_emoji", begun.offset, length, custom_emoji_id=emoji[1])
                )
        elif self.offset > begun.offset:
            self.link(begun, url)

    def _url(self) -> str:
        self.at += 1
        start = self.at
        url = []
        while self.at < len(self.markup) and self.markup[self.at] != ")":
            escaped = self._escaped()
            url.append(escaped or self.markup[self.at])
            self.at += 2 if escaped else 1
        if self.at >= len(self.markup):
            raise MarkupError(f"Can't find end of a URL at byte offset {self.byte_offset(start)}")
        self.at += 1
        return "".join(url)

    def _begin(self, character: str) -> None:
        start = self.at
        if character == "\n":
            self._put("\n")
            self.at += 1
        elif character == ">" and self.at_line_start:
            self.at += 1
            if not self.quoting:
                self.quoting = True
                self.begin("blockquote", start)
        elif character == "[":
            self.at += 1
            self.begin("text_link", start)
        elif self.markup.startswith("![", self.at):
            self.at += 2
            self.begin("custom_emoji", start)
        else:
            for mark, name in self.MARKS:
                if self.markup.startswith(mark, self.at):
                    self.at += len(mark)
                    self.begin(name, start, self._language() if name == "pre" else "")
                    return
            raise MarkupError(
                f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
            )

    def _language(self) -> str:
        language = ""
        if match := self.LANGUAGE.match(self.markup, self.at):
            language = match[0]
            self.at = match.end()
        if line_break := self.LINE_BREAK.match(self.markup, self.at):
            self.at = line_break.end()
        return language

    def _end_quotation(self) -> None:
        """End the block quotation at the line's end; an empty spoiler there marks an expandable one."""
        kind = "blockquote"
        if (
            self.open[-1].name == "spoiler"
            and self.markup[self.open[-1].start : self.at].rstrip("\r") == "||"
        ):
            self.open.pop()
            kind = "expandable_blockquote"
        if self.open[-1].name != "blockquote":
            raise self._unfinished()
        begun = self.open.pop()
        self.quoting = False
        if self.at < len(self.markup):
            self._put("\n")
            self.at += 1
        if self.offset > begun.offset:
            self.entities.append(MessageEntity(kind, begun.offset, self.offset - begun.offset))

    def _unfinished(self) -> MarkupError:
        begun = self.open[-1]
        printed = "PreCode" if begun.name == "pre" and begun.argument else None
        printed = printed or self.PRINTED.get(begun.name, begun.name.capitalize())
        return MarkupError(
            f"Can't find end of {printed} entity at byte offset {self.byte_offset(begun.start)}"
        )
