"""The Bot API's objects, as far as the sandbox needs them.

Fields and their names are those of https://core.telegram.org/bots/api#available-types. ``to_json`` gives the
object as it travels, with absent fields left out as Telegram leaves them out.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

JSON = dict[str, Any]


def _present(**fields: Any) -> JSON:
    """Drop what is absent: Telegram never sends null."""
    return {name: value for name, value in fields.items() if value is not None}


@dataclass
class User:
    """A person, or the bot itself."""

    id: int
    first_name: str
    is_bot: bool = False
    username: str | None = None
    language_code: str | None = None

    def to_json(self) -> JSON:
        """Return the object as it travels."""
        return _present(
            id=self.id,
            is_bot=self.is_bot,
            first_name=self.first_name,
            username=self.username,
            language_code=self.language_code,
        )


@dataclass
class Chat:
    """A private chat (its id is the person's) or a group (its id is negative).

    ``title`` is a group's, ``is_forum`` is true of a supergroup with topics.
    """

    id: int
    type: Literal["private", "group", "supergroup"]
    title: str | None = None
    first_name: str | None = None
    username: str | None = None
    is_forum: bool = False

    def to_json(self) -> JSON:
        """Return the object as it travels."""
        return _present(
            id=self.id,
            type=self.type,
            title=self.title,
            first_name=self.first_name,
            username=self.username,
            is_forum=self.is_forum or None,
        )


@dataclass(frozen=True)
class MessageEntity:
    """A formatted stretch of a text; ``offset`` and ``length`` count UTF-16 code units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    user: User | None = None
    language: str | None = None
    custom_emoji_id: str | None = None

    @property
    def end(self) -> int:
        """The offset just behind the entity."""
        return self.offset + self.length

    def to_json(self) -> JSON:
        """Return the object as it travels."""
        return _present(
            type=self.type,
            offset=self.offset,
            length=self.length,
            url=self.url,
            user=self.user and self.user.to_json(),
            language=self.language,
            custom_emoji_id=self.custom_emoji_id,
        )


@dataclass(frozen=True)
class File:
    """An uploaded file, its bytes with it."""

    file_id: str
    file_unique_id: str
    file_path: str
    file_name: str
    mime_type: str
    content: bytes = field(repr=False)
    width: int = 0
    height: int = 0

    def to_json(self) -> JSON:
        """Return the object as ``getFile`` gives it."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_unique_id,
            "file_size": len(self.content),
            "file_path": self.file_path,
        }

    def photo_size(self) -> JSON:
        """Return the file as a PhotoSize."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_unique_id,
            "file_size": len(self.content),
            "width": self.width,
            "height": self.height,
        }

    def document(self) -> JSON:
        """Return the file as a Document."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_unique_id,
            "file_size": len(self.content),
            "file_name": self.file_name,
            "mime_type": self.mime_type,
        }


@dataclass
class Message:
    """A message; ``text`` and ``entities`` are the caption's where a photo or a document carries them.

    ``service`` holds the fields of a service message, such as ``{"forum_topic_created": …}``.
    ``inline_message_id`` names a message that was chosen from inline results and has a keyboard; it is no
    field of the Bot API's Message.
    """

    message_id: int
    from_user: User
    chat: Chat
    date: int
    text: str = ""
    entities: list[MessageEntity] = field(default_factory=list)
    photo: File | None = None
    document: File | None = None
    reply_markup: JSON | None = None
    reply_to_message: "Message | None" = None
    message_thread_id: int | None = None
    edit_date: int | None = None
    forward_origin: JSON | None = None
    via_bot: User | None = None
    service: JSON | None = None
    inline_message_id: str | None = None

    def to_json(self) -> JSON:
        """Return the object as it travels."""
        message = _present(
            message_id=self.message_id,
            **{"from": self.from_user.to_json()},
            chat=self.chat.to_json(),
            date=self.date,
            edit_date=self.edit_date,
            message_thread_id=self.message_thread_id,
            is_topic_message=(self.chat.is_forum and self.message_thread_id is not None) or None,
            forward_origin=self.forward_origin,
            via_bot=self.via_bot and self.via_bot.to_json(),
            **(self.service or {}),
        )
        media = self.photo or self.document
        if self.photo:
            message["photo"] = [self.photo.photo_size()]
        if self.document:
            message["document"] = self.document.document()
        if self.text:
            message["caption" if media else "text"] = self.text
        if self.entities:
            entities = [entity.to_json() for entity in self.entities]
            message["caption_entities" if media else "entities"] = entities
        # Other kinds of markup change the person's keyboard and are no part of the message.
        if self.reply_markup and "inline_keyboard" in self.reply_markup:
            message["reply_markup"] = self.reply_markup
        if self.reply_to_message:
            message["reply_to_message"] = {
                name: value
                for name, value in self.reply_to_message.to_json().items()
                if name != "reply_to_message"  # the Bot API nests replies one level deep
            }
        return message

    def buttons(self) -> list[JSON]:
        """Return the inline keyboard's buttons, row by row."""
        rows = (self.reply_markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


@dataclass(frozen=True)
class CallbackAnswer:
    """What the bot gave to ``answerCallbackQuery``."""

    callback_query_id: str
    text: str
    show_alert: bool
    url: str


@dataclass(frozen=True)
class InlineResult:
    """One of the results that the bot offers: how it is shown, and what choosing it sends."""

    id: str
    type: str
    title: str
    description: str
    text: str
    entities: list[MessageEntity]
    photo: File | None
    document: File | None
    reply_markup: JSON | None


@dataclass(frozen=True)
class InlineAnswer:
    """What the bot gave to ``answerInlineQuery``, and the query that it answers."""

    inline_query_id: str
    query: str
    results: tuple[InlineResult, ...]
    cache_time: int
    is_personal: bool
    next_offset: str
    button: JSON | None


@dataclass(frozen=True)
class ChatAction:
    """One ``sendChatAction``; ``at`` is :func:`time.monotonic`'s."""

    chat_id: int
    action: str
    at: float
    message_thread_id: int | None = None


@dataclass(frozen=True)
class Draft:
    """One ``sendMessageDraft``; ``at`` is :func:`time.monotonic`'s."""

    chat_id: int
    draft_id: int
    text: str
    entities: list[MessageEntity]
    at: float
