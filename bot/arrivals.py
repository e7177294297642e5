"""What must be known of an update before it is accepted, read from Telegram's JSON without trusting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import regex

from bot.shapes import is_sound
from scene.forms import Form

MAX_ID = 2**63 - 1  # what SQLite holds; Telegram promises 52 bits

_CONTENTS = (
    "message", "edited_message", "callback_query", "inline_query", "chosen_inline_result", "my_chat_member",
    "message_reaction",
)  # fmt: skip
_COMMAND = regex.compile(r"/([A-Za-z0-9_]{1,32})")

SLOW = frozenset({*(form.value for form in Form), "scene", "read", "dialogue", "recall", "similar", "zone"})
"""Commands that the model or the embedder works for: they wait for one another, and nothing else for them."""
MEASURING = frozenset({"noise", "sigma"})
"""Commands that have precision measured."""
HEAVY = frozenset({"export", "import", "map", "forget"}) | MEASURING
"""What takes the whole archive, or the model for minutes."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update, as far as it matters before it is done.

    Attributes:
        update_id: Its number.
        kind: The field that it has, for example ``message``.
        person: Who it is from.
        chat: The chat it is in; the person's own where it is in none.
        message: Number of the person's message in the chat, or None.
        lang: The language of the person's Telegram, or empty.
        size: Characters of what the person wrote.
        command: The command without slash, ``import`` for a file, or empty.
        query: Id of a callback query, or empty.
        data: What a pressed button stands for.
        start: What follows ``/start``.
        addressed: Whether it can be meant for the bot: what people say to one another in a group is not.
        moves: The old id and the new one of a group that it says has become a supergroup.
    """

    update_id: int
    kind: str
    person: int
    chat: int
    message: int | None = None
    lang: str = ""
    size: int = 0
    command: str = ""
    query: str = ""
    data: str = ""
    start: str = ""
    addressed: bool = True
    moves: tuple[int, int] | None = None

    @property
    def private(self) -> bool:
        """Whether it is between the person and the bot alone."""
        return self.chat == self.person

    @property
    def voices(self) -> bool:
        """Whether a text is to be written for it, as far as can be told."""
        if self.kind == "callback_query":
            return regex.match(r"[0-9]+:|again:|read:|i:", self.data) is not None
        if self.kind == "chosen_inline_result":
            return True
        if self.kind not in ("message", "edited_message") or self.command in HEAVY or not self.addressed:
            return False
        return not self.command or self.command in SLOW

    @property
    def measures(self) -> bool:
        """Whether precision is to be measured, as far as can be told."""
        return self.command in MEASURING or self.data.startswith("noise:")

    @property
    def heavy(self) -> bool:
        """Whether it takes the whole archive, or the model for minutes."""
        return self.command in HEAVY or self.measures

    @property
    def slow(self) -> bool:
        """Whether it takes longer than a person waits for an answer to /help."""
        return self.voices or self.heavy or self.data.startswith("forget:")


def arrival(update: object) -> Arrival | None:
    """Read an update.

    Args:
        update: Any JSON value.

    Returns:
        What it is; None for what is no update, or for one that nobody sent who could be answered.
    """
    if not isinstance(update, dict) or (update_id := _id(update.get("update_id"))) is None or update_id < 0:
        return None
    if not is_sound(update):
        return None
    for kind in _CONTENTS:
        content = update.get(kind)
        if isinstance(content, dict):
            return _read(update_id, kind, content)
    return None


def _read(update_id: int, kind: str, content: dict[str, Any]) -> Arrival | None:
    sender = _dict(content.get("from") or content.get("user"))
    message = _dict(content.get("message")) if kind == "callback_query" else content
    chat = _id(_dict(message.get("chat")).get("id"))
    moves = moved(content) if kind == "message" else None
    person = chat if moves else _id(sender.get("id"))
    if person is None:
        return None
    text = _text(content.get("text") or content.get("caption") or content.get("query"))
    found = _COMMAND.match(text)
    command = found[1].lower() if found else ""
    return Arrival(
        update_id,
        kind,
        person,
        person if chat is None else chat,
        _id(message.get("message_id")) if kind in ("message", "edited_message") else None,
        _text(sender.get("language_code"))[:16],
        len(text),
        "import" if not text and "document" in content else command,
        _text(content.get("id")) if kind == "callback_query" else "",
        _text(content.get("data")) if kind == "callback_query" else "",
        text.partition(" ")[2].strip() if command == "start" else "",
        moves is None and (chat in (None, person) or bool(command) or "@" in text or _answers_a_bot(message)),
        moves,
    )


def moved(message: dict[str, Any]) -> tuple[int, int] | None:
    """Which group has become which supergroup, as Telegram's service messages say it.

    Args:
        message: A message's JSON.

    Returns:
        The group's old id and its new one; None for a message of any other kind. What somebody wrote, or
        what they answer, forward or pin, is none of these: it has a content, or is not the message itself.
    """
    chat = _id(_dict(message.get("chat")).get("id"))
    if chat is None or any(name in message for name in ("text", "caption", "forward_origin", "via_bot")):
        return None
    to, come_from = _id(message.get("migrate_to_chat_id")), _id(message.get("migrate_from_chat_id"))
    found = (chat, to) if to is not None else (come_from, chat)
    old, new = found
    # https://core.telegram.org/bots/api#chat: supergroups have ids below -10^12, groups have those above.
    return (old, new) if old is not None and new is not None and new < -(10**12) <= old < 0 else None


def _answers_a_bot(message: dict[str, Any]) -> bool:
    return _dict(_dict(message.get("reply_to_message")).get("from")).get("is_bot") is True


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_ID
    return value if usable else None  # type: ignore[return-value]
