"""What was accepted and is not done yet: each update from Telegram is a job until it has been answered.

A job is on disk before Telegram is told that its update has arrived. What is sent for it is noted twice,
before and after, so that a job that is run again after a crash sends nothing that was sent already; and the
text that was written for it is remembered, so that it is not written anew. All of that goes when the job is
done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storage.connection import Connection

_SEEN_DAYS = 2  # Telegram keeps updates for one (https://core.telegram.org/bots/api#getting-updates)
_ASIDE_DAYS = 7  # time for the operator to look at what was set aside


@dataclass(frozen=True, slots=True)
class New:
    """An update on its way in.

    Attributes:
        update_id: Its number; one that was accepted before is not accepted again.
        owner: The chat, or the person where there is none.
        body: The update as Telegram sent it, JSON.
        charged: Whose budgets of the day pay for it: ids of people and chats.
    """

    update_id: int
    owner: int
    body: str
    charged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """An update that was accepted.

    Attributes:
        id: Its number here.
        body: The update as Telegram sent it, JSON.
        tries: How often it has been begun.
        accepted_at: Seconds since 1970.
    """

    id: int
    body: str
    tries: int
    accepted_at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of one thing that a job sends.

    Attributes:
        after: Number of the last message that was known before it was sent; None when it was never tried.
        result: What Telegram answered; None when the answer was never heard.
    """

    after: int | None = None
    result: Any = None


class Jobs(Connection):
    """The jobs of one bot. Safe to call from several threads.

    Args:
        path: The archive's file; a connection of its own to it is opened.
        bot: The bot's id, which is the number in its token.

    Raises:
        ArchiveError: The file can't be opened. Any call may raise it for a fault of the file or the disk.
    """

    def __init__(self, path: Path, bot: int) -> None:
        super().__init__(path)
        self._bot = bot

    def accept(self, updates: Sequence[New]) -> list[Job | None]:
        """Keep updates as jobs: all or none, and nothing twice.

        Returns:
            The job for each, in their order; None for an update that was accepted before.
        """
        today = _day()
        accepted: list[Job | None] = []
        with self.writing() as db:
            for new in updates:
                fresh = db.execute(
                    "INSERT OR IGNORE INTO updates_seen VALUES (?, ?, ?)", [self._bot, new.update_id, today]
                ).rowcount
                if not fresh:
                    accepted.append(None)
                    continue
                now = time.time()
                job_id = db.execute(
                    "INSERT INTO jobs (bot, owner, body, accepted_at) VALUES (?, ?, ?, ?)",
                    [self._bot, new.owner, new.body, now],
                ).lastrowid
                assert job_id is not None  # a row was inserted
                accepted.append(Job(job_id, new.body, 0, now))
                for who in new.charged:
                    db.execute(
                        "INSERT INTO usage VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET scenes = scenes + 1",
                        [today, who],
                    )
        return accepted

    def waiting(self) -> list[Job]:
        """What is still to be done, the oldest first; what nobody needs any more is dropped on the way."""
        with self.writing() as db:
            db.execute("DELETE FROM updates_seen WHERE day < ?", [_day(_SEEN_DAYS)])
            db.execute("DELETE FROM usage WHERE day < ?", [_day()])
            long_ago = time.time() - _ASIDE_DAYS * 86400
            db.execute("DELETE FROM jobs WHERE aside AND accepted_at < ?", [long_ago])
            query = "SELECT id, body, tries, accepted_at FROM jobs WHERE bot = ? AND NOT aside ORDER BY id"
            return [Job(*row) for row in db.execute(query, [self._bot]).fetchall()]

    def begin(self, job: Job) -> int | None:
        """Count a try before it begins, so that one that ends the process counts as well.

        Returns:
            Which try this is, from 1; None when the job is there no more, because its chat was forgotten.
        """
        with self.writing() as db:
            db.execute("UPDATE jobs SET tries = tries + 1 WHERE id = ?", [job.id])
            rows = db.execute("SELECT tries FROM jobs WHERE id = ?", [job.id]).fetchall()
            return int(rows[0][0]) if rows else None

    def give_back(self, job: Job) -> None:
        """Take back a try that was cut short through no fault of the job."""
        with self.writing() as db:
            db.execute("UPDATE jobs SET tries = max(tries - 1, 0) WHERE id = ?", [job.id])

    def end(self, *done: Job) -> None:
        """Delete jobs that are done, with all that was kept for them."""
        with self.writing() as db:
            for job in done:
                db.execute("DELETE FROM jobs WHERE id = ?", [job.id])

    def put_aside(self, job: Job) -> None:
        """Run a job no more, but keep it for a few days for the operator to look at."""
        with self.writing() as db:
            db.execute("UPDATE jobs SET aside = 1 WHERE id = ?", [job.id])

    def counts(self) -> tuple[int, int]:
        """How many jobs wait, and how many were set aside."""
        with self.reading() as db:
            query = (
                "SELECT count(*) - coalesce(sum(aside), 0), coalesce(sum(aside), 0) FROM jobs WHERE bot = ?"
            )
            waiting, aside = db.execute(query, [self._bot]).fetchone()
        return int(waiting), int(aside)

    def sent(self, job: Job, position: int) -> Sent:
        """What is known of the thing that a job sends at this place among all that it sends, from 0."""
        with self.reading() as db:
            query = "SELECT after, result FROM job_sends WHERE job_id = ? AND position = ?"
            rows = db.execute(query, [job.id, position]).fetchall()
        if not rows:
            return Sent()
        after, result = rows[0]
        return Sent(int(after), None if result is None else json.loads(result))

    def sending(self, job: Job, position: int, after: int) -> None:
        """Note that something is about to be sent.

        Args:
            job: For which job.
            position: Its place among all that the job sends, from 0.
            after: Number of the last message that is known.
        """
        with self.writing() as db:
            # None for a job that is gone: its chat was forgotten while it ran.
            db.execute(
                "INSERT INTO job_sends SELECT id, ?, ?, NULL FROM jobs WHERE id = ? "
                "ON CONFLICT DO UPDATE SET after = excluded.after",
                [position, after, job.id],
            )

    def arrived(self, job: Job, position: int, result: Any) -> None:
        """Note what Telegram answered to something that was sent."""
        with self.writing() as db:
            db.execute(
                "UPDATE job_sends SET result = ? WHERE job_id = ? AND position = ?",
                [json.dumps(result), job.id, position],
            )

    def used_today(self) -> dict[int, int]:
        """How many scenes each person and chat has had today."""
        with self.reading() as db:
            return dict(db.execute("SELECT who, scenes FROM usage WHERE day = ?", [_day()]).fetchall())

    def drop_all(self) -> None:
        """Forget every job and every update: for a bot whose chats are gone."""
        with self.writing() as db:
            db.execute("DELETE FROM jobs WHERE bot = ?", [self._bot])
            db.execute("DELETE FROM updates_seen WHERE bot = ?", [self._bot])


def _day(ago: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()
