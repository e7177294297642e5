"""The ways people act in a sandbox: tests and the chat page act through :class:`Sandbox`."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.entities import found_in
from bot.sandbox.errors import BadRequest
from bot.sandbox.objects import JSON, CallbackAnswer, Chat, InlineAnswer, Message, User
from bot.sandbox.privacy import meant_for
from bot.sandbox.text import MAX_CAPTION, MAX_TEXT, clean, is_blank
from bot.sandbox.world import World

T = TypeVar("T")


class Sandbox(World):
    """A small Telegram in memory, with one bot in it, and people who act; see :class:`World`."""

    def __init__(self, *args: str, **kwargs: str) -> None:
        super().__init__(*args, **kwargs)
        self._cached: dict[tuple[str, str, int | None], tuple[float, InlineAnswer]] = {}

    def add_person(self, first_name: str, language_code: str = "ru", username: str | None = None) -> User:
        """Let a person in, with a private chat to the bot.

        The bot can't write there before the person has: to it the chat doesn't exist.

        Args:
            first_name: Their name.
            language_code: The language of their Telegram, an IETF tag.
            username: Their username, without "@".

        Returns:
            The person; change ``language_code`` on it to switch their language.
        """
        person = User(
            1_000_001 + len(self.people), first_name, username=username, language_code=language_code
        )
        self.people[person.id] = person
        self._add_chat(Chat(person.id, "private", first_name=first_name, username=username))
        return person

    def add_group(
        self,
        title: str,
        members: list[User] | None = None,
        *,
        supergroup: bool = False,
        forum: bool = False,
    ) -> Chat:
        """Make a group with the bot in it.

        Args:
            title: The group's title.
            members: Who is in it; everybody, now and later, if not given.
            supergroup: Make a supergroup.
            forum: Make a supergroup with topics.

        Returns:
            The group.
        """
        number = 1 + sum(chat.type != "private" for chat in self.chats.values())
        # A supergroup's id is its channel's, with -100 before it.
        big = supergroup or forum
        group = Chat(
            -1_000_000_000_000 - number if big else -number,
            "supergroup" if big else "group",
            title=title,
            is_forum=forum,
        )
        if members is not None:
            self.members[group.id] = {member.id for member in members}
        self._add_chat(group)
        self._met.add(group.id)
        if inside := next((one for one in self.people.values() if self.is_member(one.id, group)), None):
            self._tell_membership(inside, group, "left", "member")
        return group

    def add_talk(self, one: User, other: User) -> Chat:
        """Make a private chat of two people, which the bot has no part in; only inline mode reaches it.

        Returns:
            The chat. (With Telegram each of them would call it by the other's id.)
        """
        number = 9_000_001 + sum(chat.id > 9_000_000 for chat in self.chats.values())
        talk = Chat(number, "private", first_name=f"{one.first_name} & {other.first_name}")
        self.members[talk.id] = {one.id, other.id}
        self._add_chat(talk)
        return talk

    def add_topic(self, person: User, forum: Chat, name: str) -> int:
        """Open a topic in a forum as a person.

        Returns:
            Its ``message_thread_id``.
        """
        opened = self.open_topic(person, forum, name)
        self._hear("message", opened)
        return opened.message_id

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
        self._hear("edited_message", message)
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

    def block(self, person: User) -> None:
        """Block the bot: it can't write to them until they unblock it."""
        self.refuse(self.chats[person.id], "bot was blocked by the user")
        self._tell_membership(person, self.chats[person.id], "member", "kicked")

    def unblock(self, person: User) -> None:
        """Unblock the bot; writing to it does so, too."""
        if self._refusals.pop(person.id, None):
            self._tell_membership(person, self.chats[person.id], "kicked", "member")

    def kick_bot(self, person: User, group: Chat) -> None:
        """Remove the bot from a group as a person."""
        self.refuse(group, f"bot was kicked from the {group.type} chat")
        self._tell_membership(person, group, "member", "kicked")

    def upgrade(self, person: User, group: Chat) -> Chat:
        """Turn a group into a supergroup as a person; the bot has to use the new one's id from then on.

        Returns:
            The supergroup.
        """
        members = self.members.get(group.id)
        inside = None if members is None else [self.people[one] for one in members]
        big = self.add_group(group.title or "", inside, supergroup=True)
        self._hear("message", self.deliver(person, group, service={"migrate_to_chat_id": big.id}))
        self._hear("message", self.deliver(person, big, service={"migrate_from_chat_id": group.id}))
        self._migrated[group.id] = big.id
        return big

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
        self._hear("message", message)
        return message

    def _hear(self, kind: str, message: Message) -> None:
        """Tell the bot of a message, if it is in that chat and may hear it."""
        if not self.is_member(self.bot.id, message.chat):
            return
        if message.chat.type == "private" or not self.privacy or meant_for(self.bot, message):
            self.updates.push(kind, message.to_json())

    def _tell_membership(self, person: User, chat: Chat, before: str, after: str) -> None:
        bot = self.bot.to_json()
        self.updates.push(
            "my_chat_member",
            {
                "chat": chat.to_json(),
                "from": person.to_json(),
                "date": int(time.time()),
                "old_chat_member": _membership(bot, before),
                "new_chat_member": _membership(bot, after),
            },
        )
        self.changes.note()

    def _add_chat(self, chat: Chat) -> None:
        self.chats[chat.id] = chat
        self._messages[chat.id] = {}
        self.changes.note()


def _membership(user: JSON, status: str) -> JSON:
    return {"user": user, "status": status, **({"until_date": 0} if status == "kicked" else {})}


def _typed(text: str, limit: int) -> str:
    text, _ = clean(text)
    if is_blank(text):
        raise BadRequest("message text is empty")
    if len(text) > limit:
        raise BadRequest("message is too long")
    return text


def _caption(text: str) -> str:
    return _typed(text, MAX_CAPTION) if text.strip() else ""
