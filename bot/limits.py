"""How much one person or chat may ask for, so that a stranger can't take the bot from the others."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.access import START, Access
from bot.arrivals import Arrival
from bot.settings import Settings

MAX_TEXT = 4096
"""Characters of a message; Telegram sends no more, and whoever does is not Telegram."""

_FLOOD, _FLOOD_SECONDS = 30, 10.0  # updates of one person, be they what they will
_HEAVY, _CHAT_HEAVY, _HEAVY_SECONDS = 12, 36, 3600.0
_MINUTE = 60.0
_REMEMBERED = 10_000  # people and chats
# How long a refusal is not said again; a day's is said once an hour.
_SAID_AGAIN = {
    "private": 3600.0,
    "limit-day": 3600.0,
    "limit-chat-day": 3600.0,
    "limit-heavy": 600.0,
    "limit-chat-heavy": 600.0,
}
_USUALLY_SAID_AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an update is not accepted.

    Attributes:
        key: The sentence to say.
        params: What it mentions.
        aloud: Whether to say it: it was not said just before.
    """

    key: str
    params: Mapping[str, str | int]
    aloud: bool


class Limits:
    """Judges each update before it is accepted.

    Args:
        settings: How much is allowed.
        access: Who may use the bot at all.
        used: How many scenes each person and chat has had today.
        clock: Seconds, for the windows of time.
    """

    def __init__(
        self,
        settings: Settings,
        access: Access,
        used: Mapping[int, int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._access = access
        self._clock = clock
        self._used = dict(used)
        self._day = _today()
        self._times: OrderedDict[tuple[str, int], deque[float]] = OrderedDict()
        self._said: OrderedDict[tuple[str, int], float] = OrderedDict()

    def judge(self, arrival: Arrival, waiting: int) -> Refusal | None:
        """Decide about an update.

        Args:
            arrival: The update.
            waiting: Scenes of the same person that wait or are at work.

        Returns:
            Why it is refused, or None; then it is counted.
        """
        person = arrival.person
        if self._over("flood", person, _FLOOD, _FLOOD_SECONDS):
            return self._refuse(arrival, "limit-flood")
        if not self._access.allows(person) and not arrival.start.startswith(START):
            return self._refuse(arrival, "private", id=str(person))
        if arrival.size > MAX_TEXT:
            return self._refuse(arrival, "limit-too-long", limit=MAX_TEXT)
        if self._access.is_admin(person):
            return None
        if arrival.heavy:
            if self._over("heavy", person, _HEAVY, _HEAVY_SECONDS):
                return self._refuse(arrival, "limit-heavy", limit=_HEAVY)
            chat = arrival.chat
            if chat != person and self._over("heavy", chat, _CHAT_HEAVY, _HEAVY_SECONDS):
                return self._refuse(arrival, "limit-chat-heavy", limit=_CHAT_HEAVY)
        return self._judge_scene(arrival, waiting) if arrival.voices else None

    def charged(self, arrival: Arrival) -> tuple[int, ...]:
        """Whose budgets of the day pay for an update."""
        return tuple({arrival.person, arrival.chat}) if arrival.voices else ()

    def _judge_scene(self, arrival: Arrival, waiting: int) -> Refusal | None:
        person, chat, allowed = arrival.person, arrival.chat, self._settings
        if _today() != self._day:
            self._day, self._used = _today(), {}
        if allowed.queue and waiting >= allowed.queue:
            return self._refuse(arrival, "limit-queue", limit=allowed.queue)
        if allowed.scenes_per_day and self._used.get(person, 0) >= allowed.scenes_per_day:
            return self._refuse(arrival, "limit-day", limit=allowed.scenes_per_day)
        most = allowed.chat_scenes_per_day
        if chat != person and most and self._used.get(chat, 0) >= most:
            return self._refuse(arrival, "limit-chat-day", limit=most)
        most = allowed.scenes_per_minute
        if most and self._over("minute", person, most, _MINUTE):
            return self._refuse(arrival, "limit-minute", limit=most)
        for who in self.charged(arrival):
            self._used[who] = self._used.get(who, 0) + 1
        return None

    def _over(self, what: str, who: int, most: int, seconds: float) -> bool:
        """Whether a person or chat did something too often within so many seconds; if not, it is counted."""
        now = self._clock()
        times = self._times.setdefault((what, who), deque())
        self._times.move_to_end((what, who))
        while len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        while times and times[0] <= now - seconds:
            times.popleft()
        if len(times) >= most:
            return True
        times.append(now)
        return False

    def _refuse(self, arrival: Arrival, key: str, **params: str | int) -> Refusal:
        now, again = self._clock(), _SAID_AGAIN.get(key, _USUALLY_SAID_AGAIN)
        said = self._said.get((key, arrival.person))
        aloud = said is None or said <= now - again
        if aloud:
            self._said[key, arrival.person] = now
            self._said.move_to_end((key, arrival.person))
            while len(self._said) > _REMEMBERED:
                self._said.popitem(last=False)
        return Refusal(key, params, aloud)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
