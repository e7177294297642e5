"""Who may use the bot: those whom the settings name, its admins, and guests who came by an invitation."""

from __future__ import annotations

import asyncio

from bot.settings import Settings
from storage.people import Guest, Invite, People

START = "inv_"
"""What a link to the bot begins with when it is an invitation."""
MOST_USES = 1000
"""How many people one invitation may let in."""


class Access:
    """Decides who is let in.

    Args:
        settings: Names the people and the admins.
        people: The guests.

    Raises:
        ArchiveError: The guests can't be read; any other call may raise it as well.
    """

    def __init__(self, settings: Settings, people: People) -> None:
        self._settings = settings
        self._people = people
        self._guests = {guest.person for guest in people.guests()}

    def allows(self, person: int) -> bool:
        """Whether somebody may use the bot."""
        return self._settings.allows(person) or person in self._guests

    def is_admin(self, person: int) -> bool:
        """Whether somebody may invite others and send them off."""
        return self._settings.is_admin(person)

    async def invite(self, admin: int, uses: int) -> tuple[int, str]:
        """Make an invitation; its number, and what its link must end with."""
        number, token = await asyncio.to_thread(self._people.invite, admin, uses)
        return number, f"{START}{token}"

    async def let_in(self, start: str, person: int, name: str) -> bool:
        """Let somebody in who followed a link; whether they are in."""
        there = start.startswith(START) and await asyncio.to_thread(
            self._people.let_in, start.removeprefix(START), person, name
        )
        if there:
            self._guests.add(person)
        return there

    async def close_invite(self, number: int) -> bool:
        """Let nobody else in by an invitation; whether it was open."""
        return await asyncio.to_thread(self._people.close_invite, number)

    async def send_off(self, person: int) -> bool:
        """Let a guest in no more; whether there was one."""
        self._guests.discard(person)
        return await asyncio.to_thread(self._people.send_off, person)

    async def everybody(self) -> tuple[list[Guest], list[Invite]]:
        """The guests, and the invitations that are open."""
        guests = await asyncio.to_thread(self._people.guests)
        return guests, await asyncio.to_thread(self._people.invites)

    def close(self) -> None:
        """Close the file with the guests."""
        self._people.close()
