"""The HTML parse mode: https://core.telegram.org/bots/api#html-style."""

import re
from typing import ClassVar

from bot.sandbox.formatting import Markup, MarkupError, Open
from bot.sandbox.objects import MessageEntity


class HtmlMode(Markup):
    TAGS: ClassVar = {
        **dict.fromkeys(["b", "strong"], "bold"),
        **dict.fromkeys(["i", "em"], "italic"),
        **dict.fromkeys(["u", "ins"], "underline"),
        **dict.fromkeys(["s", "strike", "del"], "strikethrough"),
        **dict.fromkeys(["tg-spoiler", "span"], "spoiler"),
        "a": "text_link",
        "tg-emoji": "custom_emoji",
        "code": "code",
        "pre": "pre",
        "blockquote": "blockquote",
    }
    REFERENCE = re.compile(
        r"&(?:#x(?P<hex>[0-9a-fA-F]+)|#(?P<decimal>[0-9]+)|(?P<name>lt|gt|amp|quot)(?![a-zA-Z]))"
    )
    NAMED: ClassVar = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
    SPACE = re.compile(r"[ \t\r\n\v\0]*")
    UNTIL_SPACE_OR_END = re.compile(r"[^ \t\r\n\v\0>]*")
    ATTRIBUTE = re.compile(r"""[^ \t\r\n\v\0=>/"']*""")

    def parse(self) -> tuple[str, list[MessageEntity]]:
        while self.at < len(self.markup):
            character = self.markup[self.at]
            if character == "&":
                self.write(self._reference())
            elif character != "<":
                self.write(character)
                self.at += 1
            elif self.markup.startswith("</", self.at):
                self._end_tag()
            else:
                self._start_tag()
        if self.open:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        plain = "".join(self.plain)
        if re.search("[\ud800-\udfff]", plain):
            raise MarkupError(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched "
                "surrogate code units"
            )
        return plain, self.entities

    def _reference(self) -> str:
        match = self.REFERENCE.match(self.markup, self.at)
        if match is None:
            self.at += 1
            return "&"
        if match["name"]:
            character = self.NAMED[match["name"]]
        else:
            code = int(match["hex"], 16) if match["hex"] else int(match["decimal"])
            # Telegram leaves a reference of ten characters or more, or to no character, as it is.
            if code == 0 or code >= 0x10FFFF or len(match[0]) >= 10:
                self.at += 1
                return "&"
            character = chr(code)
        self.at = match.end()
        if self.markup.startswith(";", self.at):
            self.at += 1
        return character

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.markup, self.at)
        assert match is not None  # every pattern here matches the empty text
        self.at = match.end()
        return match[0]

    def _peek(self) -> str:
        return self.markup[self.at : self.at + 1]

    def _start_tag(self) -> None:
        start = self.at
        where = f"at byte offset {self.byte_offset(start)}"
        self.at += 1
        tag = self._take(self.UNTIL_SPACE_OR_END).lower()
        if not self._peek():
            raise MarkupError(f"Unclosed start tag {where}")
        if tag not in self.TAGS:
            raise MarkupError(f'Unsupported start tag "{tag}" {where}')
        argument = ""
        while True:
            self._take(self.SPACE)
            if self._peek() == ">":
                self.at += 1
                break
            name = self._take(self.ATTRIBUTE)
            if not name:
                if not self._peek():
                    raise MarkupError(f'Unclosed start tag "{tag}" {where}')
                raise MarkupError(f'Empty attribute name in the tag "{tag}" {where}')
            self._take(self.SPACE)
            value = ""
            if self._peek() == "=":
                self.at += 1
                self._take(self.SPACE)
                value = self._attribute_value(tag, where)
            elif not self._peek():
                raise MarkupError(f'Unclosed start tag "{tag}" {where}')
            match tag, name:
                case ("a", "href") | ("tg-emoji", "emoji-id"):
                    argument = value
                case ("code", "class") if value.startswith("language-"):
                    argument = value.removeprefix("language-")
                case ("span", "class"):
                    argument = value
                case ("blockquote", "expandable"):
                    argument = "expandable"
        if tag == "span" and argument != "tg-spoiler":
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" {where}')
        self.begin(tag, start, argument)

    def _attribute_value(self, tag: str, where: str) -> str:
        quote = self._peek()
        if not quote:
            raise MarkupError(f'Unclosed start tag "{tag}" {where}')
        if quote not in "\"'":
            start = self.at
            value = self._take(re.compile(r"[a-zA-Z0-9.-]*"))
            if self._peek() and self._peek() not in " \t\r\n\v\0>":
                raise MarkupError(f"Unexpected end of name token at byte offset {self.byte_offset(start)}")
            value = value.lower()
        else:
            self.at += 1
            pieces = []
            while self._peek() not in ("", quote):
                if self._peek() == "&":
                    pieces.append(self._reference())
                else:
                    pieces.append(self._peek())
                    self.at += 1
            self.at += 1
            value = "".join(pieces)
        if not self._peek():
            raise MarkupError(f"Unclosed start tag {where}")
        return value

    def _end_tag(self) -> None:
        where = f"at byte offset {self.byte_offset(self.at)}"
        if not self.open:
            raise MarkupError(f"Unexpected end tag {where}")
        self.at += 2
        tag = self._take(self.UNTIL_SPACE_OR_END).lower()
        self._take(self.SPACE)
        if self._peek() != ">":
            raise MarkupError(f"Unclosed end tag {where}")
        self.at += 1
        begun = self.open.pop()
        # "</>" closes whatever is open.
        if tag and tag != begun.name:
            raise MarkupError(f'Unmatched end tag {where}, expected "</{begun.name}>", found "</{tag}>"')
        if self.offset > begun.offset:
            self._add(begun)

    def _add(self, begun: Open) -> None:
        kind, length = self.TAGS[begun.name], self.offset - begun.offset
        last = self.entities[-1] if self.entities else None
        same_place = last is not None and (last.offset, last.length) == (begun.offset, length)
        if kind == "text_link":
            self.link(begun, begun.argument or self.written_since(begun))
        elif kind == "custom_emoji":
            if not re.fullmatch(r"-?[1-9][0-9]*", begun.argument):
                raise MarkupError("Invalid custom emoji identifier specified")
            self.entities.append(MessageEntity(kind, begun.offset, length, custom_emoji_id=begun.argument))
        elif kind == "pre" and same_place and last is not None and last.type == "code" and last.language:
            self.entities[-1] = MessageEntity("pre", begun.offset, length, language=last.language)
        elif kind == "code" and same_place and last is not None and last.type == "pre" and begun.argument:
            self.entities[-1] = MessageEntity("pre", begun.offset, length, language=begun.argument)
        elif kind == "code":
            # The language means something only inside <pre>, which may still close around this.
            inside_pre = bool(self.open) and self.open[-1].name == "pre"
            language = begun.argument if inside_pre and begun.argument else None
            self.entities.append(MessageEntity("code", begun.offset, length, language=language))
        elif kind == "blockquote" and begun.argument:
            self.entities.append(MessageEntity("expandable_blockquote", begun.offset, length))
        else:
            self.entities.append(MessageEntity(kind, begun.offset, length))
