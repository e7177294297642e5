"""The ways people act in a sandbox: tests and the chat page act through :class:`Sandbox`."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.company import Company
from bot.sandbox.entities import found_in
from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import JSON, CallbackAnswer, Chat, InlineAnswer, Message, User
from bot.sandbox.text import MAX_CAPTION, MAX_TEXT, clean, is_blank
from bot.sandbox.world import TOKEN

T = TypeVar("T")


class Sandbox(Company):
    """A small Telegram in memory, with one bot in it, and people who act; see :class:`World`."""

    def __init__(self, token: str = TOKEN, username: str = "hyperbridge_bot") -> None:
        super().__init__(token, username)
        self._cached: dict[tuple[str, str, int | None], tuple[float, InlineAnswer]] = {}

    async def say(
        self,
        person: User,
        text: str,
        chat: Chat | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """Send a text as a person.

        Args:
            person: Who sends it.
            text: What they type; Telegram's cleaning is done to it, and /commands in it are found.
            chat: Where; the private chat with the bot if not given.
            reply_to: The message they answer.
            thread: The topic, in a forum.

        Returns:
            The message as the bot gets it.

        Raises:
            BadRequest: No client would send this text: nothing is left of it, or it is longer than a message
                can be. (Clients split long texts before they send them.)
        """
        return self._send(person, chat, reply_to, thread, text=_typed(text, MAX_TEXT))

    async def send_document(
        self,
        person: User,
        content: bytes,
        file_name: str,
        caption: str = "",
        chat: Chat | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """Send a document as a person.

        Args:
            person: Who sends it.
            content: Its bytes.
            file_name: Its name.
            caption: The text under it.
            chat: Where; the private chat with the bot if not given.
            reply_to: The message they answer.
            thread: The topic, in a forum.

        Returns:
            The message as the bot gets it.

        Raises:
            BadRequest: The file is empty, or it or its caption is larger than Telegram takes.
        """
        document = self.files.add_document(content, file_name)
        return self._send(person, chat, reply_to, thread, text=_caption(caption), document=document)

    async def send_photo(
        self,
        person: User,
        content: bytes,
        caption: str = "",
        chat: Chat | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """Send a photo as a person, a PNG or a JPEG; see :meth:`send_document`."""
        photo = self.files.add_photo(content)
        return self._send(person, chat, reply_to, thread, text=_caption(caption), photo=photo)

    async def forward(self, person: User, message: Message, chat: Chat | None = None) -> Message:
        """Forward a message as a person.

        Args:
            person: Who forwards it.
            message: The message, from any chat.
            chat: Where to; the private chat with the bot if not given.

        Returns:
            The message as the bot gets it.
        """
        origin = message.forward_origin or {
            "type": "user",
            "date": message.date,
            "sender_user": message.from_user.to_json(),
        }
        return self._send(
            person,
            chat,
            None,
            None,
            text=message.text,
            entities=message.entities,
            photo=message.photo,
            document=message.document,
            via_bot=message.via_bot,
            forward_origin=origin,
        )

    async def edit(self, person: User, message: Message, text: str) -> Message:
        """Edit a message of one's own, its text or its caption.

        Returns:
            The message as it is now.

        Raises:
            BadRequest: It is another's, or no client would send this text.
        """
        if message.from_user is not person or message.forward_origin or message.via_bot:
            raise BadRequest("message can't be edited")
        message.text = _caption(text) if message.photo or message.document else _typed(text, MAX_TEXT)
        message.entities = found_in(message.text, [])
        message.edit_date = int(time.time())
        self.changes.note()
        self.hear("edited_message", message)
        return message

    async def press(
        self, person: User, message_id: int, button: str, chat: Chat | None = None, within: float = 10
    ) -> CallbackAnswer:
        """Press a button under a message and wait for the bot's answer.

        Args:
            person: Who presses it.
            message_id: The message it is under.
            button: The button's ``callback_data``, or its text.
            chat: Where; the private chat with the bot if not given.
            within: Seconds to wait for ``answerCallbackQuery``.

        Returns:
            What the bot answered.

        Raises:
            LookupError: There is no such message, or no such button under it.
            TimeoutError: The bot didn't answer in time: the person sees the button spin.
        """
        chat = chat or self.chats[person.id]
        message = self._messages[chat.id][message_id]
        buttons = [one for one in message.buttons() if "callback_data" in one]
        matches = [one for key in ("callback_data", "text") for one in buttons if one[key] == button]
        if not matches:
            raise LookupError(f"no button {button!r} among {[one['text'] for one in buttons]}")
        under: JSON = {"message": message.to_json()}
        if message.via_bot:  # the bot isn't told where such a message stands
            under = {"inline_message_id": message.inline_message_id}
        query_id, answer = self.pressed.ask()
        query = {"id": query_id, "from": person.to_json(), "chat_instance": str(chat.id), **under}
        self.updates.push("callback_query", {**query, "data": matches[0]["callback_data"]})
        async with asyncio.timeout(within):
            return await answer

    async def ask_inline(
        self, person: User, query: str, chat: Chat | None = None, offset: str = "", within: float = 10
    ) -> InlineAnswer:
        """Type ``@bot query`` into a chat's field and wait for the results, or get them from the cache.

        Args:
            person: Who types.
            query: What stands after the bot's name; Telegram sends its first 256 characters.
            chat: Where; the private chat with the bot if not given.
            offset: For further results, the ``next_offset`` of those before.
            within: Seconds to wait for ``answerInlineQuery``.

        Returns:
            The bot's answer.

        Raises:
            BadRequest: Inline mode is off.
            TimeoutError: The bot didn't answer in time: the person sees nothing.
        """
        if not self.inline:
            raise BadRequest("BOT_INLINE_DISABLED")
        chat = chat or self.chats[person.id]
        query = query[:256]
        for whose in (None, person.id):
            until, answer = self._cached.get((query, offset, whose), (0.0, None))
            if answer and time.monotonic() < until:
                return answer
        query_id, coming = self.asked_inline.ask()
        self.inline_queries[query_id] = query
        asked = {"id": query_id, "from": person.to_json(), "query": query, "offset": offset}
        kind = "sender" if chat.id == person.id else chat.type
        self.updates.push("inline_query", {**asked, "chat_type": kind})
        async with asyncio.timeout(within):
            answer = await coming
        key = (query, offset, person.id if answer.is_personal else None)
        self._cached[key] = (time.monotonic() + answer.cache_time, answer)
        return answer

    async def choose_inline(
        self,
        person: User,
        answer: InlineAnswer,
        result_id: str,
        chat: Chat | None = None,
        thread: int | None = None,
    ) -> Message:
        """Choose one of the results of an inline query, which sends its message.

        Args:
            person: Who chooses.
            answer: The results.
            result_id: The chosen one's id.
            chat: Where; the private chat with the bot if not given.
            thread: The topic, in a forum.

        Returns:
            The message; the bot can edit it where it has an ``inline_message_id``.

        Raises:
            LookupError: There is no such result.
        """
        result = next((one for one in answer.results if one.id == result_id), None)
        if result is None:
            raise LookupError(f"no result {result_id!r} among {[one.id for one in answer.results]}")
        # Without a keyboard a message can't be edited later, so the bot isn't told its id.
        inline_id = f"inline-{answer.inline_query_id}-{len(self.inline_messages)}"
        message = self._send(
            person,
            chat,
            None,
            thread,
            text=result.text,
            entities=result.entities,
            photo=result.photo,
            document=result.document,
            reply_markup=result.reply_markup,
            via_bot=self.bot,
            inline_message_id=inline_id if result.reply_markup else None,
        )
        chosen = {"result_id": result_id, "from": person.to_json(), "query": answer.query}
        if message.inline_message_id:
            chosen["inline_message_id"] = message.inline_message_id
        self.updates.push("chosen_inline_result", chosen)
        return message

    async def wait_for(self, predicate: Callable[[], T], within: float = 10) -> T:
        """Wait until something holds in the sandbox; see :meth:`Changes.wait_for`."""
        return await self.changes.wait_for(predicate, within)

    def _send(
        self,
        person: User,
        chat: Chat | None,
        reply_to: Message | None,
        thread: int | None,
        *,
        text: str,
        **fields: object,
    ) -> Message:
        chat = chat or self.chats[person.id]
        if chat.id == person.id:
            self._met.add(chat.id)
            self.unblock(person)
        elif not self.is_member(person.id, chat):
            raise BadRequest("not a member of the chat")
        fields.setdefault("entities", found_in(text, []))
        message = self.deliver(
            person,
            chat,
            text=text,
            reply_to_message=reply_to,
            message_thread_id=self.thread_of(chat, thread or 0, reply_to),
            **fields,
        )
        self.hear("message", message)
        return message


def _typed(text: str, limit: int) -> str:
    text, _ = clean(text)
    if is_blank(text):
        raise BadRequest("message text is empty")
    if len(text) > limit:
        raise BadRequest("message is too long")
    return text


def _caption(text: str) -> str:
    return _typed(text, MAX_CAPTION) if text.strip() else ""
