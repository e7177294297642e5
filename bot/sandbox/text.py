"""What Telegram's servers do to every text on its way, whoever sends it.

The rules are TDLib's, which the Bot API server is built on: ``clean_input_string`` and ``fix_formatted_text``
(https://github.com/tdlib/td). They matter here because a mark woven into a text has to survive them.
"""

import re
from dataclasses import replace

from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import MessageEntity

MAX_BYTES = 35_000
"""Bytes of UTF-8 that the server looks at."""

MAX_MARKUP_BYTES = 1 << 15
"""Bytes of UTF-8 that the Bot API takes before it parses the markup."""

MAX_TEXT = 4096
MAX_CAPTION = 1024
"""Characters after entities parsing. The documentation doesn't say which characters: the client configuration
(https://core.telegram.org/constructor/config) calls ``message_length_max`` a length in UTF-8 code points, and
TDLib measures it so. Only entity offsets count UTF-16 code units."""

_SPACES = dict.fromkeys([*range(9), 9, 11, 12, *range(14, 32)], " ")
_REMOVED = dict.fromkeys([0x0D, *range(0x2028, 0x202F), 0x0333, 0x033F, 0x030A], "")
_CLEANING = {**_SPACES, **_REMOVED}
_DIRECTION_MARKS = re.compile("[\u200e\u200f]{2,}")
# Looks like nothing on every client, so a text of only these counts as empty.
_BLANK = re.compile(
    "[ \n\u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc\U000e0000-\U000e007f]*"
)


def utf16_length(text: str) -> int:
    """Return the length of `text` in UTF-16 code units, which entity offsets count."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def check_utf8(text: str) -> str:
    """Return `text` unless it holds half a surrogate pair, which UTF-8 can't carry.

    Raises:
        BadRequest: The text can't be encoded in UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("strings must be encoded in UTF-8") from None
    return text


def clean(text: str, entities: list[MessageEntity] | None = None) -> tuple[str, list[MessageEntity]]:
    """Clean and trim a text as Telegram does, moving its entities along.

    Control characters become spaces, ``\\r`` and a few invisible or towering characters go, all but the last
    of a run of direction marks become zero-width non-joiners, white space at both ends goes (at the start
    only as far as the first entity, which itself begins with something that is seen), and so does what is
    more than the server takes.

    Args:
        text: The text as it was sent.
        entities: Its entities, if any.

    Returns:
        The text as it arrives and its entities.

    Raises:
        BadRequest: An entity starts inside a surrogate pair or runs past the text's end.
    """
    check_utf8(text)
    moved = _Offsets(text)
    kept = [moved.entity(entity) for entity in entities or [] if entity.length > 0]
    kept = [entity for entity in kept if entity.length > 0]

    text = text.translate(_CLEANING)
    if not entities:
        text = _within_bytes(text)
    text = _DIRECTION_MARKS.sub(lambda run: "\u200c" * (len(run[0]) - 1) + run[0][-1], text)
    kept = _without_blank_starts(text, _arrange(kept))

    text = text.rstrip(" \n")
    end = utf16_length(text)
    kept = [_moved(entity, entity.offset, min(entity.end, end)) for entity in kept if entity.offset < end]
    indent = len(text) - len(text.lstrip(" \n"))
    cut = min([indent, *(entity.offset for entity in kept)])
    text = text[cut:].encode()[:MAX_BYTES].decode(errors="ignore")
    end = utf16_length(text)
    kept = [_moved(entity, entity.offset - cut, entity.end - cut) for entity in kept]
    return text, _arrange([entity for entity in kept if entity.end <= end])


def _within_bytes(text: str) -> str:
    """Keep the characters that begin in what the server looks at, with room left for the last."""
    encoded = text.encode()
    end = MAX_BYTES - 4
    while end < len(encoded) and encoded[end] & 0xC0 == 0x80:
        end += 1
    return encoded[:end].decode()


def _without_blank_starts(text: str, entities: list[MessageEntity]) -> list[MessageEntity]:
    """Let entities begin where something is seen; those of white space alone go, but for hidden data.

    As TDLib's ``remove_invalid_entities`` does it, for entities in its order.
    """
    blank: list[bool] = []
    for character in text:
        blank += [character in " \n"] * (2 if character > "\uffff" else 1)
    starts = [entity.offset for entity in entities]
    for place in (place for place, seen_nothing in enumerate(blank) if seen_nothing):
        # Innermost first: an entity with hidden data keeps its place, and so do those around it.
        for i in reversed(range(len(entities))):
            if starts[i] != place or place >= entities[i].end:
                continue
            if entities[i].type in _HIDDEN:
                break
            starts[i] += 1
    return [
        _moved(entity, start, entity.end)
        for entity, start in zip(entities, starts, strict=True)
        if start < entity.end and (entity.type in _HIDDEN or not all(blank[start : entity.end]))
    ]


def is_blank(text: str) -> bool:
    """Tell whether Telegram takes `text` for an empty one."""
    return _BLANK.fullmatch(text) is not None


class _Offsets:
    """Where each UTF-16 offset of a text lands once the removed characters are gone."""

    def __init__(self, text: str) -> None:
        self._target: list[int | None] = []
        position = 0
        for character in text:
            self._target.append(position)
            if character > "\uffff":
                self._target.append(None)
                position += 2
            elif ord(character) not in _REMOVED:
                position += 1
        self._target.append(position)

    def entity(self, entity: MessageEntity) -> MessageEntity:
        if entity.offset >= len(self._target):
            raise BadRequest(
                f"entity begins after the end of the text at UTF-16 offset {entity.offset}",
            )
        if entity.end >= len(self._target):
            raise BadRequest(
                f"entity beginning at UTF-16 offset {entity.offset} ends after the end of the text "
                f"at UTF-16 offset {entity.end}"
            )
        start, end = self._target[entity.offset], self._target[entity.end]
        if start is None or end is None:
            raise BadRequest(
                f"entity beginning at UTF-16 offset {entity.offset} "
                f"{'begins' if start is None else 'ends'} in a middle of a UTF-16 symbol"
            )
        return _moved(entity, start, end)


def _moved(entity: MessageEntity, start: int, end: int) -> MessageEntity:
    return replace(entity, offset=start, length=end - start)


# TDLib's order among entities that begin and end together: the outer one first.
_OUTERMOST_FIRST = (
    "blockquote expandable_blockquote pre code text_link text_mention bot_command "
    "bold italic underline strikethrough spoiler custom_emoji"
).split()
# TDLib's entities with hidden data: they say something even about white space.
_HIDDEN = frozenset({"text_link", "text_mention", "pre", "code"})
_STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})


def _arrange(entities: list[MessageEntity]) -> list[MessageEntity]:
    """Sort the entities, join styles that touch, and keep code plain, as Telegram shows it."""
    code = [entity for entity in entities if entity.type in ("pre", "code")]
    arranged: list[MessageEntity] = []
    last_of: dict[str, int] = {}
    for entity in sorted(entities, key=lambda one: (one.offset, one.end)):
        if entity.type in _STYLES:
            if any(inside.offset <= entity.offset and entity.end <= inside.end for inside in code):
                continue
            at = last_of.get(entity.type)
            if at is not None and arranged[at].end >= entity.offset:
                arranged[at] = _moved(entity, arranged[at].offset, max(arranged[at].end, entity.end))
                continue
            last_of[entity.type] = len(arranged)
        arranged.append(entity)
    rank = {name: place for place, name in enumerate(_OUTERMOST_FIRST)}
    return sorted(arranged, key=lambda one: (one.offset, -one.length, rank.get(one.type, len(rank))))
