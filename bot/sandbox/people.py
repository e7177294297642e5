"""The sandbox itself: people and chats, what the bot did to them, and the ways people act.

Tests and the chat page act through :class:`Sandbox`; the bot reaches the same state over HTTP
(``bot.sandbox.methods``). Everything lives in one event loop, so nothing here is locked.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from bot.sandbox.changes import Changes
from bot.sandbox.entities import bot_commands
from bot.sandbox.errors import BadRequest
from bot.sandbox.files import Files
from bot.sandbox.objects import JSON, CallbackAnswer, Chat, ChatAction, Draft, Message, User
from bot.sandbox.text import MAX_TEXT, clean, is_blank
from bot.sandbox.updates import Updates

T = TypeVar("T")

TOKEN = "5000000000:sandbox-token-good-for-nothing-else"
"""A token of Telegram's form that works nowhere but in a sandbox."""

CHAT_ACTION_SECONDS = 5.0
"""How long a chat action shows (https://core.telegram.org/bots/api#sendchataction)."""

DRAFT_SECONDS = 30.0
"""How long a draft shows (https://core.telegram.org/bots/api#sendmessagedraft)."""

CALLBACK_QUERY_SECONDS = 15.0
"""How long a callback query may be answered. The documentation doesn't say; be quick, as with Telegram."""


