"""Telegram failing on purpose, as it does by itself: by chance with a seed, or the next request of a method.

How each failure looks to a bot is told by https://core.telegram.org/bots/api#making-requests and
#responseparameters; lost answers and updates that come twice are what networks do to any HTTP API.
"""

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

EVERY = "*"
"""Every method, for :meth:`Faults.fail_next`."""


class Fault(StrEnum):
    """One way to fail."""

    TOO_MANY = "too_many"
    """429 with ``retry_after``; nothing was done."""
    BROKEN = "broken"
    """500; nothing was done."""
    TIMED_OUT = "timed_out"
    """No answer for a while, then the connection is cut; nothing was done."""
    LOST = "lost"
    """What was asked for is done, but the connection is cut before the answer."""
    DUPLICATED = "duplicated"
    """An update is given twice."""


@dataclass(frozen=True)
class Rates:
    """How often each fault happens.

    Attributes:
        too_many, broken, timed_out, lost: Parts of all requests, from 0 to 1; together at most 1.
        duplicated: Part of all updates, from 0 to 1.
        retry_after: Seconds that 429 asks to wait.
        hold: Seconds without an answer before a timed-out request's connection is cut.
    """

    too_many: float = 0.0
    broken: float = 0.0
    timed_out: float = 0.0
    lost: float = 0.0
    duplicated: float = 0.0
    retry_after: int = 1
    hold: float = 20.0

    def __post_init__(self) -> None:
        parts = (self.too_many, self.broken, self.timed_out, self.lost)
        if min(*parts, self.duplicated) < 0 or sum(parts) > 1 + 1e-9 or self.duplicated > 1:
            raise ValueError("rates are parts: none below 0, and together not above 1")
        if not (1 <= self.retry_after <= 600 and 0 <= self.hold <= 600):
            raise ValueError("retry_after is 1 to 600 seconds, hold 0 to 600")


class Faults:
    """Decides which requests and updates fail.

    Attributes:
        rates: How often each fault happens.
        injected: How often each has happened so far.
    """

    def __init__(self) -> None:
        self.rates = Rates()
        self.injected: Counter[Fault] = Counter()
        self._methods: frozenset[str] = frozenset()
        self._chance = random.Random(0)
        self._planned: list[tuple[str, Fault]] = []

    def set(self, rates: Rates, seed: int = 0, methods: frozenset[str] = frozenset()) -> None:
        """Choose what fails from now on.

        Args:
            rates: How often each fault happens.
            seed: The same seed fails the same requests, if they come in the same order.
            methods: The only methods that fail, in any case; all if empty.
        """
        self.rates = rates
        self._chance = random.Random(seed)
        self._methods = frozenset(method.lower() for method in methods)

    def fail_next(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next requests of a method fail, whatever the rates.

        Args:
            method: The method's name, or :data:`EVERY`.
            fault: How; ``DUPLICATED`` is about updates: name "getUpdates".
            times: How many of them.
        """
        self._planned += [(method.lower(), fault)] * times

    def of_request(self, method: str) -> Fault | None:
        """Decide about one request of a method, by its name in lower case."""
        for planned in self._planned:
            if planned[0] in (method, EVERY) and planned[1] is not Fault.DUPLICATED:
                self._planned.remove(planned)
                return self._count(planned[1])
        if self._methods and method not in self._methods:
            return None
        drawn, rates = self._chance.random(), self.rates
        for fault, rate in (
            (Fault.TOO_MANY, rates.too_many),
            (Fault.BROKEN, rates.broken),
            (Fault.TIMED_OUT, rates.timed_out),
            (Fault.LOST, rates.lost),
        ):
            if drawn < rate:
                return self._count(fault)
            drawn -= rate
        return None

    def duplicates(self) -> bool:
        """Decide whether one update is given twice."""
        planned = ("getupdates", Fault.DUPLICATED)
        if planned in self._planned:
            self._planned.remove(planned)
        elif self._chance.random() >= self.rates.duplicated:
            return False
        self._count(Fault.DUPLICATED)
        return True

    def _count(self, fault: Fault) -> Fault:
        self.injected[fault] += 1
        return fault
