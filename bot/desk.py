"""The way of an update: judged, kept as a job, done, answered, deleted.

Updates are on disk before whoever brought them is told that they were taken (``bot.polling``,
``bot.webhook``). Quick jobs are done at once; scenes wait for one another, each person's in their order,
people in turns. What a process leaves undone, the next one does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from itertools import count
from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application

from bot import metrics
from bot.arrivals import Arrival, arrival
from bot.job import MOST_TRIES, Running
from bot.lenience import completed
from bot.limits import Limits, Refusal
from bot.line import Entry, Line
from bot.moving import redirected
from bot.outbox import Outbox
from bot.texts import lang_of, texts
from scene.errors import ArchiveError
from storage.jobs import Jobs, New
from storage.moving import Moves

logger = logging.getLogger(__name__)

_SLOW = 8  # scenes at work at once: more than fill the model's batch only wait inside it
_QUICK = 64
_REMEMBERED = 20_000  # updates that are known to have come, without a look at the disk; and chats
_REFUSALS = 100  # refusals on their way at once; more are not said
_TOLD = 10_000  # the place of what is said about a job among what it sends: after all the rest
_PAUSE = 5.0  # seconds before a job that failed is tried again


class Desk:
    """Takes updates in and has them done.

    Args:
        application: Does a job; it has been initialized.
        jobs: Where jobs are kept.
        limits: How much anybody may ask for.
        outbox: Told the numbers of messages that come in.
        line: Where what takes long waits.
        moves: Chats that have another id by now.
    """

    def __init__(
        self,
        application: Application[Any, Any, Any, Any, Any, Any],
        jobs: Jobs,
        limits: Limits,
        outbox: Outbox,
        line: Line,
        moves: Moves,
    ) -> None:
        self._application = application
        self._jobs = jobs
        self._limits = limits
        self._outbox = outbox
        self._line = line
        self._moves = moves
        self._recent: OrderedDict[int, None] = OrderedDict()
        self._last: OrderedDict[int, int] = OrderedDict()  # number of people's last message, by chat
        self._busy: dict[int, asyncio.Task[None]] = {}  # scenes at work, by person
        # A measurement takes minutes, and its own line lets one of them run: it takes no scene's place.
        self._measuring: set[asyncio.Task[None]] = set()
        self._moving: dict[int, asyncio.Task[None]] = {}  # by chat; what comes after it waits for it
        self._alone = False  # what is at work is suspected of having ended the process
        self._quick = asyncio.Semaphore(_QUICK)
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusals: set[asyncio.Task[None]] = set()
        self._closing = False

    async def open(self) -> int:
        """Take up what an earlier process left undone; how much it was."""
        left = await asyncio.to_thread(self._jobs.waiting)
        entries = list[Entry]()
        for job in left:
            found = arrival(json.loads(job.body))
            assert found is not None  # nothing else is accepted
            if found.message is not None:
                self._note(found.chat, found.message)
            entries.append(Entry(job, found))
        for entry in entries:
            self._line_up(entry)
        return len(left)

    async def take_in(self, updates: Sequence[object]) -> None:
        """Judge updates and keep those that are accepted: they are on disk when this returns.

        Args:
            updates: Any JSON values; what is no update that somebody sent is passed over.

        Raises:
            ArchiveError: They could not be kept; whoever brought them must bring them again.
        """
        begun = time.perf_counter()
        known, news = set[int](), list[tuple[Arrival, New]]()
        refused = list[tuple[Arrival, Refusal]]()
        for update in updates:
            found = arrival(update)
            if found is None:
                metrics.UPDATES.labels("ignored").inc()
            elif found.update_id in self._recent or found.update_id in known:
                metrics.UPDATES.labels("duplicate").inc()
            else:
                known.add(found.update_id)
                if found.message is not None:
                    self._note(found.chat, found.message)
                waiting = self._waiting(found.person) + sum(
                    each.person == found.person and each.voices for each, _ in news
                )
                # That a chat has moved is said by Telegram, whoever moved it.
                if not found.moves and (refusal := self._limits.judge(found, waiting)):
                    refused.append((found, refusal))
                else:
                    body = json.dumps(update)  # ASCII: half a surrogate pair must not stop the rest
                    new = New(found.update_id, found.chat, body, self._limits.charged(found))
                    news.append((found, new))
        if news:
            kept = await asyncio.to_thread(self._jobs.accept, [new for _, new in news])
            metrics.ACCEPTING.observe(time.perf_counter() - begun)
            for (found, _), job in zip(news, kept, strict=True):
                metrics.UPDATES.labels("accepted" if job else "duplicate").inc()
                if job is not None:
                    self._line_up(Entry(job, found))
        for found, refusal in refused:
            metrics.UPDATES.labels("refused").inc()
            self._refuse(found, refusal)
        for update_id in known:
            self._recent[update_id] = None
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)

    async def close(self, within: float) -> int:
        """Let jobs end, for so many seconds; what has not ended or not begun stays for the next start.

        Args:
            within: Seconds.

        Returns:
            How many jobs were cut short.
        """
        self._closing = True
        at_work = set(self._tasks)
        if at_work:
            _, at_work = await asyncio.wait(at_work, timeout=within)
        for task in (*at_work, *self._refusals):
            task.cancel()
        await asyncio.gather(*at_work, *self._refusals, return_exceptions=True)
        return len(at_work)

    async def idle(self) -> None:
        """Wait until nothing waits or is at work."""
        while self._tasks or self._refusals:
            await asyncio.wait({*self._tasks, *self._refusals})

    def _waiting(self, person: int) -> int:
        return self._line.count(person) + (person in self._busy)

    def _note(self, chat: int, number: int) -> None:
        self._outbox.numbers.note(chat, number)
        self._last[chat] = max(number, self._last.pop(chat, 0))
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)

    def _line_up(self, entry: Entry) -> None:
        metrics.QUEUE.inc()
        if entry.arrival.slow or entry.is_suspect:
            self._line.join(entry)
            self._next()
            return
        work = self._start(self._do_quickly(entry))
        for chat in entry.arrival.moves or ():
            self._moving[chat] = work

    def _next(self) -> None:
        """Begin what waits while there is room for it."""
        while not self._closing and not self._alone:
            entry = self._line.next(
                self._busy,
                room=len(self._busy) < _SLOW,
                idle=not self._busy and not self._measuring,
            )
            if entry is None:
                return
            self._alone = entry.is_suspect
            work = self._start(self._do_slowly(entry))
            if entry.arrival.measures:
                self._measuring.add(work)
            else:
                self._busy[entry.arrival.person] = work

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _do_quickly(self, entry: Entry) -> None:
        async with self._quick:
            metrics.QUEUE.dec()
            if not self._closing:
                await self._do(entry, "quick")

    async def _do_slowly(self, entry: Entry) -> None:
        metrics.QUEUE.dec()
        try:
            await self._do(entry, "slow")
        finally:
            work = asyncio.current_task()
            assert work is not None  # this is one
            self._alone = False
            self._measuring.discard(work)
            if self._busy.get(entry.arrival.person) is work:
                del self._busy[entry.arrival.person]
            self._next()

    async def _do(self, entry: Entry, lane: str) -> None:
        job = entry.job
        with metrics.RUNNING.track_inprogress():
            try:
                outcome = await self._try(entry)
                if outcome == "again":
                    self._line.rest(entry)
                    self._start(self._later(entry))
                    return
                if outcome == "aside":
                    await self._tell_of(entry)
                    await asyncio.to_thread(self._jobs.put_aside, job)
                elif outcome != "gone":
                    await asyncio.to_thread(self._jobs.end, job)
            except asyncio.CancelledError:
                # Either the bot is being stopped, or the person has changed their mind.
                await asyncio.to_thread(self._jobs.give_back if self._closing else self._jobs.end, job)
                raise
            except ArchiveError as error:  # the job stays where it is, for the next start
                metrics.ERRORS.labels("archive").inc()
                logger.error("job %d: %s", job.id, error)
                return
        metrics.JOBS.labels(outcome).inc()
        metrics.JOB_SECONDS.labels(lane).observe(time.time() - job.accepted_at)

    async def _try(self, entry: Entry) -> str:
        """Do a job once; what came of it."""
        if entry.arrival.moves is None:
            await self._settled(entry.arrival.chat)
        attempt = await asyncio.to_thread(self._jobs.begin, entry.job)
        if attempt is None:
            return "gone"
        if attempt > MOST_TRIES:
            return "aside"
        chat, number = entry.arrival.chat, entry.arrival.message
        running = Running(
            entry.job, attempt, overtaken=lambda: number is not None and self._last.get(chat, 0) > number
        )
        running.begin()
        try:
            body = redirected(completed(json.loads(entry.job.body)), self._moves.to)
            update = Update.de_json(body, self._application.bot)
        except Exception as error:  # not of the shape that the Bot API documents: no handler could use it
            logger.warning("job %d is no update: %s", entry.job.id, type(error).__name__)
            return "malformed"
        await self._application.process_update(update)
        if running.again:
            metrics.JOBS.labels("again").inc()
            return "again"
        return "done"

    async def _settled(self, chat: int) -> None:
        """Wait while a chat is being moved: nothing is made in the new place before the archive is there."""
        while moving := self._moving.get(chat):
            await asyncio.wait({moving})
            if self._moving.get(chat) is moving:
                del self._moving[chat]

    async def _later(self, entry: Entry) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(_PAUSE)
            if not self._closing:
                self._line_up(entry)

    async def _tell_of(self, entry: Entry) -> None:
        """Say that a job is set aside, once."""
        metrics.ERRORS.labels("poisoned").inc()
        Running(entry.job, MOST_TRIES + 1, _sends=count(_TOLD)).begin()
        text = texts(lang_of(entry.arrival.lang))("job-aside")
        with contextlib.suppress(TelegramError):  # the person may have blocked the bot
            chat = self._moves.to(entry.arrival.chat) or entry.arrival.chat
            await self._application.bot.send_message(chat, text)

    def _refuse(self, found: Arrival, refusal: Refusal) -> None:
        text = texts(lang_of(found.lang))(refusal.key, **refusal.params)
        if found.query:
            # A button spins until it is answered; the sentence pops up once.
            work = self._answer_button(found.query, text if refusal.aloud else None)
        elif refusal.aloud and (found.private or (found.voices and refusal.key != "private")):
            work = self._say(found, text)
        else:
            return
        if len(self._refusals) >= _REFUSALS:
            work.close()
            return
        task = asyncio.create_task(work)
        self._refusals.add(task)
        task.add_done_callback(self._refusals.discard)

    async def _say(self, found: Arrival, text: str) -> None:
        with contextlib.suppress(TelegramError):
            await self._application.bot.send_message(
                found.chat, text, reply_to_message_id=found.message, allow_sending_without_reply=True
            )

    async def _answer_button(self, query: str, text: str | None) -> None:
        with contextlib.suppress(TelegramError):
            await self._application.bot.answer_callback_query(query, text, show_alert=text is not None)