class Sandbox:
    """A small Telegram in memory, with one bot in it.

    Args:
        token: The bot's token.
        username: The bot's username.

    Attributes:
        bot: The bot.
        people: The people by id, in the order they came.
        chats: The chats by id.
        chat_actions: Every chat action the bot has sent, oldest first.
        answers: Every answer to a callback query, oldest first.
        drafts: The latest draft in each chat, by the chat's id.
        commands: What ``setMyCommands`` set, by scope (as canonical JSON) and language.
        about: The bot's descriptions, by kind ("description", "short_description") and language.
        files: Every uploaded file.
        changes: Noted whenever something happens.
        updates: What is on its way to the bot.
    """

    def __init__(self, token: str = TOKEN, username: str = "hyperbridge_bot") -> None:
        self.token = token
        self.bot = User(int(token.partition(":")[0]), "HyperBridge", is_bot=True, username=username)
        self.people: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.chat_actions: list[ChatAction] = []
        self.answers: list[CallbackAnswer] = []
        self.drafts: dict[int, Draft] = {}
        self.commands: dict[tuple[str, str], list[JSON]] = {}
        self.about: dict[tuple[str, str], str] = {}
        self.files = Files()
        self.changes = Changes()
        self.updates = Updates(self.changes)
        self._messages: dict[int, dict[int, Message]] = {}
        self._message_ids = count(1)
        self._met: set[int] = set()
        self._bot_spoke_at: dict[int, float] = {}
        self._queries: dict[str, tuple[float, asyncio.Future[CallbackAnswer]]] = {}
        self._query_ids = count(4_000_000_000_000_000_001)

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

    def add_group(self, title: str) -> Chat:
        """Make a group of everyone and the bot, which reads all its messages (privacy mode off).

        Args:
            title: The group's title.

        Returns:
            The group.
        """
        group = Chat(-1 - sum(chat.type == "group" for chat in self.chats.values()), "group", title=title)
        self._add_chat(group)
        self._met.add(group.id)
        return group

    async def say(
        self, person: User, text: str, chat: Chat | None = None, reply_to: Message | None = None
    ) -> Message:
        """Send a text as a person.

        Args:
            person: Who sends it.
            text: What they type; Telegram's cleaning is done to it, and /commands in it are found.
            chat: Where; the private chat with the bot if not given.
            reply_to: The message they answer.

        Returns:
            The message as the bot gets it.

        Raises:
            BadRequest: No client would send this text: nothing is left of it, or it is longer than a message
                can be. (Clients split long texts before they send them.)
        """
        text, _ = clean(text)
        if is_blank(text):
            raise BadRequest("message text is empty")
        if len(text) > MAX_TEXT:
            raise BadRequest("message is too long")
        chat = chat or self.chats[person.id]
        self._met.add(chat.id)
        commands = bot_commands(text, [])
        message = self.deliver(person, chat, text=text, entities=commands, reply_to_message=reply_to)
        self.updates.push("message", message.to_json())
        return message

    async def send_document(self, person: User, content: bytes, file_name: str) -> Message:
        """Send a document to the bot as a person.

        Args:
            person: Who sends it.
            content: Its bytes.
            file_name: Its name.

        Returns:
            The message as the bot gets it.

        Raises:
            BadRequest: The file is empty, or larger than Telegram takes.
        """
        document = self.files.add_document(content, file_name)
        chat = self.chats[person.id]
        self._met.add(chat.id)
        message = self.deliver(person, chat, document=document)
        self.updates.push("message", message.to_json())
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
        query_id = str(next(self._query_ids))
        answer: asyncio.Future[CallbackAnswer] = asyncio.get_running_loop().create_future()
        self._queries[query_id] = (time.monotonic(), answer)
        query = {
            "id": query_id,
            "from": person.to_json(),
            "message": message.to_json(),
            "chat_instance": str(chat.id),
            "data": matches[0]["callback_data"],
        }
        self.updates.push("callback_query", query)
        async with asyncio.timeout(within):
            return await answer

    def history(self, chat: Chat | User) -> list[Message]:
        """Return what a chat shows now, oldest first.

        Args:
            chat: The chat, or a person for their private chat with the bot.

        Returns:
            Its messages; deleted ones are gone, edited ones are as they are now.
        """
        return list(self._messages[chat.id].values())

    async def wait_for(self, predicate: Callable[[], T], within: float = 10) -> T:
        """Wait until something holds in the sandbox; see :meth:`Changes.wait_for`."""
        return await self.changes.wait_for(predicate, within)

    def chat_action(self, chat: Chat | User) -> str | None:
        """Return the chat action that `chat` shows now ("typing"), if any; a message of the bot ends it."""
        sent = [one for one in self.chat_actions if one.chat_id == chat.id]
        if not sent or sent[-1].action == "cancel":
            return None
        shows = time.monotonic() < sent[-1].at + CHAT_ACTION_SECONDS
        return sent[-1].action if shows and sent[-1].at > self._bot_spoke_at.get(chat.id, 0) else None

    def draft(self, chat: Chat | User) -> Draft | None:
        """Return the draft that `chat` shows now, if any; a message of the bot ends it."""
        draft = self.drafts.get(chat.id)
        return draft if draft and time.monotonic() < draft.at + DRAFT_SECONDS else None

    # What the bot's methods use.

    def known_chat(self, chat_id: str) -> Chat:
        """Return a chat that the bot may name, by id or "@username".

        Raises:
            BadRequest: There is none, or its person has never written to the bot.
        """
        if not chat_id:
            raise BadRequest("chat_id is empty")
        for chat in self.chats.values():
            names = {str(chat.id), f"@{chat.username}".lower() if chat.username else None}
            if chat.id in self._met and chat_id.lower() in names:
                return chat
        raise BadRequest("chat not found")

    def message(self, chat: Chat, message_id: int) -> Message | None:
        """Return a message of a chat, if it is there."""
        return self._messages[chat.id].get(message_id)

    def deliver(self, sender: User, chat: Chat, **fields: Any) -> Message:
        """Put a message into a chat.

        Args:
            sender: Who sends it.
            chat: Where it goes.
            **fields: Further fields of :class:`Message`.

        Returns:
            The message.
        """
        message = Message(next(self._message_ids), sender, chat, int(time.time()), **fields)
        self._messages[chat.id][message.message_id] = message
        if sender is self.bot:
            self._bot_spoke_at[chat.id] = time.monotonic()
            self.drafts.pop(chat.id, None)
        self.changes.note()
        return message

    def delete(self, message: Message) -> None:
        """Take a message out of its chat."""
        del self._messages[message.chat.id][message.message_id]
        self.changes.note()

    def answer_query(self, answer: CallbackAnswer) -> None:
        """Take the bot's answer to a callback query.

        Raises:
            BadRequest: No query of that id is waiting, or it has waited too long.
        """
        asked_at, waiting = self._queries.pop(answer.callback_query_id, (float("-inf"), None))
        if waiting is None or time.monotonic() > asked_at + CALLBACK_QUERY_SECONDS:
            raise BadRequest("query is too old and response timeout expired or query ID is invalid")
        self.answers.append(answer)
        if not waiting.done():  # the person may have stopped waiting
            waiting.set_result(answer)
        self.changes.note()

    def _add_chat(self, chat: Chat) -> None:
        self.chats[chat.id] = chat
        self._messages[chat.id] = {}
        self.changes.note()
