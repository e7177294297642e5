"""Updates on their way to the bot: https://core.telegram.org/bots/api#getting-updates."""

from itertools import count

from bot.sandbox.changes import Changes
from bot.sandbox.errors import Conflict
from bot.sandbox.faults import Faults
from bot.sandbox.objects import JSON

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Updates that come only to a bot that asked for them by name."""

MAX_TIMEOUT = 50
"""Seconds a long poll lasts at most, whatever is asked for."""


class Updates:
    """The queue of updates that the bot hasn't confirmed yet.

    Args:
        changes: Noted with each update.
        faults: Says which updates come twice.

    Attributes:
        webhook: Where the updates go instead of to ``getUpdates``, as WebhookInfo plus the secret token; its
            ``url`` is empty while there is none.
    """

    def __init__(self, changes: Changes, faults: Faults) -> None:
        self.webhook: JSON = {"url": ""}
        self._changes = changes
        self._faults = faults
        self._pending: list[JSON] = []
        self._again: list[JSON] = []  # given already, and to be given once more
        self._given = 0  # the highest id given so far
        self._ids = count(100_000_001)
        self._allowed: frozenset[str] = frozenset()
        self._poll = 0

    def push(self, kind: str, content: JSON) -> None:
        """Queue an update, if the bot wants its kind.

        Args:
            kind: The update's field, such as "message".
            content: What the field holds.
        """
        if kind in self._allowed or (not self._allowed and kind not in NOT_BY_DEFAULT):
            self._pending.append({"update_id": next(self._ids), kind: content})
            self._changes.note()

    def allow(self, kinds: list[str] | None) -> None:
        """Choose what to queue from now on: these kinds, all usual ones (empty), or as before (None)."""
        if kinds is not None:
            self._allowed = frozenset(kinds)

    def pending(self) -> list[JSON]:
        """Return the unconfirmed updates, oldest first."""
        return list(self._pending)

    def confirm(self, below: int) -> None:
        """Forget the updates with ids below `below`."""
        self._pending = [update for update in self._pending if update["update_id"] >= below]

    def drop(self) -> None:
        """Forget every update (``drop_pending_updates``)."""
        self._pending.clear()
        self._again.clear()

    async def get(self, offset: int, limit: int, within: float) -> list[JSON]:
        """Answer one ``getUpdates``.

        Args:
            offset: Updates below it are confirmed; if negative, only that many of the last ones are kept.
            limit: How many to give at most.
            within: Seconds to wait for the first.

        Returns:
            The updates, oldest first; none if the time ran out.

        Raises:
            Conflict: A webhook is set, or another ``getUpdates`` began: Telegram ends the older one.
        """
        if self.webhook["url"]:
            raise Conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        if offset < 0:
            del self._pending[:offset]
        else:
            self.confirm(offset)
        self._poll += 1
        poll = self._poll
        self._changes.note()  # ends an older poll

        def over() -> bool:
            something = self._pending or self._again or self.webhook["url"]
            return bool(something) or self._poll != poll or self._changes.closed

        try:
            await self._changes.wait_for(over, min(within, MAX_TIMEOUT))
        except TimeoutError:
            return []
        if self._poll != poll:
            raise Conflict(
                "terminated by other getUpdates request; make sure that only one bot instance is running"
            )
        if self.webhook["url"]:
            raise Conflict("terminated by setWebhook request")
        again, self._again = self._again, []
        fresh = self._pending[:limit]
        for update in fresh:
            self._maybe_again(update)
        # Those that come twice stand first, so that the bot's next offset is still that of the newest.
        return [one for one in again if one not in fresh][:limit] + fresh

    async def next_for_webhook(self) -> JSON:
        """Wait for the oldest update that is to go to the webhook."""
        while not (self.webhook["url"] and (self._pending or self._again)):
            await self._changes.wait_for(
                lambda: self.webhook["url"] and (self._pending or self._again), MAX_TIMEOUT
            )
        return (self._again or self._pending)[0]

    def taken_by_webhook(self, update: JSON) -> None:
        """Forget an update that the webhook has taken, unless it is to come twice."""
        if update in self._again:
            self._again.remove(update)
        else:
            self.confirm(update["update_id"] + 1)
            self._maybe_again(update)

    def _maybe_again(self, update: JSON) -> None:
        """Decide, when an update is given for the first time, whether it will be given once more."""
        if update["update_id"] > self._given:
            self._given = update["update_id"]
            if self._faults.duplicates():
                self._again.append(update)
