"""The small Telegram that the bot's methods act on: chats, messages, and what the bot has set.

Everything lives in one event loop, so nothing here is locked.
"""

import time
from dataclasses import replace
from itertools import count
from typing import Any

from bot.sandbox.changes import Changes
from bot.sandbox.errors import BadRequest, Forbidden
from bot.sandbox.faults import Faults
from bot.sandbox.files import Files
from bot.sandbox.objects import (
    JSON,
    CallbackAnswer,
    Chat,
    ChatAction,
    Draft,
    InlineAnswer,
    Message,
    User,
)
from bot.sandbox.queries import Queries
from bot.sandbox.updates import Updates

TOKEN = "5000000000:sandbox-token-good-for-nothing-else"
"""A token of Telegram's form that works nowhere but in a sandbox."""

CHAT_ACTION_SECONDS = 5.0
"""How long a chat action shows (https://core.telegram.org/bots/api#sendchataction)."""

DRAFT_SECONDS = 30.0
"""How long a draft shows (https://core.telegram.org/bots/api#sendmessagedraft)."""


class World:
    """A small Telegram in memory, with one bot in it.

    Args:
        token: The bot's token.
        username: The bot's username.

    Attributes:
        bot: The bot.
        people: The people by id, in the order they came.
        chats: The chats by id.
        members: Who is in which group, by the chat's id; a group that isn't named holds everybody.
        administrators: The ids of a group's administrators, by the chat's id; the bot's may be among them.
        privacy: Whether the bot hears in groups only what is meant for it
            (https://core.telegram.org/bots/features#privacy-mode).
        inline: Whether inline mode is on (``/setinline`` at @BotFather), and with it inline feedback.
        chat_actions: Every chat action the bot has sent, oldest first.
        answers: Every answer to a callback query, oldest first.
        inline_answers: Every answer to an inline query, oldest first.
        drafts: The latest draft in each chat, by the chat's id.
        keyboards: The reply keyboard (or ForceReply) that a chat shows, by the chat's id.
        commands: What ``setMyCommands`` set, by scope (as canonical JSON) and language.
        about: The bot's "name", "description" and "short_description", by these words and language.
        files: Every uploaded file.
        faults: What fails on purpose.
        changes: Noted whenever something happens.
        updates: What is on its way to the bot.
    """

    def __init__(self, token: str = TOKEN, username: str = "hyperbridge_bot") -> None:
        self.token = token
        self.bot = User(int(token.partition(":")[0]), "HyperBridge", is_bot=True, username=username)
        self.people: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.members: dict[int, set[int]] = {}
        self.administrators: dict[int, set[int]] = {}
        self.privacy = False
        self.inline = True
        self.chat_actions: list[ChatAction] = []
        self.answers: list[CallbackAnswer] = []
        self.inline_answers: list[InlineAnswer] = []
        self.drafts: dict[int, Draft] = {}
        self.keyboards: dict[int, JSON] = {}
        self.commands: dict[tuple[str, str], list[JSON]] = {}
        self.about: dict[tuple[str, str], str] = {}
        self.files = Files()
        self.faults = Faults()
        self.changes = Changes()
        self.updates = Updates(self.changes, self.faults)
        self.pressed: Queries[CallbackAnswer] = Queries()
        self.asked_inline: Queries[InlineAnswer] = Queries()
        self.inline_queries: dict[str, str] = {}
        self.inline_messages: dict[str, Message] = {}
        self._messages: dict[int, dict[int, Message]] = {}
        self._message_ids = count(1)
        self._met: set[int] = set()
        self._refusals: dict[int, str] = {}  # chats that the bot may not write to, and why
        self._migrated: dict[int, int] = {}
        self._topics: dict[tuple[int, int], Message] = {}
        self._actions: dict[tuple[int, int | None], ChatAction] = {}
        self._bot_spoke_at: dict[tuple[int, int | None], float] = {}

    def history(self, chat: Chat | User) -> list[Message]:
        """Return what a chat shows now, oldest first.

        Args:
            chat: The chat, or a person for their private chat with the bot.

        Returns:
            Its messages; deleted ones are gone, edited ones are as they are now.
        """
        return list(self._messages[chat.id].values())

    def chat_action(self, chat: Chat | User, thread: int | None = None) -> str | None:
        """Return the chat action that `chat` shows now ("typing"), if any; a message of the bot ends it."""
        sent = self._actions.get((chat.id, thread))
        if sent is None or sent.action == "cancel":
            return None
        shows = time.monotonic() < sent.at + CHAT_ACTION_SECONDS
        return sent.action if shows and sent.at > self._bot_spoke_at.get((chat.id, thread), 0) else None

    def draft(self, chat: Chat | User) -> Draft | None:
        """Return the draft that `chat` shows now, if any; a message of the bot ends it."""
        draft = self.drafts.get(chat.id)
        return draft if draft and time.monotonic() < draft.at + DRAFT_SECONDS else None

    def is_member(self, user_id: int, chat: Chat) -> bool:
        """Return whether somebody is in a chat; the bot may be asked about, too."""
        if user_id == self.bot.id:
            return chat.id in self._met and chat.id not in self._refusals
        return user_id in self.members.get(chat.id, self.people)

    # What the bot's methods use.

    def known_chat(self, chat_id: str) -> Chat:
        """Return a chat that the bot may name, by id or "@username".

        Raises:
            BadRequest: There is none, its person has never written to the bot, or it has become a supergroup.
            Forbidden: Its person is known from a group only.
        """
        if not chat_id:
            raise BadRequest("chat_id is empty")
        chat = self._named(chat_id)
        if chat is None:
            raise BadRequest("chat not found")
        if chat.id in self._migrated:
            moved_to = {"migrate_to_chat_id": self._migrated[chat.id]}
            raise BadRequest("group chat was upgraded to a supergroup chat", moved_to)
        if chat.id not in self._met:
            groups = (one for one in self.chats.values() if one.type != "private" and one.id in self._met)
            if any(self.is_member(chat.id, group) for group in groups):
                raise Forbidden("bot can't initiate conversation with a user")
            raise BadRequest("chat not found")
        return chat

    def open_chat(self, chat_id: str) -> Chat:
        """Return a chat that the bot may write to; see :meth:`known_chat`.

        Raises:
            Forbidden: The bot was blocked or kicked.
        """
        chat = self.known_chat(chat_id)
        if reason := self._refusals.get(chat.id):
            raise Forbidden(reason)
        return chat

    def message(self, chat: Chat, message_id: int) -> Message | None:
        """Return a message of a chat, if it is there."""
        return self._messages[chat.id].get(message_id)

    def thread_of(self, chat: Chat, thread: int, reply_to: Message | None) -> int | None:
        """Return the topic or thread that a message goes to.

        Args:
            chat: Where it is sent.
            thread: The ``message_thread_id`` that was asked for, 0 for none.
            reply_to: What it replies to; a reply stays in its topic.

        Raises:
            BadRequest: There is no such topic, or no such thread.
        """
        if not thread:
            return reply_to.message_thread_id if reply_to and chat.is_forum else None
        if chat.is_forum:
            found = (chat.id, thread) in self._topics
        else:
            found = chat.type == "supergroup" and self.message(chat, thread) is not None
        if not found:
            raise BadRequest("message thread not found")
        return thread

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
        # In a topic, what answers nothing else answers the message that opened it.
        topic = self._topics.get((chat.id, message.message_thread_id or 0))
        message.reply_to_message = message.reply_to_message or topic
        self._messages[chat.id][message.message_id] = message
        if message.inline_message_id:
            self.inline_messages[message.inline_message_id] = message
        if sender is self.bot:
            self._bot_spoke_at[chat.id, message.message_thread_id] = time.monotonic()
            self.drafts.pop(chat.id, None)
            self._show_keyboard(message)
        self.changes.note()
        return message

    def open_topic(self, creator: User, chat: Chat, name: str) -> Message:
        """Open a topic in a forum.

        Returns:
            The service message that says so; its id is the topic's.
        """
        opened = self.deliver(
            creator, chat, service={"forum_topic_created": {"name": name, "icon_color": 0x6FB9F0}}
        )
        opened.message_thread_id = opened.message_id
        self._topics[chat.id, opened.message_id] = opened
        return opened

    def topics(self, chat: Chat) -> list[Message]:
        """Return the service messages that opened a forum's topics, oldest first."""
        return [opened for (chat_id, _), opened in self._topics.items() if chat_id == chat.id]

    def refuse(self, chat: Chat, reason: str) -> None:
        """Let nothing more of the bot into a chat, and tell it why."""
        self._refusals[chat.id] = reason
        self.changes.note()

    def delete(self, message: Message) -> None:
        """Take a message out of its chat."""
        del self._messages[message.chat.id][message.message_id]
        self.changes.note()

    def act(self, chat: Chat, action: str, thread: int | None) -> None:
        """Show a chat action of the bot."""
        sent = ChatAction(chat.id, action, time.monotonic(), thread)
        self.chat_actions.append(sent)
        self._actions[chat.id, thread] = sent
        self.changes.note()

    def answer_press(self, answer: CallbackAnswer) -> None:
        """Take the bot's answer to a callback query.

        Raises:
            BadRequest: No query of that id is waiting, or it has waited too long.
        """
        self.pressed.answer(answer.callback_query_id, answer)
        self.answers.append(answer)
        self.changes.note()

    def answer_inline(self, answer: InlineAnswer) -> None:
        """Take the bot's answer to an inline query.

        Raises:
            BadRequest: No query of that id is waiting, or it has waited too long.
        """
        answer = replace(answer, query=self.inline_queries.pop(answer.inline_query_id, ""))
        self.asked_inline.answer(answer.inline_query_id, answer)
        self.inline_answers.append(answer)
        self.changes.note()

    def _named(self, chat_id: str) -> Chat | None:
        if chat_id.lstrip("-").isdigit():
            return self.chats.get(int(chat_id))
        names = {f"@{one.username}".lower(): one for one in self.chats.values() if one.username}
        return names.get(chat_id.lower())

    def _show_keyboard(self, message: Message) -> None:
        """Change the person's keyboard where a message of the bot says so."""
        markup = message.reply_markup or {}
        if "keyboard" in markup or "force_reply" in markup:
            self.keyboards[message.chat.id] = markup
        elif "remove_keyboard" in markup or "force_reply" in self.keyboards.get(message.chat.id, {}):
            self.keyboards.pop(message.chat.id, None)
