"""``/invite``, ``/people``, ``/revoke``: admins let people in; and the link by which these come."""

from __future__ import annotations

from typing import Any

from telegram import Chat, Update
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from bot.access import MOST_USES, START, Access
from bot.messages import answer, arguments, message_of, texts_for

COMMANDS = ("invite", "people", "revoke")
"""For admins; they are not in the menu that everybody sees."""

Context = ContextTypes.DEFAULT_TYPE


class Admission:
    """Lets people in and sends them off.

    Args:
        access: Who is in.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler; before others for ``/start``."""
        application.add_handler(MessageHandler(filters.Regex(rf"^/start {START}"), self._come))
        application.add_handler(CommandHandler("invite", self._invite))
        application.add_handler(CommandHandler("people", self._people))
        application.add_handler(CommandHandler("revoke", self._revoke))

    async def _come(self, update: Update, context: Context) -> None:
        """``/start inv_…``: somebody followed an invitation."""
        message, user, say = message_of(update), update.effective_user, texts_for(update.effective_user)
        assert user is not None  # the gate lets nobody else pass
        if self._access.allows(user.id):
            await answer(message, say("invited-already"))
        elif await self._access.let_in(arguments(message), user.id, user.full_name):
            await answer(message, f"{say('invited')}\n\n{say('start')}")
        else:
            await answer(message, say("invite-unknown"))

    async def _invite(self, update: Update, context: Context) -> None:
        """``/invite``, or ``/invite 5`` for five people."""
        message, say = message_of(update), texts_for(update.effective_user)
        if not await self._by_admin(update):
            return
        given = arguments(message) or "1"
        if not (given.isascii() and given.isdigit() and len(given) <= 4 and 0 < int(given) <= MOST_USES):
            await answer(message, say("invite-how-many", limit=MOST_USES))
            return
        number, start = await self._access.invite(_sender(update), int(given))
        link = f"https://t.me/{context.bot.username}?start={start}"
        await answer(message, say("invite", link=link, count=int(given), number=number))

    async def _people(self, update: Update, context: Context) -> None:
        """``/people``: who came by an invitation, and which invitations are open."""
        message, say = message_of(update), texts_for(update.effective_user)
        if not await self._by_admin(update):
            return
        guests, invites = await self._access.everybody()
        lines = [
            say("guest", name=each.name, id=str(each.person), since=each.since.date().isoformat())
            for each in guests
        ]
        lines += [
            say("invite-open", number=each.number, count=each.uses_left, since=each.since.date().isoformat())
            for each in invites
        ]
        await answer(message, "\n".join(lines) or say("people-none"))

    async def _revoke(self, update: Update, context: Context) -> None:
        """``/revoke 123456`` sends a guest off, ``/revoke #1`` closes an invitation."""
        message, say = message_of(update), texts_for(update.effective_user)
        if not await self._by_admin(update):
            return
        given = arguments(message)
        digits = given.removeprefix("#")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            await answer(message, say("revoke-whom"))
        elif given.startswith("#"):
            closed = await self._access.close_invite(int(digits))
            await answer(message, say("invite-closed" if closed else "invite-not-open", number=int(digits)))
        else:
            gone = await self._access.send_off(int(digits))
            await answer(message, say("guest-gone" if gone else "guest-unknown", id=digits))

    async def _by_admin(self, update: Update) -> bool:
        """Whether an admin asks, in private: a link in a group would let in whoever is there."""
        message, say = message_of(update), texts_for(update.effective_user)
        if not self._access.is_admin(_sender(update)):
            await answer(message, say("admins-only"))
            return False
        if message.chat.type != Chat.PRIVATE:
            await answer(message, say("admins-in-private"))
            return False
        return True


def _sender(update: Update) -> int:
    return update.effective_user.id if update.effective_user else 0
