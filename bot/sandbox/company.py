"""Who is where in a sandbox: people, groups, topics, and the bot let in or shut out."""

import time

from bot.sandbox.objects import JSON, Chat, Message, User
from bot.sandbox.privacy import meant_for
from bot.sandbox.world import World


class Company(World):
    """A world to which people and groups come; see :class:`World`."""

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
        self.hear("message", opened)
        return opened.message_id

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
        if group.id in self.administrators:
            self.administrators[big.id] = self.administrators[group.id]
        self.hear("message", self.deliver(person, group, service={"migrate_to_chat_id": big.id}))
        self.hear("message", self.deliver(person, big, service={"migrate_from_chat_id": group.id}))
        self._migrated[group.id] = big.id
        return big

    def hear(self, kind: str, message: Message) -> None:
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
