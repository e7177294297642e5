"""No text that a person can send makes anything work out of proportion to the text's length."""

from __future__ import annotations

import contextlib
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from telegram import Bot, Chat, Message

from bot import measured, split
from bot.groups import addressed
from bot.zones import two
from scene import mark, own, request, woven
from scene.errors import HyperBridgeError
from scene.parse import parse
from storage import near, spelling

SMALL, LARGE = 6_250, 100_000  # characters; the longest message that is taken has 4,096
MOST = 4.0  # times the work for each character; work by the square would be 16 times as much
SHORT = 0.01  # seconds, too short to be compared

READERS: dict[str, Callable[[str], object]] = {
    "mark": lambda text: (mark.is_reference(text), mark.damaged(text)),
    "woven": woven.read,
    "request": request.split,
    "scene": parse,
    "word": own.word,
    "compared": lambda text: two(text, "снегволк"),
    "measured": lambda text: measured.wish(text, "снегволк"),
    "pieces": split.split,
    "near": lambda text: (near.passages(text), spelling.skeleton(text), spelling.key(text)),
}
# How it begins, what comes again and again, and an end that what comes before it is looked through for.
HOSTILE = [
    ("mark", "🜂a", " ", "x"),
    ("mark", "", "🜂a ", ""),
    ("mark", "🜂a ", "SCN-1 ", ""),
    ("mark", "", "> ", "🜂a"),
    ("mark", "🜂", ".", " "),
    ("woven", "", "\u2061", ""),
    ("woven", "", "\u2061\u200b\u200ca", ""),
    ("request", "", "стих:", "x"),
    ("request", "", "a", ""),
    ("scene", "", "<a", ""),
    ("scene", "", "[a](", ""),
    ("word", "", "a'", "1"),
    ("group", "", " ", "x"),
    ("group", "", " @hyperbridge", ""),
    ("compared", "a", " ", "b"),
    ("compared", "", " и", "x"),
    ("measured", "", "Q4_K_M ", ""),
    ("pieces", "", "e\u0301", ""),
    ("pieces", "", "\u0301", ""),
    ("near", "", "…", ""),
    ("near", "", "«a", ""),
    ("near", "⚡", "\ufe0f", "x"),
]


@pytest.mark.parametrize(("reader", "begin", "again", "end"), HOSTILE)
async def test_work_grows_with_the_text_and_not_with_its_square(
    reader: str, begin: str, again: str, end: str, bot: Bot
) -> None:
    def to_group(text: str) -> object:
        message = Message(1, datetime.now(UTC), Chat(-1, "group"), text=text)
        message.set_bot(bot)
        return addressed(message)

    read = READERS.get(reader, to_group)

    def seconds(size: int) -> float:
        text = begin + again * (size // len(again)) + end

        def work() -> None:
            with contextlib.suppress(HyperBridgeError):  # it is no scene, which is quickly said
                read(text)

        # Without Python's garbage collection, which goes through whatever other tests have left in memory.
        return timeit.timeit(work, timer=time.thread_time, number=1)

    with contextlib.suppress(HyperBridgeError):
        read(again * 3)  # what is loaded once is loaded
    allowed = MOST * max(min(seconds(SMALL) for _ in range(3)) * LARGE / SMALL, SHORT)
    # A second look, should the machine have been busy with something else.
    assert seconds(LARGE) <= allowed or seconds(LARGE) <= allowed
